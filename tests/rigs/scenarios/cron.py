"""A user of a machine with a cron daemon and without systemd: the rig cron."""

import os
import signal
import subprocess
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
    wait,
)
from tests.world import tree

CRONTAB = (
    b"# m h  dom mon dow   command\n"
    b'MAILTO=""\n\n0 5 * * 1 tar -zcf /var/backups/home\\%.tgz /home/ % input\n\t \n'
    b"@reboot /bin/sh run.sh # somebody else's\n#\tna\xc3\xafve\n"
)


def crontab(text: bytes | None = None) -> bytes | None:
    """Set it or get it; None where there is none."""
    if text is not None:
        subprocess.run(["crontab", "-"], input=text, check=True)
    done = subprocess.run(["crontab", "-l"], check=False, capture_output=True)
    assert done.returncode == 0 or b"no crontab" in done.stderr
    return done.stdout if done.returncode == 0 else None


def life() -> None:
    with machine() as world:
        before = tree(world.home)
        assert crontab(CRONTAB) == CRONTAB
        said = world.install("--repo", "project", "--model", "tiny-a").stdout
        assert "cron" in said, said
        first = one_server(world, "tiny-a", "cron")
        line = b'@reboot /bin/sh "$HOME"/.local/share/commit-polish/run.sh # commit-polish\n'
        assert crontab() == CRONTAB + line
        nothing_to_do(world)

        os.kill(first, signal.SIGKILL)
        wait(lambda: servers() not in ([], [first]), "started again")
        comes(world, "tiny-a", "after kill -9")
        one_server(world, "tiny-a", "cron")

        command("reboot-cron")
        comes(world, "tiny-a", "after a reboot")
        one_server(world, "tiny-a", "cron")
        nothing_to_do(world)
        world.install("--model", "tiny-b")
        one_server(world, "tiny-b", "cron")

        world.install("--no-autostart")
        one_server(world, "tiny-b", "cron", enabled=False)
        assert crontab() == CRONTAB
        command("reboot-cron")
        nothing_starts()
        world.install()
        one_server(world, "tiny-b", "cron", enabled=False)
        assert crontab() == CRONTAB
        world.install("--autostart")
        command("reboot-cron")
        comes(world, "tiny-b", "after a reboot")

        world.run("uninstall")
        assert (tree(world.home), crontab(), processes()) == (before, CRONTAB, {})
        command("reboot-cron")
        nothing_starts()


def hostile_home() -> None:
    """And no crontab before: there is none afterwards."""
    with machine() as world:
        before = tree(world.home)
        world.install("--repo", "project", "--model", "tiny-a")
        one_server(world, "tiny-a", "cron")
        command("reboot-cron")
        comes(world, "tiny-a", "after a reboot")
        one_server(world, "tiny-a", "cron")
        world.run("uninstall")
        assert (tree(world.home), crontab(), processes()) == (before, None, {})


def hostile_data() -> None:
    """XDG_DATA_HOME is in the crontab line: what cron and sh make of it has to be what was meant."""
    for name in ("100% 'x' \"y\" $HOME \\n \\% \\", "%"):
        with machine(XDG_DATA_HOME=str(Path.home() / name)) as world:
            command("rm", "-rf", "project")
            before = tree(world.home)
            world.install()
            one_server(world, "tiny-a", "cron")
            command("reboot-cron")
            comes(world, "tiny-a", f"after a reboot from {name}")
            world.run("uninstall")
            assert (tree(world.home), crontab(), processes()) == (before, None, {})


def does_not_run() -> None:
    """crontab works, but nobody reads it."""
    with machine() as world:
        assert "cron" not in world.install().stdout
        one_server(world, "tiny-a", "none", enabled=False)
        assert crontab() is None
        world.run("uninstall")
        assert processes() == {}
