"""The one file: built, and run in a clean home where no Python is on PATH."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import ROOT, World, tree

NEEDED = [
    "basename", "cat", "chmod", "cp", "date", "dd", "dirname", "env", "git", "gzip", "head", "ln", "mkdir",
    "mv", "nohup", "ps", "readlink", "rm", "sed", "sh", "sleep", "tail", "tr", "uname", "wc",
]  # fmt: skip


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    places = ["--workpath", str(directory / "work"), "--distpath", str(directory)]
    options = ["--clean", "--noconfirm", "--log-level", "ERROR", *places]
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", *options, str(ROOT / "build" / "bootstrap.spec")],
        check=True,
        timeout=300,
        env=os.environ | {"PYINSTALLER_CONFIG_DIR": str(directory)},
    )
    return directory / "bootstrap"


def test_install_commit_uninstall(world: World, one_file: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    world.environment["PATH"] = str(tools)
    repository = world.repository()
    before = tree(world.home)
    program = (str(one_file),)
    done = world.install("--repo", str(repository), prefix=program)
    assert "Ready: tiny-a answers" in done.stdout
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert world.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"
    world.git(repository, "update-ref", "-d", "HEAD")
    world.run("uninstall", prefix=program)
    assert {n: v for n, v in tree(world.home).items() if "/.git/" not in n} == {
        n: v for n, v in before.items() if "/.git/" not in n
    }


def test_a_bundle_brings_the_program_along(world: World, one_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    fill = ("bundle", str(folder), "--catalogue", str(world.catalogue))
    world.run(*fill, prefix=(str(one_file),))
    program = folder / "bootstrap"
    assert program.read_bytes() == one_file.read_bytes()
    assert "./bootstrap --from ." in (folder / "README.txt").read_text()
    before = tree(folder)
    assert "Nothing to do" in world.run(*fill, prefix=(str(one_file),)).stdout
    assert "Nothing to do" in world.run(*fill, prefix=(str(program),)).stdout
    assert tree(folder) == before
    world.environment["PATH"] = "/usr/bin:/bin"
    wanted = ("install", "--from", ".", "--port", str(world.port))
    done = world.run(*wanted, prefix=(str(program),), cwd=folder)
    assert "Ready: tiny-a answers" in done.stdout
    program.write_bytes(b"the program of last year")
    world.run(*fill, prefix=(str(one_file),))
    assert tree(folder) == before
    world.run("uninstall", prefix=(str(one_file),))
