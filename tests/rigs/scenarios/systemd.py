"""A user whose logins have a `systemd --user`: the rig systemd-user."""

import os
import signal
import tempfile
import time
from pathlib import Path

from bootstrap.autostart import systemd
from bootstrap.autostart.service import describe
from bootstrap.paths import Paths
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
    wait,
)
from tests.world import tree


def systemd_says(name: str) -> str:
    return command("systemctl", "--user", "show", "--property", name, "--value", systemd.UNIT).strip()


def known_to_systemd() -> list[str]:
    listings = ("list-unit-files", "--all"), ("list-units", "--all", "--plain")
    lines = [line for listing in listings for line in command("systemctl", "--user", *listing).splitlines()]
    return [line for line in lines if "commit-polish" in line]


def life() -> None:
    """With a real llama.cpp behind the stand-in."""
    with machine("llama.cpp") as world:
        before = tree(world.home)
        said = world.install("--repo", "project", "--model", "tiny-a").stdout
        assert "systemd" in said, said
        first = one_server(world, "tiny-a", "systemd")
        nothing_to_do(world)

        killed = time.monotonic()
        os.kill(first, signal.SIGKILL)
        wait(lambda: servers() not in ([], [first]), "started again")
        assert time.monotonic() - killed > 4, "at once: that would be a busy loop for a broken model"
        comes(world, "tiny-a", "after kill -9")
        assert one_server(world, "tiny-a", "systemd") != first
        nothing_to_do(world)

        command("relogin")
        comes(world, "tiny-a", "after the next login")
        one_server(world, "tiny-a", "systemd")
        nothing_to_do(world)

        world.install("--model", "tiny-b")
        one_server(world, "tiny-b", "systemd")
        assert [path.name for path in (world.data / "models").iterdir()] == ["tiny-b.gguf"]
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})


def choice() -> None:
    """--no-autostart holds until --autostart; stop and start by hand, also often."""
    with machine() as world:
        wanted = world.home / ".config" / "systemd" / "user" / "default.target.wants"
        before = tree(world.home)
        world.install()
        for _ in range(7):  # systemd counts these like crashes
            world.run("restart")
        one_server(world, "tiny-a", "systemd")
        world.run("stop")
        assert servers() == [] and not world.status()["server"]["running"]
        world.run("start")
        one_server(world, "tiny-a", "systemd")

        world.install("--no-autostart")
        one_server(world, "tiny-a", "systemd", enabled=False)
        assert not wanted.exists()
        command("relogin")
        nothing_starts()
        world.install()
        one_server(world, "tiny-a", "systemd", enabled=False)
        command("relogin")
        nothing_starts()
        world.install("--autostart")
        one_server(world, "tiny-a", "systemd")
        command("relogin")
        comes(world, "tiny-a", "after --autostart")
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})
        command("relogin")
        nothing_starts()


def broken_model() -> None:
    """A server that cannot start is given up, is repaired by the next run, and leaves no failed unit."""
    with machine() as world:
        world.run("hook", "status")
        faster = world.home / ".config" / "systemd" / "user" / f"{systemd.UNIT}.d" / "faster.conf"
        faster.parent.mkdir(parents=True)
        faster.write_text("[Service]\nRestartSec=50ms\n")
        before = tree(world.home)
        world.install()
        model = world.data / "models" / "tiny-a.gguf"
        for repaired in (True, False):
            model.write_bytes(b"nothing")
            os.kill(servers()[0], signal.SIGKILL)
            wait(lambda: systemd_says("ActiveState") == "failed", "given up", 10)
            assert not world.status()["server"]["running"]
            if repaired:
                world.install()
                one_server(world, "tiny-a", "systemd")
        model.unlink()
        model.with_name("tiny-a.gguf.edited").unlink()
        world.run("uninstall")
        assert tree(world.home) == before
        assert not [line for line in known_to_systemd() if "failed" in line], known_to_systemd()
        faster.unlink()
        faster.parent.rmdir()
        command("systemctl", "--user", "daemon-reload")
        assert (known_to_systemd(), processes()) == ([], {})


def hostile_home() -> None:
    with machine() as world:
        before = tree(world.home)
        world.install("--repo", "project", "--model", "tiny-a")
        one_server(world, "tiny-a", "systemd")
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})


RECORDER = (
    '#!/bin/sh\nprintf "%s\\0" "$TMPDIR" "$0" "$@" >"$0.seen.new"\nmv "$0.seen.new" "$0.seen"\nsleep 60\n'
)


