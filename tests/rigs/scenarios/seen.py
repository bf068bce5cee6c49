"""What can be seen in a rig, by whoever looks: processes, the server, and what `bootstrap status` says."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bootstrap import server
from tests import mirror, standin
from tests.world import World, tree


@contextlib.contextmanager
def machine(engine: str = "scripted", **environment: str) -> Iterator[World]:
    """This rig's user, with a mirror of three models, one of them broken, and an empty repository at home."""
    for name in ("XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP"):
        if name in os.environ:
            environment.setdefault(name, os.environ[name])
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        standin.build(files / "llamafile-0.9.3", engine=engine)
        for seed, name in enumerate(("tiny-a", "tiny-b"), 1):
            standin.make(files / f"{name}.gguf", seed=seed)
        (files / "broken.gguf").write_bytes(b"this is no model\n" * 100)
        with mirror.serving(files) as source:
            models = {name: f"{name}.gguf" for name in ("tiny-a", "tiny-b", "broken")}
            catalogue = source.catalogue(files / "catalogue.toml", {"0.9.3": "llamafile-0.9.3"}, models)
            world = World(Path.home(), catalogue, environment)
            if not (world.home / "project").exists():  # it is, after a reboot
                world.repository()
            yield world


def answers(world: World, alias: str) -> bool:
    return alias in server.answers_as(f"http://127.0.0.1:{world.port}/v1")


def wait(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def comes(world: World, alias: str, what: str) -> None:
    wait(lambda: answers(world, alias), f"{alias} answers {what}")


def processes(part: str = "/commit-polish/") -> dict[int, str]:
    """All processes of this rig that have this in their command line."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = os.fsdecode((process / "cmdline").read_bytes()).replace("\0", " ")
            if part in command:
                found[int(process.name)] = command
    return found


def servers() -> list[int]:
    """Not who looks after one: OpenRC's has the server's words in its own command line."""
    found = processes(" --server ")
    return [number for number, words in found.items() if not words.startswith("supervise-daemon ")]


def one_server(world: World, alias: str, backend: str, *, enabled: bool = True) -> int:
    """All that status says of a good installation, and that there is one server; its number."""
    status = world.status()
    assert status["autostart"] == {"backend": backend, "enabled": enabled}, status
    assert status["server"]["alias"] == alias
    assert status["server"]["running"] and status["server"]["ready"], status
    assert servers() == [status["server"]["pid"]], (servers(), status)
    return status["server"]["pid"]


def unchanged(world: World, before: dict[str, tuple]) -> None:
    """The home is what it was."""
    now = tree(world.home)
    other = {
        name: (before.get(name), now.get(name)) for name in before | now if before.get(name) != now.get(name)
    }
    assert not other, other


def nothing_to_do(world: World, *arguments: str) -> None:
    said = world.install(*arguments).stdout
    assert "Nothing to do" in said, said


def command(*argv: str, check: bool = True) -> str:
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
    assert not check or done.returncode == 0, (argv, done)
    return done.stdout


def nothing_starts() -> None:
    time.sleep(0.7)
    assert servers() == []
