"""What is done in the rig `wine`, by a Windows program that is seen from Linux.

Imitated are the Task Scheduler (wine's starts nothing at logon) and llamafile's file; the Run key, the logon
that reads it, and Python are real, as far as wine is Windows.
"""

import contextlib
import io
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from bootstrap import __version__, server
from tests import mirror, older, standin
from tests.rigs import git_shim, linux_git, schtasks
from tests.rigs.scenarios.seen import comes, nothing_to_do, processes, unchanged, wait
from tests.rigs.windows_world import DISK, PYTHON, Windows, name
from tests.standin.build import launcher
from tests.windows_words import split
from tests.world import ROOT, tree

TASKS = DISK / "ProgramData" / schtasks.TASKS.name.rpartition("\\")[2]
SYSTEM = DISK / "windows" / "system32"
RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"


@contextlib.contextmanager
def machine(engine: str = "scripted", **environment: str) -> Iterator[Windows]:
    """This rig's user, with a mirror of two models."""
    _imitate(schtasks, SYSTEM / "schtasks.exe")
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        standin.build(files / "llamafile-0.9.3", engine=engine, windows=True, python=name(PYTHON))
        for seed, model in enumerate(("tiny-a", "tiny-b"), 1):
            standin.make(files / f"{model}.gguf", seed=seed)
        with mirror.serving(files) as source:
            models = {name: f"{name}.gguf" for name in ("tiny-a", "tiny-b")}
            catalogue = source.catalogue(files / "catalogue.toml", {"0.9.3": "llamafile-0.9.3"}, models)
            yield Windows(catalogue, **environment)


def _imitate(program: ModuleType, path: Path) -> None:
    """Put a program of ours, which needs nothing but Python, into a place of this Windows."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("__main__.py", Path(program.__file__).read_text("utf-8"))
    path.unlink(missing_ok=True)
    path.write_bytes(launcher(name(PYTHON), "-I -B -S") + zipped.getvalue())


# ---- what can be seen -------------------------------------------------------------------------


def servers() -> list[int]:
    """By their first process: the stand-in's launcher."""
    return [pid for pid, words in processes(" --server --nobrowser ").items() if "python.exe" not in words]


def keepers() -> list[int]:
    return list(processes("keeper.json run"))


def one_server(world: Windows, alias: str, *, enabled: bool = True) -> int:
    """All that status says of a good installation, and that there is one server; its number here."""
    status = world.status()
    assert status["autostart"] == {"backend": "windows", "enabled": enabled}, status
    assert status["server"]["alias"] == alias
    assert status["server"]["running"] and status["server"]["ready"] and status["server"]["pid"], status
    assert len(servers()) == len(keepers()) == 1, (servers(), keepers())
    return servers()[0]


def kill(world: Windows, pid: int) -> None:
    """As the Task Manager does. (Of what Linux kills, or its own taskkill, wine says that it ended well.)"""
    world.program(name(PYTHON), "-c", f"import os; os.kill({pid}, 9)")


def keeper_number(world: Windows) -> int:
    return int((world.data / "logs" / "keeper.lock").read_text().split()[0])


def tasks() -> list[str]:
    return sorted(path.name for path in TASKS.glob("*.xml"))


def run_value(world: Windows) -> str | None:
    """What the Run key starts as ours."""
    asked = world.program("reg", "query", RUN_KEY, "/v", "commit-polish", check=False)
    lines = [line for line in asked.stdout.splitlines() if "REG_SZ" in line]
    return lines[0].partition("REG_SZ")[2].strip() if lines else None


def nothing_is_left(world: Windows, before: dict) -> None:
    unchanged(world, before)
    assert (tasks(), processes("commit-polish")) == ([], {})


def log_on(world: Windows) -> None:
    """Everything ends, and what is registered starts: of a task, what its XML says."""
    subprocess.run(["logon"], env=world.environment, check=True, timeout=60)
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
        kill(world, world.status()["server"]["pid"])
        wait(lambda: servers() not in ([], [first]), "started again")
        assert time.monotonic() - killed > 4, "at once: that would be a busy loop for a broken model"
        comes(world, "tiny-a", "after it was killed")
        nothing_to_do(world)
        kill(world, keeper_number(world))
        wait(lambda: not processes(" --server --nobrowser "), "the server ends with its keeper")
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


