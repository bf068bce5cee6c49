"""Where core.hooksPath leads hooks elsewhere: the real husky 9, and directories that repositories share."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hook.gits import pretend
from tests.hook.project import POLISHED, WORDS, Project

NAME = "prepare-commit-msg"


@pytest.fixture(scope="session")
def husky(tmp_path_factory) -> Path:
    """husky's own program; the only thing that these tests bring from the network."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("there is no npm here, so no husky")
    home = tmp_path_factory.mktemp("npm")
    argv = ["npm", "install", "--prefix", str(home), "husky@9"]
    argv += ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    environment = os.environ | {"HOME": str(home)}  # with what this machine's network needs
    try:
        done = subprocess.run(
            argv, check=False, env=environment, capture_output=True, encoding="utf-8", timeout=90
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer, so there is no husky")
    if done.returncode:
        pytest.skip(f"npm cannot bring husky: {done.stderr[-200:]}")
    return home / "node_modules" / "husky" / "bin.js"


def line_of(project: Project) -> tuple[str, str]:
    """The file and the line that the refusal names."""
    file, _, line = project.said_by.partition("add this line to ")[2].partition(": ")
    return file.replace("~", str(project.home), 1), line.strip()


def add_line(project: Project) -> None:
    file, line = line_of(project)
    Path(file).write_text(f"{line}\n")


@pytest.mark.parametrize("first", ["husky", "ours"])
def test_husky_on_an_older_git_is_refused_with_the_line_that_works(project, husky: Path, first: str) -> None:
    pretend(project, "2.53.0")
    if first == "ours":
        project.bootstrap("hook", "install")
    project.tool("node", str(husky))
    generated = {file.name: file.read_bytes() for file in (project.path / ".husky" / "_").iterdir()}
    if first == "ours":
        state, hint = project.state()
        assert "not called" in state
        assert "husky" in state
        assert f".husky/{NAME}" in hint
    for more in ((), ("--hooks-path",)):
        project.bootstrap("hook", "install", *more, status=1)
        assert "husky" in project.said_by
    assert not project.polishes()
    add_line(project)
    assert not project.polishes()  # bootstrap is not in PATH: a colleague's machine
    assert "husky" not in project.said
    project.environment["PATH"] = f"{project.program.parent}:{project.environment['PATH']}"
    assert project.polishes()
    assert project.commit(GIT_EDITOR="echo Fixed it again. >") == "Fixed it again."
    now = {file.name: file.read_bytes() for file in (project.path / ".husky" / "_").iterdir()}
    assert now == generated
    if first == "ours":
        project.bootstrap("hook", "remove")
        assert project.hook_files() == {}


def test_husky_on_a_newer_git_stays_and_gits_own_configuration_calls_ours(project, husky: Path) -> None:
    project.tool("node", str(husky))
    before = project.git("config", "--local", "--list")
    generated = {file.name: file.read_bytes() for file in (project.path / ".husky" / "_").iterdir()}
    pretend(project, "2.54.0")
    assert "beside husky" in project.bootstrap("hook", "install")
    script = project.directory / "commit-polish" / NAME
    assert str(script) in project.git("config", "--local", "hook.commit-polish.command")
    assert project.git("config", "--local", "hook.commit-polish.event") == f"{NAME}\n"
    assert project.state() == ("intact", "")
    project.bootstrap("hook", "remove")
    assert project.git("config", "--local", "--list") == before
    assert not script.parent.exists()
    assert {file.name: file.read_bytes() for file in (project.path / ".husky" / "_").iterdir()} == generated


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_a_shared_directory_is_refused_with_the_line_that_works(project, scope: str) -> None:
    shared = project.home / "hooks of all"
    project.git("config", scope, "core.hooksPath", str(shared))
    project.bootstrap("hook", "install", status=1)
    assert "others may share" in project.said_by
    assert not shared.exists()
    shared.mkdir()
    file, line = line_of(project)
    assert file == str(shared / NAME)
    Path(file).write_text(f"#!/bin/sh -e\n{line}\n")
    Path(file).chmod(0o755)
    assert not project.polishes()
    project.environment["PATH"] = f"{project.program.parent}:{project.environment['PATH']}"
    assert project.polishes()


def test_a_shared_directory_on_request_serves_all_its_repositories(project) -> None:
    shared = project.home / "hooks of all"
    project.git("config", "--global", "core.hooksPath", str(shared))
    shared.mkdir()
    (shared / NAME).write_text("#!/bin/sh\necho mine >>ran\n")
    (shared / NAME).chmod(0o755)
    before = (shared / NAME).read_bytes()
    assert "Every repository" in project.bootstrap("hook", "install", "--hooks-path")
    other = Project.new(project.home, "other")
    for one in (project, other):
        assert one.polishes()
        assert one.ran() == ["mine"]
    assert project.state() == ("intact", "")
    other.bootstrap("hook", "install", "--hooks-path")
    other.bootstrap("hook", "install", "--hooks-path", "--stage", "both")
    assert (shared / "commit-msg").exists()
    other.bootstrap("hook", "remove")
    assert {file.name: file.read_bytes() for file in shared.iterdir()} == {NAME: before}


def test_a_hooks_path_that_names_gits_own_place_is_no_other(project) -> None:
    project.git("config", "core.hooksPath", str(project.hooks))
    project.bootstrap("hook", "install")
    assert project.commit("-m", WORDS) == POLISHED
