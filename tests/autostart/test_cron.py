"""The crontab line, as cron and sh read it, and the lines of others around it."""

import os
import subprocess
from pathlib import Path

import pytest

from bootstrap.actions import EditCrontab
from bootstrap.autostart import cron
from bootstrap.autostart.service import Service, describe
from bootstrap.paths import Paths
from tests.autostart.services import HOSTILE, PLAIN, Silent, posix, service_in


def test_the_crontab_line() -> None:
    assert cron.line(PLAIN) == '@reboot /bin/sh "$HOME"/.local/share/commit-polish/run.sh'


def cron_runs(service: Service, home: Path) -> list[str]:
    """What sh is told by cron, which takes a line without `%` and backslash as it is."""
    line = cron.line(service)
    assert not set(line) & set("%\\\n\r"), line
    when, _, command = line.partition(" ")
    assert when == "@reboot"
    service.run_script.parent.mkdir(parents=True)
    service.run_script.write_text('printf "%s\\0" "$0" "$@"\n')
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    argv = ["/bin/sh", "-c", f"{command} {cron.MARK}"]
    done = subprocess.run(argv, env=environment, check=True, capture_output=True)
    return os.fsdecode(done.stdout).split("\0")[:-1]


@posix
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_cron_starts_the_script_in_any_home(name: str, tmp_path: Path) -> None:
    service = service_in(tmp_path / name)
    assert cron_runs(service, service.home) == [str(service.run_script)]
    assert cron.line(service) == cron.line(PLAIN), "nothing of the home is in it"


@posix
@pytest.mark.parametrize("name", [*HOSTILE.values(), "a\nb\r"], ids=[*HOSTILE.keys(), "newline"])
@pytest.mark.parametrize("at_home", [True, False])
def test_cron_starts_the_script_in_any_xdg_data_home(name: str, at_home: bool, tmp_path: Path) -> None:
    home = tmp_path / 'it\'s "my" 100% \\home $HOME'
    share = (home if at_home else tmp_path / "srv") / name / "commit-polish"
    paths = Paths(home, home / "c" / "commit-polish", share, home / "s", home / "b")
    service = describe(("/bin/sh", "x", "--server"), paths, "g", at_login=True, now=True)
    assert cron_runs(service, home) == [str(service.run_script)]


FAKE_CRONTAB = """\
#!/bin/sh
case $1 in
    -l) [ -f "$TABLE" ] || { echo "no crontab for ann" >&2; exit 1; }; cat "$TABLE" ;;
    -r) rm "$TABLE" ;;
    -) cat >"$TABLE.new"
        [ -z "$STRICT" ] || [ -z "$(tail -c 1 "$TABLE.new")" ] || { echo "missing newline" >&2; exit 1; }
        mv "$TABLE.new" "$TABLE" ;;
esac
"""


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file behind a `crontab` program of this test's own (the real one is tried in test_rigs)."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(FAKE_CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TABLE", str(tmp_path / "table"))
    return tmp_path / "table"


ENTRY = EditCrontab(cron.line(PLAIN), cron.MARK)
OURS = f"{cron.line(PLAIN)} {cron.MARK}\n".encode()


def add(entry: EditCrontab) -> dict:
    memory = entry.remember({})
    return entry.execute(memory, Silent())


@posix
@pytest.mark.parametrize(
    "before",
    [
        None,
        b"",
        b"# mine\n\n0 5 * * * echo 100\\% \"$HOME\"\\\\ 'x'\t\n",
        "MAILTO=zoë@example.com\n@reboot /bin/sh run.sh # not commit-polish, mine\n".encode(),
        b"no newline at its end",
        b"@daily one\r\n\x0cform feed\n\xe2\x80\xa8separator\n",
        pytest.param(b"# caf\xe9, in Latin-1\n", id="latin-1"),
    ],
)
def test_foreign_crontab_lines_stay_byte_for_byte(crontab: Path, before: bytes | None) -> None:
    if before is not None:
        crontab.write_bytes(before)
    assert ENTRY.observe({}) is None
    memory = add(ENTRY)
    gap = b"\n" if before and not before.endswith(b"\n") else b""
    assert crontab.read_bytes() == (before or b"") + gap + OURS
    assert ENTRY.observe(memory) == memory
    assert ENTRY.revert(memory) == ""
    assert (crontab.read_bytes() if crontab.exists() else None) == before
    assert ENTRY.revert(memory) == "", "undone twice is undone"


@posix
def test_our_crontab_line_is_replaced_not_doubled(crontab: Path) -> None:
    crontab.write_bytes(b"@daily first\n")
    memory = add(EditCrontab("@reboot /bin/sh old", cron.MARK))
    crontab.write_bytes(crontab.read_bytes() + b"@daily second\n")
    assert ENTRY.observe(memory) is None
    memory = ENTRY.execute(ENTRY.remember(memory), Silent())
    assert crontab.read_bytes() == b"@daily first\n@daily second\n" + OURS
    crontab.write_bytes(crontab.read_bytes() + b"@daily third\n")
    assert ENTRY.observe(memory) is not None
    assert ENTRY.revert(memory) == ""
    assert crontab.read_bytes() == b"@daily first\n@daily second\n@daily third\n"


@posix
def test_a_line_that_the_user_took_out_is_not_missed(crontab: Path) -> None:
    memory = add(ENTRY)
    crontab.write_bytes(b"@daily theirs\n")
    assert ENTRY.revert(memory) == ""
    assert crontab.read_bytes() == b"@daily theirs\n"


@posix
def test_a_crontab_that_wants_its_newline_gets_it(crontab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's crontab lists a file without a newline at its end, and refuses to take it back."""
    crontab.write_bytes(b"@daily theirs")
    memory = add(ENTRY)
    monkeypatch.setenv("STRICT", "1")
    assert ENTRY.revert(memory) == ""
    assert crontab.read_bytes() == b"@daily theirs\n"
