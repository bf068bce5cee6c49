"""A run that fails leaves a log that can be pasted, for as long as something is installed."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bootstrap import failure
from bootstrap.errors import DownloadError
from tests.mirror import Mirror
from tests.test_attach import Team, serving
from tests.world import ROOT, World, tree


@pytest.fixture(autouse=True)
def own_temporary_directory(world: World, tmp_path: Path) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    world.environment["TMPDIR"] = str(place)
    return place


def log_of(world: World) -> Path:
    return world.state / "last-failure.log"


def test_a_failed_run_is_told_in_two_lines_and_written_down(world: World) -> None:
    before = tree(world.home)
    world.environment |= {"HF_TOKEN": "hf_QqQqQqQqQqQq", "USER": "zqann"}
    world.install()
    assert not log_of(world).exists()
    url = "https://zqann:Passw0rdPassw0rd@example.org/zqann/m.gguf?sig=Zz9Zz9Zz9"
    failed = world.install("--model", url, f"--sha256={'0' * 64}", check=False)
    assert failed.returncode == 1
    assert [line.partition(":")[0] for line in failed.stderr.splitlines()[-2:]] == ["error", "help"]
    text = log_of(world).read_text()
    assert text.startswith("bootstrap 0.")
    assert "arguments: install --catalogue … --port … --model … --sha256\n" in text
    assert "Python 3." in text
    assert "\nerror: " in text and "\nhelp: " in text
    assert "\nbecause of:\n" in text and ".py, line " in text
    for forbidden in (str(world.home), "zqann", "Passw0rd", "Zz9Zz9", "hf_Qq", os.uname().nodename):
        assert forbidden not in text, text
    if os.name != "nt":
        assert stat.S_IMODE(log_of(world).stat().st_mode) == 0o600
    assert text.splitlines()[0] in world.run("doctor", "--report").stdout
    world.run("uninstall")
    assert tree(world.home) == before


def test_the_last_one_takes_the_place_of_the_others_and_what_only_tells_of_none(world: World) -> None:
    world.install()
    world.install("--model", "first-one", check=False)
    first = log_of(world).read_text()
    assert "first-one" in first
    world.install("--model", "nope", "--dry-run", check=False)
    world.run("hook", "install", str(world.home / "nowhere"), "--dry-run", check=False)
    world.run("stop")
    world.run("doctor", check=False)
    world.run("install", "--frobnicate", check=False)
    assert world.run("install", "--port", "70000", check=False).returncode == 2
    log = world.state / "logs" / "server.log"
    kept = log.read_bytes()
    log.unlink()
    assert world.run("logs", "--json", check=False).returncode == 1
    log.write_bytes(kept)
    assert log_of(world).read_text() == first
    world.run("hook", "install", str(world.home / "nowhere"), check=False)
    second = log_of(world).read_text()
    assert "arguments: hook … …" in second
    assert "first-one" not in second
    assert "~/nowhere" in second
    left = sorted(path.name for path in world.state.iterdir())
    assert left == ["last-failure.log", "lock", "logs", "receipt.json", "speed.json"]


def test_what_was_said_and_done_before_is_in_it(world: World, server: Mirror) -> None:
    world.install()
    world.install("--model", "broken", check=False)
    text = log_of(world).read_text()
    assert "\nsaid:\nbootstrap 0." in text
    assert "now: download broken" in text
    assert "done: downloaded broken" in text
    assert "~/.local/share/commit-polish/models/broken.gguf" in text
    assert world.run("doctor", "--report").stdout.count("now: download broken") == 1


def test_a_key_that_a_server_repeats_is_not_in_it(world: World, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sesame\n")
    with serving(Team(key="sesame")) as team:
        world.run("install", "--attach", team.url, "--api-key", str(key))
        team.broken = True
        failed = world.run("install", "--model", "small", check=False)
    assert "sesame" in failed.stderr, "the server has said it"
    assert "out of memory" in log_of(world).read_text()
    assert "sesame" not in log_of(world).read_text()


def test_a_first_run_that_fails_leaves_nothing_in_the_home(
    world: World, own_temporary_directory: Path
) -> None:
    before = tree(world.home)
    done = world.install("--model", "nope", check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert tree(world.home) == before == {}
    (log,) = own_temporary_directory.iterdir()
    assert "error: " in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "the last run that failed:\nbootstrap 0." in world.run("doctor", "--report").stdout
    world.install("--model", "nope", check=False)
    assert list(own_temporary_directory.iterdir()) == [log]


def test_uninstall_takes_that_one_along(world: World, own_temporary_directory: Path) -> None:
    world.install("--model", "nope", check=False)
    world.install()
    assert list(own_temporary_directory.iterdir())
    world.run("uninstall")
    assert not list(own_temporary_directory.iterdir())
    world.install("--model", "nope", check=False)
    world.run("uninstall")
    assert not list(own_temporary_directory.iterdir()), "also where nothing was installed"


@pytest.mark.skipif(os.name == "nt", reason="links and owners of POSIX")
def test_what_others_have_put_there_is_neither_followed_nor_believed(
    world: World, own_temporary_directory: Path
) -> None:
    world.install("--model", "nope", check=False)
    (log,) = own_temporary_directory.iterdir()
    precious = world.home / "precious"
    precious.write_text("mine")
    log.unlink()
    log.symlink_to(precious)
    assert "mine" not in world.run("doctor", "--report").stdout
    world.install("--model", "nope", check=False)
    assert precious.read_text() == "mine"
    assert not log.is_symlink()
    log.unlink()
    log.symlink_to(precious)
    world.run("uninstall")
    assert precious.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_its_user_ends_is_written_down(world: World, server: Mirror) -> None:
    world.install()
    argv, begun = [*world.bootstrap, "restart"], world.home / "begun"
    world.run("stop")
    (world.data / "run.sh").write_text(f"#!/bin/sh\ntouch '{begun}'\nsleep 10\n")
    running = subprocess.Popen(argv, env=world.environment, cwd=world.home, stderr=subprocess.PIPE)
    while not begun.exists():
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode == 130
    assert "interrupted by its user" in log_of(world).read_text()


BUG = """
import sys
from bootstrap import cli
from bootstrap.commands import undo
def broken(arguments, console):
    console.say("so far so good")
    raise ValueError(f"at {sys.argv[1]} with token=Zz9Zz9Zz9Zz9")
