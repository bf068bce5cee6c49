"""The keeper, which looks after the server on Windows, where its parts are the same elsewhere; the rest is
seen in the rig `wine`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.keeper import kept, loop

# says its number, and goes on until it is told to end, or as it is told
SERVER = "import os, sys, time; print('server', os.getpid(), flush=True); {then}"


class Keeper:
    """A server that does what `then` says, and the commands that look after it."""

    def __init__(self, directory: Path, then: str = "time.sleep(60)") -> None:
        self.logs = directory / "logs"
        self.file = directory / "keeper.json"
        argv = (sys.executable, "-I", "-c", SERVER.format(then=then))
        content = json.loads(kept.text(argv, (("SOME", "thing"),), self.logs)) | {"pause": 0.05}
        self.file.write_text(json.dumps(content), "utf-8")

    def does(self, verb: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bootstrap", "keep", str(self.file), verb],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout.strip()

    def numbers(self) -> tuple[int, int]:
        return kept.read(self.file).numbers()

    def log(self) -> str:
        return kept.read(self.file).log.read_text()

    def lives(self) -> bool:
        return kept.read(self.file).lives()


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path)
    yield made
    made.does("stop")


def wait(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_start_status_restart_stop(keeper: Keeper) -> None:
    assert keeper.does("status")[0] == keeper.does("pid")[0] == 1
    assert keeper.does("stop") == (0, ""), "there is nothing to stop"
    assert keeper.does("start") == (0, "")
    assert keeper.does("status") == (0, "")
    keeper_first, server_first = keeper.numbers()
    assert keeper.does("pid") == (0, str(server_first))
    assert keeper.does("start") == (0, ""), "it runs"
    assert keeper.numbers() == (keeper_first, server_first)
    assert keeper.does("restart") == (0, "")
    assert keeper.numbers()[1] not in {0, server_first}
    assert keeper.does("stop") == (0, "")
    assert keeper.does("status")[0] == 1 and not keeper.lives()
    with pytest.raises(ProcessLookupError):
        os.kill(server_first, 0)


def test_a_second_keeper_ends_at_once(keeper: Keeper) -> None:
    keeper.does("start")
    before = keeper.numbers()
    assert keeper.does("run") == (0, "")
    assert keeper.numbers() == before


def test_a_server_that_is_killed_comes_back(keeper: Keeper) -> None:
    keeper.does("start")
    first = keeper.numbers()
    os.kill(first[1], signal.SIGKILL)
    wait(lambda: keeper.numbers()[1] not in {0, first[1]}, "started again")
    assert keeper.numbers()[0] == first[0]


def test_a_server_that_was_asked_to_end_does_not(keeper: Keeper) -> None:
    keeper.does("start")
    os.kill(keeper.numbers()[1], signal.SIGTERM)
    wait(lambda: not keeper.lives(), "its keeper ends too")


@pytest.mark.parametrize("then", ["sys.exit(3)", "os.abort()"])
def test_one_that_only_crashes_is_given_up(tmp_path: Path, then: str) -> None:
    keeper = Keeper(tmp_path, then)
    assert keeper.does("run") == (0, "")
    assert keeper.log().count("server ") == loop.CRASHES + 1, "the last line says that it was given up"
    assert f"ended {loop.CRASHES} times in a row" in keeper.log()
    assert keeper.numbers()[1] == 0


def test_one_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    content = json.loads(keeper.file.read_text())
    keeper.file.write_text(json.dumps(content | {"argv": [str(tmp_path / "gone.exe")]}))
    keeper.does("run")
    assert "gone.exe cannot be started: No such file" in keeper.log()


def test_the_pauses_grow_and_end() -> None:
    assert [loop.next_pause(crashes, 5) for crashes in range(1, 6)] == [5, 10, 20, 40, None]


def test_the_server_has_its_environment(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "print(os.environ['SOME'])")
    keeper.does("run")
    assert keeper.log().splitlines()[1:] == ["thing"]


def test_a_long_log_becomes_the_one_before(tmp_path: Path) -> None:
    log = loop.Log(tmp_path / "server.log", longest=10)
    for text in (b"first, long\n", b"second, long\n", b"third\n"):
        log.write(text)
    log.close()
    assert (tmp_path / "server.log").read_bytes() == b"third\n"
    assert (tmp_path / "server.log.1").read_bytes() == b"second, long\n"


@pytest.mark.parametrize("content", ["", "{}", '{"argv": 1}', "[]"])
def test_a_file_that_is_broken_is_an_error_in_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keeper.json"
    file.write_text(content)
    with pytest.raises(BootstrapError, match=r"keeper\.json"):
        kept.read(file)
    keeper = Keeper(tmp_path)
    keeper.file.write_text(content)
    assert keeper.does("status")[0] == 1


def test_other_words_are_wrong_usage(tmp_path: Path) -> None:
    assert Keeper(tmp_path).does("jump")[0] == 2
