"""What is done in the rig `wine`: a Windows user.

Imitated are the Task Scheduler (wine's starts nothing at logon) and llamafile's file; the Run key, the logon
that reads it, and Python are real, as far as wine is Windows.
"""

import contextlib
import io
import os
import signal
import tempfile
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bootstrap import server
from tests import mirror, standin
from tests.rigs import schtasks
from tests.rigs.windows_world import DISK, PYTHON, Windows, name
from tests.standin.build import launcher
from tests.windows_words import split
from tests.world import tree

TASKS = DISK / "ProgramData" / schtasks.TASKS.name.rpartition("\\")[2]
RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"


@contextlib.contextmanager
def machine(engine: str = "scripted", **environment: str) -> Iterator[Windows]:
    """This rig's user, with a mirror of two models."""
    _imitate_task_scheduler()
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        standin.build(files / "llamafile-0.9.3", engine=engine, windows=True, python=name(PYTHON))
        for seed, model in enumerate(("tiny-a", "tiny-b"), 1):
            standin.make(files / f"{model}.gguf", seed=seed)
        with mirror.serving(files) as source:
            models = {name: f"{name}.gguf" for name in ("tiny-a", "tiny-b")}
            catalogue = source.catalogue(files / "catalogue.toml", {"0.9.3": "llamafile-0.9.3"}, models)
            yield Windows(catalogue, **environment)


def _imitate_task_scheduler() -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("__main__.py", Path(schtasks.__file__).read_text("utf-8"))
    program = DISK / "windows" / "system32" / "schtasks.exe"
    program.unlink()
    program.write_bytes(launcher(name(PYTHON), "-I -B -S") + zipped.getvalue())


# ---- what can be seen -------------------------------------------------------------------------


def answers(world: Windows, alias: str) -> bool:
    return alias in server.answers_as(f"http://127.0.0.1:{world.port}/v1")


def wait(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def comes(world: Windows, alias: str, what: str) -> None:
    wait(lambda: answers(world, alias), f"{alias} answers {what}")


def processes(part: str) -> dict[int, list[str]]:
    """All processes of this rig that have this in their command line."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
            if part in "\0".join(words):
                found[int(process.name)] = words
    return found


def servers() -> list[int]:
    """By their first process: the stand-in's launcher."""
    return [pid for pid, words in processes("--server").items() if words[0].endswith("llamafile.exe")]


def keepers() -> list[int]:
    return [pid for pid, words in processes("keeper.json").items() if "run" in words]


def one_server(world: Windows, alias: str, *, enabled: bool = True) -> int:
    """All that status says of a good installation, and that there is one server; its number here."""
    status = world.status()
    assert status["autostart"] == {"backend": "windows", "enabled": enabled}, status
    assert status["server"]["alias"] == alias
    assert status["server"]["running"] and status["server"]["ready"] and status["server"]["pid"], status
    assert len(servers()) == len(keepers()) == 1, (servers(), keepers())
    return servers()[0]


def nothing_to_do(world: Windows, *arguments: str) -> None:
    said = world.install(*arguments).stdout
    assert "Nothing to do" in said, said


def tasks() -> list[str]:
    return sorted(path.name for path in TASKS.glob("*.xml"))


def run_value(world: Windows) -> str | None:
    """What the Run key starts as ours."""
    asked = world.program("reg", "query", RUN_KEY, "/v", "commit-polish", check=False)
    lines = [line for line in asked.stdout.splitlines() if "REG_SZ" in line]
    return lines[0].partition("REG_SZ")[2].strip() if lines else None


def nothing_is_left(world: Windows, before: dict) -> None:
    after = tree(world.home)
    assert after == before, sorted(set(after.items()) ^ set(before.items()))
    assert (tasks(), processes("commit-polish")) == ([], {})


def log_on(world: Windows) -> None:
    """Everything ends, and what is registered starts: of a task, what its XML says."""
    assert os.system("logon") == 0
    assert not servers() or run_value(world)
    for path in TASKS.glob("*.xml"):
        root = ET.fromstring(path.read_bytes())
        command, arguments = (
            root.findtext(f".//{schtasks.SPACE}{part}") for part in ("Command", "Arguments")
        )
        world.start(*split(f'"{command}" {arguments}'))


# ---- the scenarios ----------------------------------------------------------------------------


def life() -> None:
    with machine() as world:
        before = tree(world.home)
        said = world.install("--model", "tiny-a").stdout
        assert "log on" in said, said
        first = one_server(world, "tiny-a")
        assert (tasks(), run_value(world)) == (["commit-polish.xml"], None)
        nothing_to_do(world)

        killed = time.monotonic()
        os.kill(first, signal.SIGKILL)
        wait(lambda: servers() not in ([], [first]), "started again")
        assert time.monotonic() - killed > 4, "at once: that would be a busy loop for a broken model"
        comes(world, "tiny-a", "after it was killed")
        nothing_to_do(world)
        os.kill(keepers()[0], signal.SIGKILL)
        wait(lambda: not processes("--server"), "the server ends with its keeper")
        assert not world.status()["server"]["running"]

        log_on(world)
        comes(world, "tiny-a", "after the next logon")
        one_server(world, "tiny-a")
        world.install("--model", "tiny-b")
        one_server(world, "tiny-b")
        assert [path.name for path in (world.data / "models").iterdir()] == ["tiny-b.gguf"]
        world.run("uninstall")
        nothing_is_left(world, before)
        assert run_value(world) is None
