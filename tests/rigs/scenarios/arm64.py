"""Linux on ARM64, which qemu is as far as programs can see: the rig arm64."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap import __version__
from tests import older
from tests.rigs.scenarios.seen import command, machine, nothing_to_do, one_server, processes
from tests.world import ROOT, World, tree

SLOW = 600  # seconds: programs take some ten times as long as on a machine


def one_file() -> None:
    """Built here, it takes the place of an older one where no Python is on PATH, and is thrown away; what it
    has installed keeps the server, is called by the hook, and removes itself."""
    with tempfile.TemporaryDirectory() as directory, machine() as world:
        built = Path(directory)
        downloaded, last_year = frozen(built), archived(built)
        world.without_python(built / "tools")
        before, told = remembered(world), temporary(world)

        world.bootstrap = (sys.executable, str(last_year))
        world.install("--repo", "project")
        world.bootstrap = (str(downloaded),)
        assert arm64(world)
        said = world.install().stdout
        assert f"{older.VERSION} -> {__version__}" in said, said
        assert [path.name.partition("-")[0] for path in (world.data / "program").iterdir()] == [__version__]
        downloaded.unlink()

        world.bootstrap = (str(world.home / ".local" / "bin" / "bootstrap"),)
        assert world.run("--version").stdout == f"bootstrap {__version__}\n"
        one_server(world, "tiny-a", "none", enabled=False)
        world.git(world.home / "project", "commit", "-m", "Fixed the login bug.")
        said = world.git(world.home / "project", "log", "-1", "--format=%s")
        assert said == "fix: fix the login bug\n", said
        nothing_to_do(world)

        said = world.run("uninstall").stdout
        assert "nothing is left" in said, said
        assert (remembered(world), temporary(world), processes()) == (before, told, {})


def arm64(world: World) -> bool:
    """For the machine and for bootstrap, which is to know it by itself."""
    said = world.run("--dry-run", "--json", "--catalogue", str(world.catalogue)).stdout
    known = json.loads(said.splitlines()[-1])["host"]
    return (known["os"], known["arch"], command("uname", "-m")) == ("linux", "arm64", "aarch64\n")


def frozen(into: Path) -> Path:
    """The one file for ARM64, as `dev.py build` makes it."""
    places = ("--workpath", str(into / "work"), "--distpath", str(into))
    options = ("--clean", "--noconfirm", "--log-level", "ERROR", *places)
    build(into, "-m", "PyInstaller", *options, str(ROOT / "build" / "bootstrap.spec"))
    return into / "bootstrap"


def archived(into: Path) -> Path:
    """One of last year, for any Python."""
    build(into, str(ROOT / "build" / "archive.py"), str(into / "today.pyz"))
    return older.make(into / "today.pyz", into / "older.pyz")


def build(into: Path, *arguments: str) -> None:
    """Run a Python that has what the one file is made of, and no more."""
    environment = os.environ | {
        "PYTHONPATH": os.environ["BUILD_LIBRARIES"],
        "PYINSTALLER_CONFIG_DIR": str(into / "work"),  # not in the home
        "SOURCE_DATE_EPOCH": "315532800",
        "PYTHONHASHSEED": "0",
    }
    subprocess.run([sys.executable, *arguments], check=True, env=environment, timeout=SLOW)


def remembered(world: World) -> dict[str, tuple]:
    """The home, but for what git keeps of a commit."""
    return {name: entry for name, entry in tree(world.home).items() if "/.git/" not in name}


def temporary(world: World) -> set[Path]:
    return set(Path(world.environment["TMPDIR"]).iterdir())
