"""Small things that only Windows needs, seen elsewhere: its scripts, and the end of a log."""

import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import program, tail
from bootstrap.actions import WriteFile
from bootstrap.commands import look
from bootstrap.errors import FileError
from bootstrap.paths import Paths
from bootstrap.receipt import Entry, Receipt
from tests.world import ROOT


def scripts(*launcher: str) -> tuple[str, str]:
    """What the sh that runs git's hooks calls, and what people call."""
    started = program.Program(launcher, launcher, Path("program"))
    actions = program.actions(Path("bin", "bootstrap"), started, windows=True)
    sh, batch = (action for action in actions if isinstance(action, WriteFile))
    assert (sh.path.name, batch.path.name) == ("bootstrap", "bootstrap.cmd")
    return sh.text, batch.text


def test_the_scripts() -> None:
    sh, batch = scripts(r"C:\Users\Ann B\100%\python.exe", "-P", "-m", "bootstrap")
    assert sh.splitlines()[-1] == "exec 'C:/Users/Ann B/100%/python.exe' -P -m bootstrap \"$@\""
    assert batch.splitlines()[-1] == r'@"C:\Users\Ann B\100%%\python.exe" -P -m bootstrap %*'
    assert "\n" not in batch.replace("\r\n", "")
    assert batch.isascii() and "chcp" not in batch


def test_a_path_that_a_console_cannot_spell_is_read_as_utf_8() -> None:
    lines = scripts(r"C:\Users\Zoë\bootstrap.exe")[1].splitlines()
    assert lines[-2:] == ["@chcp 65001 >nul", r'@"C:\Users\Zoë\bootstrap.exe" %*']


def test_our_own_scripts_are_not_somebody_elses(tmp_path: Path) -> None:
    """They are where a link would be elsewhere."""
    where = Paths(*(tmp_path / name for name in ("home", "config", "data", "state", "bin")))
    script = WriteFile(where.bin / "bootstrap", "#!/bin/sh\n")
    script.path.parent.mkdir()
    script.path.touch()
    known = Receipt(where.receipt_file, [Entry(script, "install", "done")])
    assert list(look._foreign(where, known)) == []
    assert list(look._foreign(where, Receipt(where.receipt_file))) == [script.path]


def test_the_end_of_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"".join(b"line %d\r\n" % number for number in range(300)))
    tail.show(log, follow=False)
    assert capsys.readouterr().out.splitlines() == [f"line {number}" for number in range(200, 300)]


def test_a_log_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"server\.log"):
        tail.show(tmp_path / "server.log", follow=False)


def test_following_a_log_goes_on_in_the_next_one(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("one\n")
    code = f"from pathlib import Path; from bootstrap import tail; tail.show(Path({str(log)!r}), follow=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT, env={}
    ) as reader:
        assert reader.stdout
        try:
            assert reader.stdout.readline() == "one\n"
            with log.open("a") as file:
                file.write("two\n")
            assert reader.stdout.readline() == "two\n"
            log.replace(log.with_name("server.log.1"))
            log.write_text("3\n")
            assert reader.stdout.readline() == "3\n"
        finally:
            reader.kill()
