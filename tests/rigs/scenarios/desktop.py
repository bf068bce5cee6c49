"""A user whose programs are started by nothing but a desktop: the rig desktop."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.rigs.scenarios.seen import (
    comes,
    command,
    machine,
    nothing_to_do,
    one_server,
    processes,
    servers,
    unchanged,
    wait,
)
from tests.world import World, tree

DESKTOPS = {
    "XFCE": ("xfce4-session",),
    "LXDE": ("lxsession", "-s", "LXDE"),
    "MATE": ("mate-session",),
    "LXQt": ("lxqt-session",),
}
AUTOSTART = ".config/autostart"
DONE = Path("/run/rig/tmp/logged-in")


def xfce() -> None:
    logins("XFCE")


def lxde() -> None:
    logins("LXDE")


def mate() -> None:
    logins("MATE")


def lxqt() -> None:
    logins("LXQt")


def logins(name: str) -> None:
    """A login starts one server, or none where one runs or none is wanted."""
    with machine() as world:
        neighbour(world)
        before = tree(world.home)
        said = world.install("--repo", "project").stdout
        assert "desktop" in said, said
        first = one_server(world, "tiny-a", "xdg")
        nothing_to_do(world)
        with login(name):
            nothing_more()
            assert one_server(world, "tiny-a", "xdg") == first
            assert len(processes("run.sh run")) == 1
        world.run("stop")
        assert servers() == []
        with login(name):
            comes(world, "tiny-a", "after the login")
            second = one_server(world, "tiny-a", "xdg")
            os.kill(second, signal.SIGKILL)
            wait(lambda: servers() not in ([], [second]), "started again")
            comes(world, "tiny-a", "after kill -9")
        one_server(world, "tiny-a", "xdg")

        world.install("--no-autostart")
        one_server(world, "tiny-a", "xdg", enabled=False)
        world.run("stop")
        with login(name):
            nothing_more()
            assert servers() == []
        world.run("uninstall")
        ours_is_gone(world, before)


def no_login() -> None:
    """The entry is a good one, also for dex; and where no desktop adds to the home it is what it was."""
    with machine() as world:
        before = tree(world.home)
        world.install("--repo", "project")
        assert command("desktop-file-validate", str(world.home / AUTOSTART / "commit-polish.desktop")) == ""
        world.run("stop")
        subprocess.run(["dex", "--autostart", "--environment", "XFCE"], check=True, stdout=subprocess.DEVNULL)
        comes(world, "tiny-a", "after dex")
        one_server(world, "tiny-a", "xdg")
        world.run("uninstall")
        unchanged(world, before)
        assert processes() == {}


def path_that_desktops_differ_about() -> None:
    """Then none is asked to start it, and none is said to."""
    with machine() as world:
        before = tree(world.home)
        assert "desktop" not in world.install().stdout
        one_server(world, "tiny-a", "none", enabled=False)
        assert not (world.home / AUTOSTART).exists()
        world.run("uninstall")
        unchanged(world, before)


@contextlib.contextmanager
def login(name: str) -> Iterator[None]:
    """A session of this desktop on a screen of its own, that has started what there is to start."""
    DONE.unlink(missing_ok=True)
    readable, writable = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable)], pass_fds=[writable], stderr=subprocess.DEVNULL
    )
    os.close(writable)
    with open(readable) as pipe:
        display = f":{pipe.readline().strip()}"
    environment = os.environ | {"DISPLAY": display, "XDG_CURRENT_DESKTOP": name}
    with DONE.with_name("desktop.log").open("wb") as log:
        session = subprocess.Popen(
            ["dbus-run-session", "--", *DESKTOPS[name]], env=environment, stdout=log, stderr=log
        )
    try:
        wait(DONE.exists, f"{name} starts programs")
        yield
    finally:
        for process in (screen, session):  # a session does not outlive its screen
            process.terminate()
            process.wait(20)


def neighbour(world: World) -> None:
    """Something that the user has every login start: it tells us that there was one."""
    entry = world.home / AUTOSTART / "mine.desktop"
    entry.parent.mkdir(parents=True)
    entry.write_text(f"[Desktop Entry]\nType=Application\nName=mine\nExec=/usr/bin/touch {DONE}\n")


def nothing_more() -> None:
    """A session starts its programs in no certain order."""
    time.sleep(0.7)


def ours_is_gone(world: World, before: dict[str, tuple]) -> None:
    """The desktops have left files of their own."""
    now = tree(world.home)
    assert {path: now.get(path) for path in before} == before
    new = [path for path in now if path not in before]
    assert not [path for path in new if re.search("polish|autostart|local/bin|bootstrap", path)], new
    assert processes() == {}
