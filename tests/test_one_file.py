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
