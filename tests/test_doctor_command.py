"""`bootstrap doctor` in a real home that is broken for real: the right finding, a hint, and no traceback."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bootstrap import server
from tests.hook.gits import pretend
from tests.world import World, tree


def doctor(world: World, *arguments: str) -> dict[str, dict]:
    """What every check says, by its name; the last event under "done"."""
    done = world.run("doctor", "--json", *arguments, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    events = [json.loads(line) for line in done.stdout.splitlines()]
    checks = {event["name"]: event for event in events if event["event"] == "check"}
    last = events[-1]
    assert last["event"] == "done", done
    assert last["checks"] == len(checks)
    assert done.returncode == (1 if last["error"] else 0) == (not last["healthy"])
    return checks | {"done": last}


def wrong(world: World) -> dict[str, dict]:
    return {name: found for name, found in doctor(world).items() if found.get("level") == "error"}


def stop(world: World) -> None:
    world.run("stop")


def cut_model(world: World) -> None:
    model = world.data / "models" / "tiny-a.gguf"
    model.write_bytes(model.read_bytes()[:5000])


def lose_receipt(world: World) -> None:
    world.run("stop")
    world.receipt.unlink()


def spoil_receipt(world: World) -> None:
    world.run("stop")
    world.receipt.write_text("{")


def lock_program(world: World) -> None:
    for program in (world.data / "program").glob("*/bootstrap"):
        program.chmod(0o600)


def spoil_settings(world: World) -> None:
    world.config.write_text("[server]\nport = 'many'\n")


BREAKS: dict[str, tuple[Callable[[World], None], str, str, str]] = {
    "stopped": (stop, "server", "tiny-a is stopped", "bootstrap start"),
    "model cut off": (cut_model, "files", "5000 bytes instead of", "bootstrap"),
    "no receipt": (lose_receipt, "receipt", "receipt.json is gone", "bootstrap"),
    "broken receipt": (spoil_receipt, "receipt", "receipt.json is broken", "found out again"),
    "program": (lock_program, "program", "cannot be started", "bootstrap"),
    "settings": (spoil_settings, "settings", "port", "correct that value"),
}


@pytest.mark.parametrize(("spoil", "name", "what", "hint"), BREAKS.values(), ids=BREAKS)
@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_what_is_broken_is_found(
    world: World, spoil: Callable[[World], None], name: str, what: str, hint: str
) -> None:
    world.install()
    spoil(world)
    found = wrong(world)
    assert list(found) == [name], found
    assert what in found[name]["message"]
    assert hint in found[name]["hint"]


def test_a_good_installation_is_well_and_shown_without_the_home(world: World) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    before = tree(world.home)
    said = world.run("doctor")
    assert "0 errors" not in said.stdout
    assert f"answers at http://127.0.0.1:{world.port}/v1" in said.stdout
    assert str(world.home) not in said.stdout
    assert str(world.home) not in world.run("doctor", "--json").stdout
    assert wrong(world) == {}
    world.run("doctor", "--fix")
    assert tree(world.home) == before, "where nothing is wrong nothing is repaired"


def test_nothing_is_installed(world: World) -> None:
    assert list(wrong(world)) == ["receipt"]
    assert world.run("doctor", "--fix", check=False).returncode == 1
    assert tree(world.home) == {}


def test_a_server_that_was_killed_or_lost_its_loader_is_repaired(world: World) -> None:
    before = tree(world.home)
    world.install()
    world.run("stop")
    loader = world.data / "loader"
    for left in loader.iterdir():
        left.unlink()
    loader.rmdir()
    found = doctor(world)
    assert found["loader"]["level"] == "warning"
    assert found["server"]["level"] == "error"
    found = doctor(world, "--fix")
    assert found["loader"]["level"] == found["server"]["level"] == "ok"
    assert world.status()["server"]["ready"]
    assert "Nothing to do" in world.install().stdout
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_server_that_nobody_has_started_yet_is_started_and_leaves_nothing(world: World) -> None:
    before = tree(world.home)
    world.install("--no-start")
    assert doctor(world, "--fix")["server"]["level"] == "ok"
    world.run("uninstall")
    assert tree(world.home) == before


STRANGER = "import socket, sys; s = socket.create_server(('127.0.0.1', {})); print(flush=True); input()"


@contextmanager
def stranger(port: int) -> Iterator[int]:
    argv = [sys.executable, "-c", STRANGER.format(port)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        yield other.pid
        other.communicate(b"\n")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="told by /proc")
def test_a_stranger_on_the_port_is_named_and_a_server_that_moved_away_is_found(world: World) -> None:
    world.install("--no-start")
    with stranger(world.port) as pid:
        assert f"(process {pid})" in wrong(world)["port"]["message"]
        script = ["/bin/sh", str(world.data / "run.sh"), "start"]  # as at login
        subprocess.run(script, env=world.environment, check=True)
        address = f"http://127.0.0.1:{world.port + 1}/v1"
        end = time.monotonic() + 20
        while "tiny-a" not in server.answers_as(address):
            assert time.monotonic() < end
        found = wrong(world)["server"]
        assert f"port {world.port + 1}" in found["message"]
        assert "bootstrap --port" in found["hint"]
        assert doctor(world, "--fix")["server"]["level"] == "error", "the port is not ours to take"
    assert "bootstrap restart" in wrong(world)["server"]["hint"]
    assert doctor(world, "--fix")["server"]["level"] == "ok"
    assert world.status()["server"]["ready"]
    assert server.answers_as(address) == []


def test_a_pause_is_ended_where_the_server_answers(world: World) -> None:
    world.install()
    pause = world.state / "pause"
    pause.write_text(f"{int(time.time()) + 50}\n")
    assert doctor(world)["pause"]["level"] == "warning"
    assert "pause" not in doctor(world, "--fix")
    assert not pause.exists()


def test_a_server_that_cannot_start_is_explained_by_install_too(real_world: World) -> None:
    world = real_world
    world.install("--no-start")
    (world.data / "models" / "tiny-a.gguf").rename(world.home / "elsewhere.gguf")
    said = world.run("start", check=False)
    assert said.returncode == 1
    assert "the model tiny-a.gguf is not there" in said.stderr
    assert "help: repair it with: bootstrap" in said.stderr
    assert "the model tiny-a.gguf is not there" in wrong(world)["server"]["message"]
    assert "Ready" in world.install().stdout


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_what_others_may_change_or_read_is_closed_to_them(world: World) -> None:
    world.install()
    good = tree(world.home)
    for path, mode in ((world.receipt, 0o644), (world.config, 0o622), (world.state, 0o722)):
        path.chmod(mode)
    found = doctor(world)["private"]
    assert found["level"] == "error"
    assert found["message"] == "others may change ~/.local/state/commit-polish"
    assert doctor(world, "--fix")["private"]["level"] == "ok"
    assert tree(world.home) == good


def test_a_log_without_end_is_shortened_while_the_server_writes_on(world: World) -> None:
    world.install()
    log = world.state / "logs" / "server.log"
    with log.open("r+b") as file:
        file.seek(60_000_000)  # a hole, which costs no room
        file.write(b"\nthe last line\n")
    assert doctor(world)["log"]["level"] == "warning"
    assert "log" not in doctor(world, "--fix")
    assert log.stat().st_size < 2_000_000
    assert log.read_bytes().endswith(b"\nthe last line\n")
    world.run("restart")
    assert b"the last line" in log.read_bytes()
    assert len(log.read_bytes().rstrip().splitlines()) > 1, "and on it goes"


def test_what_a_shell_and_the_hook_find_instead(world: World, tmp_path: Path) -> None:
    world.install("--repo", str(world.repository()))
    other = tmp_path / "first" / "bootstrap"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    paths = world.environment["PATH"]
    world.environment |= {"PATH": f"{other.parent}{os.pathsep}{paths}", "COMMIT_POLISH": "0"}
    found = doctor(world)
    assert str(other) in found["other"]["message"]
    assert "COMMIT_POLISH=0" in found["switch"]["message"]
    assert found["git"]["level"] == "ok"
    world.environment |= {"PATH": f"{world.home / '.local' / 'bin'}{os.pathsep}{paths}", "COMMIT_POLISH": ""}
    world.git(world.home, "config", "--global", "commit-polish.enabled", "no")
    found = doctor(world)
    assert "other" not in found
    assert "--global" in found["switch"]["message"]
    pretend(world, "2.9.1")
    assert doctor(world)["git"]["level"] == "warning"


def test_a_model_that_is_too_slow_is_told(world: World) -> None:
    world.install()
    assert doctor(world)["speed"]["level"] == "ok"
    speed = json.loads((world.state / "speed.json").read_text())
    (world.state / "speed.json").write_text(json.dumps(speed | {"tokens_per_second": 0.4}))
    assert "0.4 tokens/s" in doctor(world)["speed"]["message"]


def test_a_port_that_is_free_has_no_holder(world: World) -> None:
    world.install("--no-start")
    with socket.socket() as caller:
        caller.bind(("127.0.0.1", world.port))  # bound, and not listened on
        assert "port" not in doctor(world)