def run_key() -> None:
    """Where the Task Scheduler takes no task; where it took one and does not any more; and back."""
    with machine() as world:
        before = tree(world.home)
        world.program("reg", "add", RUN_KEY, "/v", "commit-polish", "/d", "somebody else's", "/f")
        allow_tasks(False)
        said = world.install().stderr
        assert "Access is denied" in said and "Run key" in said, said
        one_server(world, "tiny-a")
        value = run_value(world)
        assert split(value)[-3:] == ["keep", name(world.data / "keeper.json"), "run"]
        nothing_to_do(world)
        log_on(world)
        comes(world, "tiny-a", "after the next logon")
        one_server(world, "tiny-a")

        allow_tasks(True)
        nothing_to_do(world)
        world.install("--no-autostart")
        assert run_value(world) == "somebody else's"
        world.install("--autostart")
        assert (tasks(), run_value(world)) == (["commit-polish.xml"], "somebody else's")
        world.program("schtasks", "/delete", "/tn", "commit-polish", "/f")
        assert not world.status()["autostart"]["enabled"] or run_value(world)
        allow_tasks(False)
        world.install()
        assert (tasks(), run_value(world)) == ([], value)
        allow_tasks(True)
        world.run("uninstall")
        nothing_is_left(world, before)
        assert run_value(world) == "somebody else's"


def choice() -> None:
    """--no-autostart holds until --autostart; stop and start by hand, logs, and the server in front."""
    with machine() as world:
        before = tree(world.home)
        world.install()
        world.run("restart")
        first = one_server(world, "tiny-a")
        assert "answers already" in world.run("start").stdout
        assert servers() == [first]
        assert "listening at" in world.run("logs").stdout
        world.run("stop")
        assert not processes(" --server --nobrowser ") and not world.status()["server"]["running"]
        in_the_foreground(world)
        world.run("start")
        one_server(world, "tiny-a")

        world.install("--no-autostart")
        one_server(world, "tiny-a", enabled=False)
        assert (tasks(), run_value(world)) == ([], None)
        nothing_to_do(world)
        log_on(world)
        time.sleep(3)
        assert not processes("commit-polish")
        world.install()
        one_server(world, "tiny-a", enabled=False)
        world.install("--autostart")
        one_server(world, "tiny-a")
        world.run("uninstall")
        nothing_is_left(world, before)


def in_the_foreground(world: Windows) -> None:
    """`bootstrap run`: it is seen, nothing else starts one meanwhile, and it ends with its bootstrap."""
    running = world.start(name(PYTHON), "-P", "-m", "bootstrap", "run")
    comes(world, "tiny-a", "in the foreground")
    refused = world.run("restart", check=False)
    assert refused.returncode == 1 and "foreground" in refused.stderr, refused
    assert world.install(check=False).returncode == 1
    running.kill()
    running.wait()
    wait(lambda: not processes(" --server --nobrowser "), "it ends with what has started it")


def hostile() -> None:
    """In a profile with a name that many programs do not expect."""
    with machine() as world:
        before = tree(world.home)
        world.install("--model", "tiny-a")
        one_server(world, "tiny-a")
        nothing_to_do(world)
        log_on(world)
        comes(world, "tiny-a", "by the task")
        allow_tasks(False)
        world.program("schtasks", "/query", "/tn", "commit-polish")
        (TASKS / "commit-polish.xml").unlink()
        world.install()
        assert run_value(world)
        log_on(world)
        comes(world, "tiny-a", "by the Run key")
        said = world.program("cmd", "/c", r"cd AppData\Local\commit-polish\bin && bootstrap --version")
        assert said.stdout.startswith("bootstrap "), said
        allow_tasks(True)
        world.run("uninstall")
        nothing_is_left(world, before)
        assert run_value(world) is None


def port() -> None:
    """Somebody else's port is not taken, and another one is offered that works."""
    with machine() as world:
        before = tree(world.home)
        code = f"import socket; s = socket.create_server(('127.0.0.1', {world.port})); s.accept()"
        stranger = world.start(name(PYTHON), "-c", code)
        wait(lambda: not server.port_is_free("127.0.0.1", world.port), "somebody has the port")
        refused = world.install(check=False)
        assert refused.returncode == 1 and f"port {world.port} is taken by" in refused.stderr, refused
        log = world.home / "Temp" / "bootstrap-last-failure-tester.log"
        assert set(tree(world.home)) - set(before) == {log.relative_to(world.home).as_posix()}
        world.port += 1
        assert f"--port {world.port}" in refused.stderr, refused
        world.install()
        one_server(world, "tiny-a")
        stranger.kill()
        world.run("uninstall")
        nothing_is_left(world, before)