def quoting() -> None:
    """The real manager's idea of a unit: each hostile path is what the process gets."""
    from tests.autostart.services import HOSTILE

    home = Path.home()
    for name in HOSTILE.values():
        place = home / name / "commit-polish"
        place.mkdir(parents=True)
        recorder = place / "llamafile"
        recorder.write_text(RECORDER)
        paths = Paths(home, home / ".config" / "commit-polish", place, place, place)
        argv = (
            "/bin/sh",
            str(recorder),
            "--server",
            "-m",
            str(place / "x.gguf"),
            name,
            "",
            ";",
            "-",
            "%",
            "$",
            "\\",
        )
        service = describe(argv, paths, "", at_login=True, now=True)
        unit = service.config_home / "systemd" / "user" / systemd.UNIT
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(systemd.unit(service), "utf-8")
        command("systemctl", "--user", "daemon-reload")
        command(*systemd.control(service).restart)
        seen = recorder.with_name("llamafile.seen")
        wait(seen.exists, name)
        assert os.fsdecode(seen.read_bytes()).split("\0")[:-1] == [str(paths.loader), *argv[1:]]
        command(*systemd.control(service).alive)
        command(*systemd.control(service).stop)


def not_there_yet() -> None:
    """ssh as a user who never logged in: it runs now, starts at the next login, and moves to systemd then."""
    with machine() as world:
        before = tree(world.home)
        said = world.install("--repo", "project").stdout
        assert "next login" in said, said
        first = one_server(world, "tiny-a", "systemd-offline")
        nothing_to_do(world)
        os.kill(first, signal.SIGKILL)
        wait(lambda: not answers(world, "tiny-a"), "it is gone")
        comes(world, "tiny-a", "after kill -9")
        second = one_server(world, "tiny-a", "systemd-offline")

        command("relogin")
        wait(lambda: systemd_says("ActiveState") == "inactive", "the unit has seen that it runs already")
        assert one_server(world, "tiny-a", "systemd-offline") == second
        world.run("stop")
        command("relogin")
        comes(world, "tiny-a", "at the login after a reboot")
        third = one_server(world, "tiny-a", "systemd-offline")
        assert systemd_says("ActiveState") == "active"
        world.run("restart")
        assert one_server(world, "tiny-a", "systemd-offline") != third

        world.install()
        one_server(world, "tiny-a", "systemd")
        assert list(processes("run.sh")) == []
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})


def never_there() -> None:
    """Without autostart nothing is registered; and all of it goes without any manager, too."""
    with machine() as world:
        units = world.home / ".config" / "systemd"
        before = tree(world.home)
        world.install("--no-autostart")
        one_server(world, "tiny-a", "systemd-offline", enabled=False)
        assert not units.exists()
        world.install("--autostart")
        one_server(world, "tiny-a", "systemd-offline")
        assert (units / "user" / "default.target.wants" / systemd.UNIT).is_symlink()
        world.run("uninstall")
        assert (tree(world.home), processes()) == (before, {})


def config_home() -> None:
    """XDG_CONFIG_HOME in a shell's start-up file is unknown to the manager: the unit goes where it looks."""
    with machine(XDG_CONFIG_HOME=str(Path.home() / "my config")) as world:
        before = tree(world.home)
        world.install()
        one_server(world, "tiny-a", "systemd")
        command("relogin")
        comes(world, "tiny-a", "after the next login")
        world.install("--no-autostart")
        one_server(world, "tiny-a", "systemd", enabled=False)
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})


def after_su() -> None:
    """A root shell leaves its XDG_RUNTIME_DIR to who comes by su; and a manager that nobody can ask is no
    reason to lose the server that it keeps."""
    with machine() as world:
        before = tree(world.home)
        world.install()
        first = one_server(world, "tiny-a", "systemd")
        world.environment["XDG_RUNTIME_DIR"] = "/run/user/0"
        nothing_to_do(world)
        assert one_server(world, "tiny-a", "systemd") == first

        shadow = Path(tempfile.mkdtemp())
        (shadow / "systemctl").write_text("#!/bin/sh\necho Failed to connect to bus >&2; exit 1\n")
        (shadow / "systemctl").chmod(0o755)
        path = world.environment["PATH"]
        world.environment["PATH"] = f"{shadow}:{path}"
        for said in (world.install(check=False), world.run("uninstall", check=False)):
            assert (said.returncode, "does not know of it here" in said.stderr) == (1, True), said
            assert servers() == [first]
        world.environment["PATH"] = path
        one_server(world, "tiny-a", "systemd")
        world.run("uninstall")
        assert tree(world.home) == before
        assert (known_to_systemd(), processes()) == ([], {})
