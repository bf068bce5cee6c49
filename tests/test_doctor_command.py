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


def test_a_port_that_is_free_has_no_holder(world: World) -> None:
    world.install("--no-start")
    with socket.socket() as caller:
        caller.bind(("127.0.0.1", world.port))  # bound, and not listened on
        assert "port" not in doctor(world)
