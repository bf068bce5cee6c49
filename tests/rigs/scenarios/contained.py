"""bootstrap --engine podman, with an image that imitates llama.cpp's: the rig podman."""

import contextlib
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from tests.rigs.scenarios import podman, seen
from tests.rigs.scenarios.podman import BROKEN, IMAGE, LISTENS, gone, image, main, registry
from tests.rigs.scenarios.seen import comes, command, machine, nothing_to_do, processes, wait
from tests.world import World, free_port, tree

# what podman makes itself, and where somebody has worked
THEIRS = (".local/share/containers", ".config/cni", ".config/containers")
WORK = (
    *("project/.git/objects", "project/.git/refs", "project/.git/logs"),
    *("project/.git/index", "project/.git/COMMIT_EDITMSG"),
)


def life() -> None:
    """One command to a polished commit; killed, it comes back, and with the next login; then all is gone."""
    with fresh() as world:
        before = home(world)
        told = world.install("--engine", "podman", "--model", "tiny-a", "--repo", "project").stderr
        assert f"now: have podman bring {IMAGE}: /usr/bin/podman pull" in told, told
        first = one_server(world)
        nothing_to_do(world)
        assert LISTENS in world.run("logs").stdout
        doctor(world)
        polished(world)

        world.run("restart")
        assert one_server(world) != first
        for victim in (podman.server, main):
            before_it = podman.server()
            os.kill(victim(), signal.SIGKILL)
            wait(lambda old=before_it: podman.server() not in (0, old), "started again")
            comes(world, "tiny-a", "after kill -9")
            one_server(world)
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        one_server(world)
        nothing_to_do(world)

        world.run("uninstall")
        gone()
        assert not podman.exists()
        same(home(world), before)


def changes() -> None:
    """A key, a stop, a llamafile instead, what does not work is taken back; an image that was there stays."""
    with machine() as world, image():
        before = home(world)
        world.install("--engine", "podman", "--model", "tiny-a", "--api-key", "auto")
        one_server(world)
        assert asks(world) == 401
        assert asks(world, (world.config.parent / "api-key").read_text().strip()) == 200
        doctor(world)
        world.run("stop")
        gone()
        world.install("--engine", "podman")
        one_server(world)

        world.install("--engine", "llamafile", "--api-key", "off")  # which cannot have the port at once
        gone()
        seen.one_server(world, "tiny-a", "systemd")
        with image(BROKEN):
            port, world.port = world.port, free_port()
            failed = world.install("--engine", "podman", check=False)
            assert failed.returncode != 0, failed
            assert "does not know the option --no-webui" in failed.stderr, failed
            assert "tiny-a with llamafile 0.9.3 runs again" in failed.stderr, failed
            gone()
            world.port = port
            seen.one_server(world, "tiny-a", "systemd")
        with image():
            world.port = free_port()
            world.install("--engine", "podman")
            assert seen.servers() == []
            one_server(world)
            world.run("uninstall")
            gone()
            assert podman.exists()
            same(home(world), before)


def troubles() -> None:
    """What podman says of a port, an image or a model is told in words, and what helps."""
    with machine() as world:
        with image():
            world.install("--engine", "podman", "--model", "tiny-a")
            world.run("stop")
            with socket.create_server(("127.0.0.1", world.port)):
                assert f"another program has port {world.port}" in refused(world)
        assert f"the image {IMAGE} is gone" in refused(world)
        with image():
            (world.data / "models" / "tiny-a.gguf").unlink()
            assert "tiny-a.gguf is not there" in refused(world)
            world.install()
            one_server(world)
            world.run("uninstall")
        gone()


def refused(world: World) -> str:
    failed = world.run("start", check=False)
    assert failed.returncode != 0, failed
    command("systemctl", "--user", "stop", "commit-polish")
    return failed.stderr


def hostile_home() -> None:
    with fresh() as world:
        before = home(world)
        world.install("--engine", "podman", "--model", "tiny-a", "--api-key", "auto", "--repo", "project")
        one_server(world)
        polished(world)
        world.run("uninstall")
        gone()
        same(home(world), before)


def without_a_manager() -> None:
    """Nobody has logged in: run.sh keeps it, until the next login does."""
    with fresh() as world:
        before = home(world)
        world.install("--engine", "podman", "--model", "tiny-a")
        comes(world, "tiny-a", "by run.sh")
        first = one_server(world, "systemd-offline")
        nothing_to_do(world)
        os.kill(first, signal.SIGKILL)
        wait(lambda: podman.server() not in (0, first), "started again")
        comes(world, "tiny-a", "after kill -9")
        one_server(world, "systemd-offline")
        assert LISTENS in world.run("logs").stdout
        second = podman.server()
        command("relogin")
        time.sleep(1)
        assert podman.server() == second, "who logs in finds it running"
        world.install()
        one_server(world)
        world.run("uninstall")
        gone()
        same(home(world), before)


# --- what these are made of ---------------------------------------------------------------------------------


@contextlib.contextmanager
def fresh() -> Iterator[World]:
    """A user who has never called podman, and a registry with the image."""
    with image(), registry(), machine() as world:
        command("podman", "system", "reset", "--force")
        yield world


def one_server(world: World, backend: str = "systemd") -> int:
    """All that status says of a good installation; one container, one server: its number."""
    status = world.status()
    assert status["autostart"] == {"backend": backend, "enabled": True}, status
    assert (status["engine"], status["image"]) == ("podman", IMAGE)
    assert status["server"]["running"] and status["server"]["ready"], status
    assert podman.names() == [f"commit-polish-{os.getuid()}"], (podman.names(), processes("podman"))
    assert "podman run" in processes("podman run")[status["server"]["pid"]]
    number = podman.server()
    assert [n for n, words in processes("/app/llama-server").items() if " run " not in words] == [number]
    return number


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
    """The home but for what podman keeps in it."""
    return tree(world.home, without=THEIRS + WORK)


def same(now: dict[str, tuple], before: dict[str, tuple]) -> None:
    other = {name: (before.get(name), now.get(name)) for name in before | now}
    assert now == before, {name: pair for name, pair in other.items() if pair[0] != pair[1]}
