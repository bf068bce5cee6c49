"""bootstrap --engine docker where docker is not as podman is: a daemon that keeps a container when who has
asked for it is killed, that may be down, somebody else's or in another place. The rig docker."""

import os
import signal
import time

from tests.rigs.scenarios.contained import fresh, home, one_server, same
from tests.rigs.scenarios.engines import DEAF, ENGINES, LISTENS
from tests.rigs.scenarios.seen import comes, command, machine, nothing_to_do, processes, wait
from tests.world import World

DOCKER = ENGINES["docker"]


def daemon(backend: str = "systemd") -> None:
    """Down, or not for this user, or nobody has the image: told in words, and nothing is left. When it comes
    back, so does the server."""
    with machine() as world:
        before = home(world)
        command("docker-daemon", "down")
        refused(world, "docker's daemon does not answer", "sudo systemctl start docker")
        command("docker-daemon", "up")
        command("docker-daemon", "closed")
        refused(world, "this user may not use docker", "sudo usermod -aG docker")
        command("docker-daemon", "open")
        refused(world, "connection refused", "docker pull")
        assert not (world.data / "models" / "tiny-a.gguf").exists(), "it was told before the model has come"
        world.run("uninstall")
        same(home(world), before)
        with DOCKER.image():
            world.install("--engine", "docker", "--model", "tiny-a")
            for what, said in (("down", "docker's daemon does not answer"), ("closed", "may not use docker")):
                world.run("stop")
                command("docker-daemon", what)
                failed = world.run("start", check=False)
                assert failed.returncode != 0, failed
                assert said in failed.stderr, failed
                command("docker-daemon", "up" if what == "down" else "open")
            comes(world, "tiny-a", "when the daemon does")
            one_server(DOCKER, world, backend)
            command("docker-daemon", "down")
            command("docker-daemon", "up")
            comes(world, "tiny-a", "after the daemon has been updated")
            one_server(DOCKER, world, backend)
            world.run("uninstall")
        DOCKER.gone()
        same(home(world), before)


def left() -> None:
    """All of ours is killed and the container goes on: it is no hindrance, whatever is called next."""
    with DOCKER.image(), machine() as world:
        before = home(world)
        world.install("--engine", "docker", "--model", "tiny-a")
        for words in (("start",), ("restart",), ("install", "--engine", "docker"), ("stop",), ("uninstall",)):
            number = DOCKER.server()
            kill_all(world)
            assert DOCKER.server() == number, "nobody tells a daemon that its caller was killed"
            if words[0] == "install":
                world.install(*words[1:])
            else:
                world.run(*words)
            if words[0] == "stop":
                DOCKER.gone()
                world.run("start")
            if words[0] != "uninstall":
                comes(world, "tiny-a", f"after {words[0]}")
                one_server(DOCKER, world, "systemd-offline")
                assert DOCKER.server() != number
                nothing_to_do(world)
        DOCKER.gone()
        same(home(world), before)


def hasty() -> None:
    """Stopped at any moment of its start, or deaf to it, no container stays behind."""
    with machine() as world:
        with DOCKER.image():
            world.install("--engine", "docker", "--model", "tiny-a")
            world.run("stop")
            for pause in range(0, 80, 20):
                start(world)
                time.sleep(pause / 100)
                world.run("stop")
                DOCKER.gone()
        with DOCKER.image(DEAF):
            start(world)
            wait(lambda: world.run("logs").stdout.rstrip().endswith(LISTENS), "it listens")
            world.run("stop")
            DOCKER.gone()
        world.run("uninstall")


def elsewhere() -> None:
    """A variable of the shell names the daemon: what starts with a login asks the same one, and so does who
    comes from another shell later."""
    command("docker-daemon", "moved")
    os.environ["DOCKER_HOST"] = "unix:///run/moved/docker.sock"
    with fresh(DOCKER) as world:
        before = home(world)
        world.environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
        world.install("--engine", "docker", "--model", "tiny-a")
        one_server(DOCKER, world)
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        del world.environment["DOCKER_HOST"]
        nothing_to_do(world)
        one_server(DOCKER, world)
        world.run("uninstall")
        DOCKER.gone()
        assert not DOCKER.exists()
        same(home(world), before)


# --- what these are made of ---------------------------------------------------------------------------------


def start(world: World) -> None:
    """As `bootstrap start`, without waiting for it."""
    if world.status()["autostart"]["backend"] == "systemd":
        command("systemctl", "--user", "start", "commit-polish")
    else:
        command("/bin/sh", str(world.data / "run.sh"), "start")


def kill_all(world: World) -> None:
    """run.sh and the program that it has started."""
    for number in (*processes("run.sh run"), *processes("/docker run ")):
        os.kill(number, signal.SIGKILL)


def refused(world: World, what: str, hint: str) -> None:
    """An installation that cannot be."""
    failed = world.install("--engine", "docker", "--model", "tiny-a", check=False)
    assert failed.returncode != 0, failed
    assert what in failed.stderr, failed
    assert hint in failed.stderr, failed
