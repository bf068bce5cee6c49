"""A machine that is really booted, and booted again: the rig boot.

Each scenario is run three times: in a login, after a reboot while nobody is logged in, and in the next login.
"""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.scenarios.seen import (
    answers,
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

LINGERS = Path("/var/lib/systemd/linger/tester")
KEPT = Path("/var/tmp/kept.json")  # /tmp does not outlive a boot


def linger(moment: str) -> None:
    """--linger: it answers after a reboot though nobody has logged in; what it has changed goes with it."""
    with stage(moment) as (world, before):
        if moment == "login":
            assert not LINGERS.exists()
            world.install("--linger")
            first = one_server(world, "tiny-a", "systemd")
            nothing_to_do(world)
            os.kill(first, signal.SIGKILL)
            wait(lambda: servers() not in ([], [first]), "started again")
            comes(world, "tiny-a", "after kill -9")
            said = world.run("logs").stdout
            assert "server listening" in said, said
        elif moment == "reboot":
            assert sessions() == []
            comes(world, "tiny-a", "after the reboot")
            one_server(world, "tiny-a", "systemd")
            world.run("uninstall")  # nobody is logged in for this either
            gone(world, before)
        else:
            nothing_starts()
            gone(world, before)
        assert LINGERS.exists() == (moment == "login")


def no_linger(moment: str) -> None:
    """Without it nothing runs for a user who is not there, and a login is enough."""
    with stage(moment) as (world, before):
        if moment == "login":
            world.install("--repo", "project")
            one_server(world, "tiny-a", "systemd")
        elif moment == "reboot":
            assert sessions() == []
            nothing_starts()
            assert not LINGERS.exists() and not answers(world, "tiny-a")
        else:
            comes(world, "tiny-a", "after the login")
            one_server(world, "tiny-a", "systemd")
            world.run("uninstall")
            gone(world, before)


def lingered_before(moment: str) -> None:
    """What the user had switched on stays on."""
    with stage(moment) as (world, before):
        if moment == "login":
            command("loginctl", "enable-linger")
            world.install("--linger")
        elif moment == "reboot":
            comes(world, "tiny-a", "after the reboot")
            world.run("uninstall")
            gone(world, before)
        assert LINGERS.exists()


def sessions() -> list[str]:
    return command("loginctl", "list-sessions", "--no-legend").splitlines()


def gone(world: World, before: dict[str, tuple]) -> None:
    unchanged(world, before)
    assert processes() == {}
    # without a session and without lingering there is no manager that could know of it
    units = command("systemctl", "--user", "list-units", "--all", "--plain", check=False)
    assert "commit-polish" not in units, units


@contextmanager
def stage(moment: str) -> Iterator[tuple[World, dict[str, tuple]]]:
    """The same world in each of the three, and the home as it was at first."""
    with machine() as world:
        if moment == "login":
            KEPT.write_text(json.dumps([world.port, tree(world.home)]))
        world.port, before = json.loads(KEPT.read_text())
        yield world, {name: tuple(entry) for name, entry in before.items()}
