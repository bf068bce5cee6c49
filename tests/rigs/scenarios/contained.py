"""bootstrap --engine podman or docker, with an image that imitates llama.cpp's: the rigs of these names.

kind: which of them; the scenarios are the same, for so is what a user is promised.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from tests.rigs.scenarios import seen
from tests.rigs.scenarios.engines import BROKEN, ENGINES, IMAGE, LISTENS, Engine
from tests.rigs.scenarios.seen import comes, command, machine, nothing_to_do, processes, wait
from tests.world import World, free_port, tree

# what podman or docker makes itself, and where somebody has worked
THEIRS = (".local/share/containers", ".config/cni", ".config/containers")
WORK = (
    *("project/.git/objects", "project/.git/refs", "project/.git/logs"),
    *("project/.git/index", "project/.git/COMMIT_EDITMSG"),
)


def life(kind: str) -> None:
    """One command to a polished commit; killed, it comes back, and with the next login; then all is gone."""
    engine = ENGINES[kind]
    with fresh(engine) as world:
        before = home(world)
        told = world.install("--engine", kind, "--model", "tiny-a", "--repo", "project").stderr
        assert f"now: have {kind} bring {IMAGE}: /usr/bin/{kind} pull" in told, told
        first = one_server(engine, world)
        nothing_to_do(world)
        assert LISTENS in world.run("logs").stdout
        doctor(world)
        polished(world)

        world.run("restart")
        assert one_server(engine, world) != first
        for kill in (engine.kill_server, lambda: kill_client(world)):
            before_it = engine.server()
            kill()
            wait(lambda old=before_it: engine.server() not in (0, old), "started again")
            comes(world, "tiny-a", "after kill -9")
            one_server(engine, world)
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        one_server(engine, world)
        nothing_to_do(world)

        world.run("uninstall")
        engine.gone()
        assert not engine.exists()
        same(home(world), before)


def changes(kind: str) -> None:
    """A key, a stop, a llamafile instead, what does not work is taken back; an image that was there stays."""
    engine = ENGINES[kind]
    with machine() as world, engine.image():
        before = home(world)
        world.install("--engine", kind, "--model", "tiny-a", "--api-key", "auto")
        one_server(engine, world)
        assert asks(world) == 401
        assert asks(world, (world.config.parent / "api-key").read_text().strip()) == 200
        doctor(world)
        world.run("stop")
        engine.gone()
        world.install("--engine", kind)
        one_server(engine, world)

        world.install("--engine", "llamafile", "--api-key", "off")  # which cannot have the port at once
        engine.gone()
        seen.one_server(world, "tiny-a", "systemd")
        with engine.image(BROKEN):
            port, world.port = world.port, free_port()
            failed = world.install("--engine", kind, check=False)
            assert failed.returncode != 0, failed
            assert "does not know the option --no-webui" in failed.stderr, failed
            assert "tiny-a with llamafile 0.9.3 runs again" in failed.stderr, failed
            engine.gone()
            world.port = port
            seen.one_server(world, "tiny-a", "systemd")
        with engine.image():
            world.port = free_port()
            world.install("--engine", kind)
            assert seen.servers() == []
            one_server(engine, world)
            world.run("uninstall")
            engine.gone()
            assert engine.exists()
            same(home(world), before)


def upgrade(kind: str, backend: str = "systemd") -> None:
    """Another port, size or model: the one before ends, and comes back where the new one does not start."""
    engine = ENGINES[kind]
    with machine() as world, engine.image():
        before = home(world)
        world.install("--engine", kind, "--model", "tiny-a")
        first = one_server(engine, world, backend)
        world.port = free_port()
        world.install("--ctx-size", "4096")
        assert one_server(engine, world, backend) != first
        assert "-c 4096" in processes("/app/llama-server")[engine.server()]
        failed = world.install("--model", "broken", check=False)
        assert failed.returncode == 1, failed
        assert "the model's file is damaged" in failed.stderr, failed
        assert f"tiny-a with {IMAGE} runs again at" in failed.stderr, failed
        one_server(engine, world, backend)
        comes(world, "tiny-a", "again")
        assert "-c 4096" in processes("/app/llama-server")[engine.server()]
        world.install("--model", "tiny-b")
        one_server(engine, world, backend)
        comes(world, "tiny-b", "after the upgrade")
        world.run("uninstall")
        engine.gone()
        same(home(world), before)


def foreground(kind: str) -> None:
    """`bootstrap run`, killed: what it has left keeps neither the next one from the port nor uninstall."""
    engine = ENGINES[kind]
    with machine() as world, engine.image():
        world.install("--engine", kind, "--model", "tiny-a")
        one_server(engine, world, "systemd-offline")
        world.run("stop")
        for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen(
                [*world.bootstrap, "run"], env=world.environment, cwd=world.home
            ) as process:
                comes(world, "tiny-a", f"before {ending}")
                process.send_signal(ending)
        assert engine.server()
        world.run("uninstall")
        engine.gone()


def troubles(kind: str) -> None:
    """What it says of a port, an image or a model is told in words, and what helps."""
    engine = ENGINES[kind]
    with machine() as world:
        with engine.image():
            world.install("--engine", kind, "--model", "tiny-a")
            world.run("stop")
            with socket.create_server(("127.0.0.1", world.port)):
                assert f"another program has port {world.port}" in refused(world)
        assert f"the image {IMAGE} is gone" in refused(world)
        with engine.image():
            (world.data / "models" / "tiny-a.gguf").unlink()
            said = refused(world)
            assert "tiny-a.gguf is not there" in said, said
            world.install()
            one_server(engine, world)
            world.run("uninstall")
        engine.gone()


def refused(world: World) -> str:
    failed = world.run("start", check=False)
    assert failed.returncode != 0, failed
    command("systemctl", "--user", "stop", "commit-polish")
    return failed.stderr


def hostile_home(kind: str) -> None:
    engine = ENGINES[kind]
    with fresh(engine) as world:
        before = home(world)
        world.install("--engine", kind, "--model", "tiny-a", "--api-key", "auto", "--repo", "project")
        one_server(engine, world)
        polished(world)
        world.run("uninstall")
        engine.gone()
        same(home(world), before)


def without_a_manager(kind: str) -> None:
    """Nobody has logged in: run.sh keeps it, until the next login does."""
    engine = ENGINES[kind]
    with fresh(engine) as world:
        before = home(world)
        world.install("--engine", kind, "--model", "tiny-a")
        comes(world, "tiny-a", "by run.sh")
        one_server(engine, world, "systemd-offline")
        nothing_to_do(world)
        for kill in (engine.kill_server, lambda: kill_client(world)):
            before_it = engine.server()
            kill()
            wait(lambda old=before_it: engine.server() not in (0, old), "started again")
            comes(world, "tiny-a", "after kill -9")
            one_server(engine, world, "systemd-offline")
        assert LISTENS in world.run("logs").stdout
        second = engine.server()
        command("relogin")
        time.sleep(1)
        assert engine.server() == second, "who logs in finds it running"
        world.install()
        one_server(engine, world)
        world.run("uninstall")
        engine.gone()
        same(home(world), before)


# --- what these are made of ---------------------------------------------------------------------------------


@contextlib.contextmanager
def fresh(engine: Engine) -> Iterator[World]:
    """A user who has never called it, and a registry with the image."""
    with engine.image(), engine.registry(), machine() as world:
        engine.forget()
        yield world


def one_server(engine: Engine, world: World, backend: str = "systemd") -> int:
    """All that status says of a good installation; one container, one server: its number."""
    status = world.status()
    assert status["autostart"] == {"backend": backend, "enabled": True}, status
    assert (status["engine"], status["image"]) == (engine.kind, IMAGE)
    assert status["server"]["running"] and status["server"]["ready"], status
    assert engine.names() == [f"commit-polish-{os.getuid()}"], (engine.names(), processes(engine.kind))
    callers = processes(f"{engine.kind} run")
    assert status["server"]["pid"] in callers, (status, callers)
    number = engine.server()
    assert [n for n, words in processes("/app/llama-server").items() if " run " not in words] == [number]
    return number


def kill_client(world: World) -> None:
    """What looks after the container, which may be no child of it."""
    os.kill(world.status()["server"]["pid"], signal.SIGKILL)


def polished(world: World) -> None:
    project = world.home / "project"
    world.git(project, "commit", "-m", "Fixed the login bug.")
    assert world.git(project, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"


def doctor(world: World) -> None:
    """It has nothing to say, but that a test's PATH is not that of a login."""
    said = world.run("doctor").stdout
    assert [line.split()[:2] for line in said.splitlines() if line.startswith(("warning", "error"))] == [
        ["warning", "path"]
    ], said


def asks(world: World, key: str = "") -> int:
    """The status of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{world.port}/v1/models")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def home(world: World) -> dict[str, tuple]:
    """The home but for what the engine keeps in it."""
    return tree(world.home, without=THEIRS + WORK)


def same(now: dict[str, tuple], before: dict[str, tuple]) -> None:
    other = {name: (before.get(name), now.get(name)) for name in before | now}
    assert now == before, {name: pair for name, pair in other.items() if pair[0] != pair[1]}
