"""A user some of whose directories are on a disk that starts no programs: the rig noexec."""

import json
import os
from pathlib import Path

from tests.rigs.scenarios.seen import machine, nothing_to_do, one_server, processes, servers
from tests.world import World, tree


def starts_nothing(place: Path) -> bool:
    """Whether the rig has done its part."""
    script = place / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    denied = not os.access(script, os.X_OK)
    script.unlink()
    return denied


def found(world: World) -> dict[str, str]:
    """What `bootstrap doctor` thinks of each thing."""
    said = world.run("doctor", "--json", check=False).stdout
    events = [json.loads(line) for line in said.splitlines()]
    return {event["name"]: event["level"] for event in events if event["event"] == "check"}


def data() -> None:
    """XDG_DATA_HOME is on such a disk: the model goes there, and what is to be started does not."""
    disk = Path.home() / "disk"
    assert starts_nothing(disk)
    with machine(XDG_DATA_HOME=str(disk)) as world:
        before = tree(world.home)
        world.install("--repo", "project", "--model", "tiny-a")
        one_server(world, "tiny-a", "none", enabled=False)
        nothing_to_do(world)
        assert (disk / "commit-polish" / "models" / "tiny-a.gguf").is_file()
        assert not (disk / "commit-polish" / "llamafile").exists()
        assert found(world)["noexec"] == found(world)["program"] == found(world)["server"] == "ok"

        world.git(world.home / "project", "commit", "-m", "Fixed the login bug.")
        said = world.git(world.home / "project", "log", "-1", "--format=%s")
        assert said.strip().endswith(": fix the login bug"), said
        world.run("undo", cwd=world.home / "project")

        world.run("stop")
        assert servers() == []
        world.run("doctor", "--fix")
        one_server(world, "tiny-a", "none", enabled=False)
        world.run("uninstall")
        after = {name: value for name, value in tree(world.home).items() if not name.startswith("project/")}
        assert after == {name: value for name, value in before.items() if not name.startswith("project/")}
        assert processes() == {}


def home() -> None:
    """All of it: said before the first byte, and nothing is left."""
    assert starts_nothing(Path.home())
    with machine() as world:
        before = tree(world.home)
        said = world.install(check=False)
        assert said.returncode == 1
        assert "noexec" in said.stderr
        assert "XDG_DATA_HOME" in said.stderr
        assert tree(world.home) == before
        assert found(world)["noexec"] == "error"


def remounted() -> None:
    """What the kernel says of a server on such a disk is explained, as install and doctor would."""
    from bootstrap import trouble

    disk = Path.home() / "disk"
    with machine() as world:
        world.install()
        engine = world.data / "llamafile" / "0.9.3" / "llamafile"
        copy = disk / "llamafile"
        copy.write_bytes(engine.read_bytes())
        for loader, what in ((disk, f"{disk} does not start programs"), (world.home, "noexec")):
            done = world.run(str(copy), prefix=("env", f"TMPDIR={loader}", "/bin/sh"), check=False)
            assert done.returncode in {126, 127}
            explained = trouble.explain(done.stderr)
            assert explained, done.stderr
            assert what in explained.what, explained
        world.run("uninstall")