def hook() -> None:
    """Linux's git commits; its sh runs the hook that was installed, and that our program for Windows."""
    with linux_git.serving() as asked, tempfile.TemporaryDirectory() as shims:
        _imitate(git_shim, SYSTEM / "git.exe")
        with machine(RIG_GIT_PORT=str(asked)) as world:
            repository = linux_git.repository(world.home / "my project", Path(shims))
            before = set(tree(world.home))
            world.install("--repo", name(repository))
            ours = repository / ".git" / "hooks" / "prepare-commit-msg"
            assert world.status()["hooks"] == [name(ours)]
            assert "intact" in world.run("hook", "status").stdout
            nothing_to_do(world)
            polishes(world, repository)
            world.run("uninstall")
            assert not ours.exists()
            assert not [path for path in set(tree(world.home)) - before if "/.git/" not in path]


def polishes(world: Windows, repository: Path) -> None:
    for script in (repository / ".git" / "hooks" / "prepare-commit-msg", world.data / "bin" / "bootstrap"):
        script.chmod(0o755)  # for Windows' git and sh, a file that begins with #! is a program
    words = linux_git.committed(repository, "Fixed the login.", world.environment)
    assert words == "fix: fix the login"


def one_file() -> None:
    """Built here, it takes the place of an older one and is thrown away; what it has installed keeps the
    server, is called by the hook, and removes itself."""
    with linux_git.serving() as asked, tempfile.TemporaryDirectory() as shims:
        _imitate(git_shim, SYSTEM / "git.exe")
        with machine(RIG_GIT_PORT=str(asked)) as world:
            repository = linux_git.repository(world.home / "my project", Path(shims))
            downloaded = frozen(world)
            before = tree(world.home)
            world.bootstrap = [name(PYTHON), name(last_year(Path(shims)))]
            world.install("--repo", name(repository))
            world.bootstrap = [name(downloaded)]
            said = world.install().stdout
            assert f"{older.VERSION} -> {__version__}" in said, said
            one_server(world, "tiny-a")
            assert any("bootstrapw.exe" in words for words in processes("keeper.json run").values())
            nothing_to_do(world)
            places = list((world.data / "program").iterdir())
            assert [place.name.partition("-")[0] for place in places] == [__version__]
            repaired_while_it_runs(world, places[0] / "bootstrapw.exe")
            downloaded.unlink()

            world.bootstrap = ["cmd", "/c", r"AppData\Local\commit-polish\bin\bootstrap"]
            assert world.run("--version").stdout == f"bootstrap {__version__}\n"
            assert world.run("run", "away", check=False).returncode == 2
            nothing_to_do(world)
            log_on(world)
            comes(world, "tiny-a", "after the next logon")
            one_server(world, "tiny-a")
            with linux_git.startable(places[0] / "bootstrap.exe"):
                polishes(world, repository)

            world.bootstrap = [name(places[0] / "bootstrap.exe")]  # wine's cmd keeps its batch file open
            said = world.run("uninstall").stdout
            assert "nothing is left" in said, said
            wait(lambda: not list(world.data.parent.glob("commit-polish*")), "the last of it goes, too")
            left = {path: entry for path, entry in tree(world.home).items() if "/.git" not in path}
            assert left == {path: entry for path, entry in before.items() if "/.git" not in path}
            assert (tasks(), processes("commit-polish")) == ([], {})


def repaired_while_it_runs(world: Windows, program: Path) -> None:
    """Nobody can write to it then: it is moved, and another one takes its place."""
    with program.open("ab") as file:
        file.write(b"damaged")
    world.install()
    assert not program.read_bytes().endswith(b"damaged")
    world.run("restart")
    one_server(world, "tiny-a")


def last_year(directory: Path) -> Path:
    today = directory / "today.pyz"
    subprocess.run([sys.executable, str(ROOT / "build" / "archive.py"), str(today)], check=True)
    return older.make(today, directory / "older.pyz")


def frozen(world: Windows) -> Path:
    """The one file for Windows, made on it."""
    into = DISK / "built"
    places = ("--workpath", name(into / "work"), "--distpath", name(into))
    options = ("--noconfirm", "--log-level", "ERROR", *places)
    spec = name(ROOT / "build" / "bootstrap.spec")
    world.program(name(PYTHON), "-m", "PyInstaller", *options, spec, timeout=400)
    return into / "bootstrap.exe"


def allow_tasks(allowed: bool) -> None:
    TASKS.mkdir(exist_ok=True)
    if allowed:
        (TASKS / schtasks.DENIED).unlink()
    else:
        (TASKS / schtasks.DENIED).touch()
