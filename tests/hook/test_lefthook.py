"""The real lefthook, offline."""

import sys
from pathlib import Path

import pytest

from tests.hook.project import WORDS

LEFTHOOK = str(Path(sys.executable).with_name("lefthook"))
NAME = "prepare-commit-msg"
THEIRS = "prepare-commit-msg:\n  commands:\n    theirs:\n      run: echo theirs >>ran\n"
OTHERS = "pre-commit:\n  commands:\n    theirs:\n      run: echo theirs >>ran\n"


def configure(project, text: str, name: str = "lefthook.yml") -> None:
    (project.path / name).write_text(text)
    # its scripts look for it there, and it must not look for a newer one of itself
    project.environment |= {"LEFTHOOK_BIN": LEFTHOOK, "CI": "", "NO_COLOR": "1"}


def local(project) -> Path:
    return project.path / "lefthook-local.yml"


@pytest.mark.parametrize("text", [THEIRS, OTHERS])
@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_before_and_after(project, text: str, first: str) -> None:
    configure(project, text)
    if first == "theirs":
        project.tool(LEFTHOOK, "install")
        project.bootstrap("hook", "install")
    else:
        said = project.bootstrap("hook", "install")
        assert "lefthook takes that up with: lefthook install" in said
        assert project.state() == ("waits for lefthook", "lefthook install")
    project.tool(LEFTHOOK, "install")
    assert project.state() == ("intact", "")
    for _ in range(2):
        assert project.polishes()
        assert project.ran() == ["theirs"]
        project.bootstrap("hook", "install")
    project.bootstrap("hook", "remove")
    for _ in range(2):
        assert not project.polishes()
        assert project.ran() == ["theirs"]
        project.tool(LEFTHOOK, "install")
    assert not local(project).exists()
    assert not (project.directory / "commit-polish").exists()


def test_a_failing_command_of_theirs_stops_the_commit(project) -> None:
    configure(project, THEIRS.replace("echo theirs >>ran", "exit 1"))
    project.tool(LEFTHOOK, "install")
    project.bootstrap("hook", "install")
    project.stage()
    project.git("commit", "--quiet", "-m", WORDS, check=False)
    assert project.head() == ""


def test_lefthook_comes_after_a_hook_that_was_there_by_itself(project) -> None:
    project.bootstrap("hook", "install")
    configure(project, THEIRS)
    project.tool(LEFTHOOK, "install")
    assert not project.polishes()
    assert project.state()[0] != "intact"
    project.bootstrap("hook", "install")
    project.tool(LEFTHOOK, "install")
    assert project.polishes()
    assert project.state() == ("intact", "")
    project.bootstrap("hook", "remove")
    assert f"{NAME}.old" not in project.hook_files()


def test_without_bootstrap_lefthook_goes_on(project) -> None:
    configure(project, THEIRS)
    project.tool(LEFTHOOK, "install")
    project.bootstrap("hook", "install")
    (project.directory / "commit-polish" / NAME).unlink()
    assert not project.polishes()
    assert project.ran() == ["theirs"]


def test_in_a_path_with_spaces_and_quotes_and_from_an_editor(project) -> None:
    odd = project.path.rename(project.home / """it's a "project" """)
    project.path = odd
    configure(project, THEIRS)
    project.tool(LEFTHOOK, "install")
    project.bootstrap("hook", "install")
    assert project.polishes()
    starts = project.starts
    assert project.commit(GIT_EDITOR="echo Fixed it again. >") == "Fixed it again."
    assert project.starts == starts


@pytest.mark.parametrize("name", ["lefthook-local.yml", ".lefthook-local.toml"])
def test_a_local_configuration_of_the_users_own_is_not_touched(project, name: str) -> None:
    configure(project, THEIRS)
    configure(project, "# mine\npre-push:\n  commands: {}\n", name)
    project.bootstrap("hook", "install", status=1)
    assert f"{name} is yours" in project.said_by
    assert (project.path / name).read_text() == "# mine\npre-push:\n  commands: {}\n"
    assert not project.hook_files()


def test_the_line_that_is_printed_for_a_local_configuration_works(project) -> None:
    configure(project, THEIRS)
    configure(project, "# mine\npre-push:\n  commands: {}\n", "lefthook-local.yml")
    project.bootstrap("hook", "install", status=1)
    line = project.said_by.partition("add to lefthook-local.yml: ")[2].strip()
    with local(project).open("a") as file:
        file.write(f"{line}\n")
    project.tool(LEFTHOOK, "install")
    assert not project.polishes()  # bootstrap is not in PATH
    project.environment["PATH"] = f"{project.program.parent}:{project.environment['PATH']}"
    assert project.polishes()
