"""The real pre-commit, which has no network here and needs none."""

import sys
from pathlib import Path

import pytest
import yaml

from bootstrap.hook import frameworks
from tests.hook.project import POLISHED, WORDS
from tests.polish.repository import write_executable
from tests.world import ROOT

PRE_COMMIT = str(Path(sys.executable).with_name("pre-commit"))
STAGES = ("prepare-commit-msg", "commit-msg")
TYPES = tuple(word for stage in STAGES for word in ("--hook-type", stage))


def theirs(*stages: str, command: str = "echo theirs >>ran") -> dict:
    """A hook of the repository's own."""
    hook = {"id": "theirs", "name": "theirs", "entry": f"sh -c {command!r}", "language": "system"}
    return {"repo": "local", "hooks": [hook | {"stages": list(stages), "always_run": True}]}


def configure(project, *repositories: dict) -> None:
    (project.path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": list(repositories)}))
    project.git("add", ".pre-commit-config.yaml")
    project.environment["PRE_COMMIT_HOME"] = str(project.home / "pre-commit")


def their(project, verb: str, *more: str) -> None:
    project.tool(PRE_COMMIT, verb, *TYPES, *more)


def ours(project, verb: str, stage: str = "") -> None:
    project.bootstrap("hook", verb, *(("--stage", stage) if stage else ()))


@pytest.fixture(params=["prepare-commit-msg", "commit-msg", "both"])
def stage(request, project) -> str:
    """The stages that both have hooks for."""
    configure(project, theirs(*(STAGES if request.param == "both" else (request.param,))))
    return request.param


def works(project, stage: str) -> None:
    """A commit is polished by one start, and each hook of theirs runs once."""
    if stage == "commit-msg":
        # with -m in the last stage, too
        before = project.starts
        assert project.commit("-m", WORDS) == POLISHED
        assert project.starts - before == 1
    else:
        assert project.polishes()
    assert project.ran() == ["theirs"] * (2 if stage == "both" else 1)


def gone(project) -> None:
    assert project.hook_files() == {}
    assert project.commit("-m", WORDS) == WORDS
    assert project.ran() == []


def test_pre_commit_first(project, stage: str) -> None:
    their(project, "install")
    ours(project, "install", stage)
    works(project, stage)
    assert project.state() == ("intact", "")
    ours(project, "install")
    works(project, stage)
    their(project, "install")
    works(project, stage)


def test_pre_commit_second(project, stage: str) -> None:
    ours(project, "install", stage)
    their(project, "install")
    works(project, stage)
    assert project.state() == ("intact", "")
    ours(project, "install")
    works(project, stage)
    their(project, "install")
    works(project, stage)


@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("out", ["theirs", "ours"])
def test_out_in_any_order(project, stage: str, first: str, again: bool, out: str) -> None:
    if first == "theirs":
        their(project, "install")
    ours(project, "install", stage)
    if first == "ours":
        their(project, "install")
    if again:
        ours(project, "install")
    if out == "ours":
        ours(project, "remove")
        assert project.commit("-m", WORDS) == WORDS
        assert project.ran() == ["theirs"] * (2 if stage == "both" else 1)
        their(project, "uninstall")
    else:
        their(project, "uninstall")
        assert project.commit("-m", WORDS) == POLISHED
        assert project.ran() == []
        assert project.state() == ("intact", "")
        ours(project, "remove")
    gone(project)


@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_a_failing_hook_of_theirs_stops_the_commit(project, first: str) -> None:
    configure(project, theirs("prepare-commit-msg", command="exit 1"))
    for who in (their, ours) if first == "theirs" else (ours, their):
        who(project, "install")
    project.stage()
    project.git("commit", "--quiet", "-m", WORDS, check=False)
    assert project.head() == ""


def test_an_older_hook_that_pre_commit_runs_goes_on_running(project) -> None:
    configure(project, theirs("prepare-commit-msg"))
    project.foreign("prepare-commit-msg", "oldest")
    their(project, "install")
    before = project.hook_files()
    ours(project, "install")
    for _ in range(2):
        assert project.polishes()
        assert sorted(project.ran()) == ["oldest", "theirs"]
        ours(project, "install")
    ours(project, "remove")
    assert project.hook_files() == before


def test_pre_commit_over_ours_over_an_older_hook(project) -> None:
    configure(project, theirs("prepare-commit-msg"))
    oldest = project.foreign("prepare-commit-msg", "oldest").read_bytes()
    ours(project, "install")
    their(project, "install")
    for _ in range(2):
        assert project.polishes()
        assert "theirs" in project.ran()
        ours(project, "install")
    their(project, "uninstall")
    ours(project, "install")
    assert project.polishes()
    assert project.ran() == ["oldest"]
    ours(project, "remove")
    assert project.hook_files() == {"prepare-commit-msg": oldest}


def test_when_pre_commit_has_removed_ours_it_is_told_and_comes_back(project) -> None:
    configure(project, theirs("prepare-commit-msg"))
    ours(project, "install")
    their(project, "install", "--overwrite")
    assert not project.polishes()
    assert "pre-commit" in project.state()[0]
    ours(project, "install")
    assert project.polishes()


def test_the_snippet_is_told_and_works(project) -> None:
    configure(project, theirs("prepare-commit-msg"))
    said = project.bootstrap("hook", "install")
    snippet = said[said.index("  - repo: local") :]
    assert snippet.rstrip("\n") == frameworks.pre_commit_snippet().rstrip("\n")
    project.bootstrap("hook", "remove")
    configure(project, *yaml.safe_load(snippet))
    their(project, "install")
    as_on_every_machine(project)


@pytest.fixture
def published(project, tmp_path) -> dict:
    """This repository's own hooks, as others name them in their configuration."""
    source = tmp_path / "source"
    source.mkdir()
    (source / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    project.git("init", "--quiet", cwd=source)
    project.git("add", ".", cwd=source)
    project.git("commit", "--quiet", "-m", "feat: hooks for everyone", cwd=source)
    project.git("tag", "v1.0.0", cwd=source)
    return {"repo": source.as_uri(), "rev": "v1.0.0"}


def as_on_every_machine(project) -> None:
    """With bootstrap in PATH, in the home, and not at all."""
    assert project.commit("-m", WORDS) == WORDS
    local = project.home / ".local" / "bin" / "bootstrap"
    local.parent.mkdir(parents=True)
    local.symlink_to(project.program)
    assert project.polishes()
    local.unlink()
    project.environment["PATH"] = f"{project.program.parent}:{project.environment['PATH']}"
    assert project.polishes()


def test_the_published_hook_works_and_never_fails_a_commit(project, published: dict) -> None:
    configure(project, published | {"hooks": [{"id": "commit-polish"}]})
    their(project, "install")
    as_on_every_machine(project)
    starts = project.starts
    project.git("commit", "--quiet", "--amend", "--no-edit")
    assert project.commit(GIT_EDITOR="echo Fixed it again. >") == "Fixed it again."
    assert project.starts == starts
    write_executable(project.program, "#!/bin/sh\nexit 3\n")
    assert project.commit("-m", WORDS) == WORDS


def test_the_published_hook_for_editors(project, published: dict) -> None:
    configure(project, published | {"hooks": [{"id": "commit-polish-edited"}]})
    their(project, "install")
    assert project.commit("-m", "Began.") == "Began."
    project.environment["PATH"] = f"{project.program.parent}:{project.environment['PATH']}"
    assert project.commit(GIT_EDITOR=f"echo {WORDS} >") == POLISHED


def test_the_published_hook_and_the_snippet_say_the_same() -> None:
    hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]
    assert hook["entry"] == frameworks.pre_commit_entry()