undo.run = broken
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.mark.parametrize("installed", [True, False])
def test_a_bug_has_its_place_said(world: World, own_temporary_directory: Path, installed: bool) -> None:
    if installed:
        world.install()
    prefix = (sys.executable, "-P", "-c", BUG, str(world.home / "x"))
    done = world.run("undo", prefix=prefix, check=False)
    assert done.returncode == 3
    place = done.stderr.rpartition("help: send this file to the project: ")[2].strip()
    path = Path(place.replace("~", str(world.home)))
    assert path == log_of(world) if installed else path.parent == own_temporary_directory
    text = path.read_text()
    assert "Traceback" in text
    assert "ValueError: at ~/x with token=[hidden]" in text
    assert "so far so good" in text
    assert str(world.home) not in text


def test_a_disk_without_room_for_a_log_changes_nothing_else(world: World) -> None:
    world.install()
    prefix = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), "full", "1")
    done = world.install("--model", "nope", prefix=prefix, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
    assert not log_of(world).exists()


def test_another_run_at_work_keeps_its_own_log(world: World, own_temporary_directory: Path) -> None:
    world.install()
    world.install("--model", "first-one", check=False)
    from bootstrap import lock

    with lock.held(world.state / "lock"):
        done = world.install("--model", "second-one", check=False)
    assert "another bootstrap is at work" in done.stderr
    assert "first-one" in log_of(world).read_text()


def test_nothing_is_put_beside_a_receipt_that_nobody_can_take_back(
    world: World, own_temporary_directory: Path
) -> None:
    world.receipt.parent.mkdir(parents=True)
    world.receipt.write_text("{")
    assert world.run("uninstall", check=False).returncode == 1
    assert not log_of(world).exists()
    (log,) = own_temporary_directory.iterdir()
    assert "receipt.json is broken" in log.read_text()


def test_it_is_bounded_and_has_the_causes_in_order() -> None:
    try:
        try:
            raise ConnectionResetError(104, "reset by peer")
        except OSError as cause:
            raise DownloadError("no mirror answers", "try again") from cause
    except DownloadError as error:
        text = failure.text("bootstrap 1", [f"line {n} " + "x" * 5000 for n in range(5000)], error)
    assert len(text) < 150_000
    assert "line 4999 " in text
    assert "line 1 " not in text
    ending = text.rpartition("because of:\n")[2].splitlines()
    assert [line.partition(":")[0] for line in ending] == ["DownloadError", "ConnectionResetError"]
    assert "tests/test_failure.py, line " in ending[1]
