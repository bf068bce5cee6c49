"""A user whose logins have OpenRC's user services: the rig openrc."""

import os
import signal
from pathlib import Path

from tests.rigs.scenarios.seen import (
    comes,
    command,
    machine,
    nothing_starts,
    nothing_to_do,
    one_server,
    processes,
    servers,
    unchanged,
    wait,
)
from tests.world import World, tree

NEIGHBOUR = """\
#!/sbin/openrc-run
supervisor=supervise-daemon
command=/bin/sleep
command_args=1000
"""


def life() -> None:
    """With a real llama.cpp behind the stand-in."""
    with machine("llama.cpp") as world:
        neighbour()
        before = tree(world.home)
        said = world.install("--repo", "project", "--model", "tiny-a").stdout
        assert "OpenRC" in said, said
        first = one_server(world, "tiny-a", "openrc")
        nothing_to_do(world)

        os.kill(first, signal.SIGKILL)
        wait(lambda: servers() not in ([], [first]), "started again")
        comes(world, "tiny-a", "after kill -9")
        assert one_server(world, "tiny-a", "openrc") != first
        nothing_to_do(world)

        command("relogin")
        comes(world, "tiny-a", "after the next login")
        one_server(world, "tiny-a", "openrc")
        nothing_to_do(world)
        assert "listening" in world.run("logs").stdout

        world.install("--model", "tiny-b")
        one_server(world, "tiny-b", "openrc")
        gone(world, before)
        command("rc-service", "--user", "mine", "status")


def choice() -> None:
    """--no-autostart holds until --autostart; stop and start by hand, also often."""
    with machine() as world:
        before = tree(world.home)
        world.install()
        for _ in range(7):  # more often than a server may crash
            world.run("restart")
        one_server(world, "tiny-a", "openrc")
        world.run("stop")
        assert servers() == [] and not world.status()["server"]["running"]
        world.run("start")
        one_server(world, "tiny-a", "openrc")

        world.install("--no-autostart")
        one_server(world, "tiny-a", "openrc", enabled=False)
        command("relogin")
        world.run("stop")
        command("relogin")
        nothing_starts()
        world.install()
        one_server(world, "tiny-a", "openrc", enabled=False)
        world.install("--autostart")
        one_server(world, "tiny-a", "openrc")
        command("relogin")
        comes(world, "tiny-a", "after --autostart")
        gone(world, before)
        command("relogin")
        nothing_starts()


def broken_model() -> None:
    """A server that cannot start is given up, and is repaired by the next run."""
    with machine() as world:
        before = tree(world.home)
        world.install()
        model = world.data / "models" / "tiny-a.gguf"
        model.write_bytes(b"nothing")
        os.kill(servers()[0], signal.SIGKILL)
        wait(lambda: not world.status()["server"]["running"] and not supervisors(), "given up", 60)
        world.install()
        one_server(world, "tiny-a", "openrc")
        model.with_name("tiny-a.gguf.edited").unlink()
        gone(world, before)


def hostile_home() -> None:
    with machine() as world:
        before = tree(world.home)
        world.install("--repo", "project", "--model", "tiny-a")
        one_server(world, "tiny-a", "openrc")
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        gone(world, before)


def supervisors() -> dict[int, str]:
    return processes("supervise-daemon commit-polish")


def gone(world: World, before: dict[str, tuple]) -> None:
    """Uninstalled, and nothing of it is left, also not in what OpenRC knows."""
    world.run("uninstall")
    assert "commit-polish" not in command("rc-status", "--user", "--all")
    forget_cache()
    unchanged(world, before)
    assert (processes(), supervisors()) == ({}, {})


def neighbour() -> None:
    """The user's own service, that of somebody who knows OpenRC."""
    script = Path.home() / ".config" / "rc" / "init.d" / "mine"
    script.parent.mkdir(exist_ok=True)
    script.write_text(NEIGHBOUR)
    script.chmod(0o755)
    command("rc-update", "--user", "add", "mine", "default")
    command("rc-service", "--user", "mine", "start")
    forget_cache()


def forget_cache() -> None:
    """OpenRC's own, of what it found at the last login; it makes it again."""
    (Path.home() / ".cache" / "rc" / "deptree").unlink(missing_ok=True)
