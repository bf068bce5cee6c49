"""Hooks of the user's own: before ours, after ours, in our place, and after we are gone."""

import pytest

from tests.hook.project import POLISHED, WORDS
from tests.polish.repository import write_executable
from tests.world import tree

NAME = "prepare-commit-msg"


def test_in_and_out_leaves_nothing(project) -> None:
    before = project.hook_files()
    project.bootstrap("hook", "install")
    assert project.polishes()
    assert project.state() == ("intact", "")
    project.bootstrap("hook", "remove")
    assert not project.polishes()
    assert project.hook_files() == before
    assert not list(project.directory.glob("COMMIT_POLISH*"))


def test_an_earlier_hook_runs_once_and_comes_back(project) -> None:
    project.foreign(NAME, "mine")
    before = project.hook_files()
    project.bootstrap("hook", "install")
    project.bootstrap("hook", "install")
    assert project.polishes()
    assert project.ran() == ["mine"]
    project.bootstrap("hook", "remove")
    assert project.hook_files() == before


def test_a_newer_hook_in_our_place_is_chained_and_the_older_one_is_not_run(project) -> None:
    project.foreign(NAME, "old")
    project.bootstrap("hook", "install")
    project.foreign(NAME, "new")
    newer = project.hook_files()[NAME]
    assert project.state()[0] == f"{NAME} is another hook by now"
    project.bootstrap("hook", "install")
    assert "prepare-commit-msg.chained.2, and is not run" in project.said_by
    assert project.polishes()
    assert project.ran() == ["new"]
    assert project.state() == ("intact", "")
    assert "chained.2" in project.bootstrap("hook", "remove")
    assert project.hook_files() == {
        NAME: newer,
        f"{NAME}.chained.2": b"#!/bin/sh\necho old >>ran\n",
    }


def test_the_same_hook_put_in_our_place_again_leaves_no_second_copy(project) -> None:
    project.foreign(NAME, "mine")
    before = project.hook_files()
    for _ in range(2):
        project.bootstrap("hook", "install")
        project.foreign(NAME, "mine")
    project.bootstrap("hook", "install")
    assert project.polishes()
    assert project.ran() == ["mine"]
    project.bootstrap("hook", "remove")
    assert project.hook_files() == before


@pytest.mark.parametrize("own", [True, False])
def test_what_had_the_name_of_a_chained_hook_is_not_run_and_keeps_its_name(project, own: bool) -> None:
    project.foreign(f"{NAME}.chained", "stranger")
    if own:
        project.foreign(NAME, "mine")
    before = project.hook_files()
    project.bootstrap("hook", "install")
    project.bootstrap("hook", "install")
    assert project.polishes()
    assert project.ran() == (["mine"] if own else [])
    project.bootstrap("hook", "remove")
    assert project.hook_files() == before


def test_a_hook_in_our_place_stays_when_ours_is_taken_out(project) -> None:
    project.foreign(NAME, "old")
    project.bootstrap("hook", "install")
    project.foreign(NAME, "new")
    newer = project.hook_files()[NAME]
    assert "stays at" in project.bootstrap("hook", "remove")
    assert project.hook_files()[NAME] == newer
    assert project.hook_files()[f"{NAME}.chained"] == b"#!/bin/sh\necho old >>ran\n"


def test_a_hook_that_git_would_not_run_is_not_run(project) -> None:
    project.foreign(NAME, "mine").chmod(0o644)
    project.bootstrap("hook", "install")
    assert project.polishes()
    assert project.ran() == []


def test_an_edited_hook_stays_and_is_named(project) -> None:
    project.bootstrap("hook", "install")
    with (project.hooks / NAME).open("a") as file:
        file.write("# my own line\n")
    assert project.state()[0] == f"{NAME} was edited"
    assert f"{NAME} was edited since, so it stays" in project.bootstrap("hook", "remove")
    assert (project.hooks / NAME).read_text().endswith("# my own line\n")


def test_a_hook_that_is_gone_is_told_and_put_back(project) -> None:
    project.bootstrap("hook", "install")
    (project.hooks / NAME).unlink()
    state, hint = project.state()
    assert state == f"{NAME} is missing"
    project.bootstrap(*hint.removeprefix("bootstrap ").replace(str(project.path), ".").split())
    assert project.polishes()


def test_a_hook_that_does_nothing_is_not_called_intact(project) -> None:
    project.bootstrap("hook", "install")
    project.git("config", "commit-polish.enabled", "no")
    assert project.state() == (
        "off: git config commit-polish.enabled is false",
        "git config commit-polish.enabled true",
    )
    project.git("config", "--unset", "commit-polish.enabled")
    (project.hooks / NAME).chmod(0o644)
    state, hint = project.state()
    assert "not executable" in state
    project.bootstrap(*hint.removeprefix("bootstrap ").replace(str(project.path), ".").split())
    assert project.polishes()


def test_both_stages_polish_once_and_are_remembered(project) -> None:
    project.bootstrap("hook", "install", "--stage", "both")
    config = project.home / ".config" / "commit-polish" / "config.toml"
    assert 'stage = "both"' in config.read_text()
    assert set(project.hook_files()) == {NAME, "commit-msg"}
    assert project.polishes()
    editor = f"printf '%s\\n' '{WORDS}' >"
    assert project.commit(GIT_EDITOR=f'sh -c "{editor}\\"\\$0\\""') == POLISHED
    project.bootstrap("hook", "install", "--stage", NAME)
    assert set(project.hook_files()) == {NAME}


def test_another_stage_is_for_all_repositories(project) -> None:
    other = type(project).new(project.home, "other")
    project.bootstrap("hook", "install")
    project.bootstrap("hook", "install", str(other.path), "--stage", "commit-msg")
    assert set(project.hook_files()) == set(other.hook_files()) == {"commit-msg"}


def test_a_repository_with_another_convention_is_told_once(project) -> None:
    for number in range(12):
        project.commit("-m", f"Login: number {number} of the changes")
    told = "git config commit-polish.enabled true"
    assert told in project.bootstrap("hook", "install")
    assert project.commit("-m", WORDS) == WORDS
    assert told not in project.bootstrap("hook", "install")
    project.git("config", "commit-polish.enabled", "true")
    assert project.polishes()


def test_a_dry_run_tells_every_change_and_makes_none(project) -> None:
    project.foreign(NAME, "mine")
    before = tree(project.home)
    told = project.bootstrap("hook", "install", "--dry-run", "--stage", "both")
    for words in (f"keep the present ~/project/.git/hooks/{NAME}", "hooks/commit-msg", "config.toml"):
        assert words in told.replace(str(project.home), "~")
    assert tree(project.home) == before
    project.bootstrap("hook", "install", "--stage", "both")
    assert "Nothing to do" in project.bootstrap("hook", "install", "--dry-run")
    before = tree(project.home)
    told = project.bootstrap("hook", "remove", "--dry-run")
    assert "hooks/commit-msg" in told
    assert tree(project.home) == before


@pytest.mark.parametrize(
    "line",
    [
        'case "${0##*/}" in prepare-commit-msg) ;; *) exit 64 ;; esac',
        '[ "$(basename "$0")" = prepare-commit-msg ]',
    ],
)
def test_a_hook_that_looks_at_its_own_name_stays_where_it_is(project, line) -> None:
    write_executable(project.hooks / NAME, f"#!/bin/sh\n{line}\n")
    before = (project.hooks / NAME).read_text()
    project.bootstrap("hook", "install", status=1)
    assert "looks at its own name" in project.said_by and "bootstrap polish" in project.said_by
    assert (project.hooks / NAME).read_text() == before
    assert project.commit("-m", "Fixed the login bug.") == "Fixed the login bug."
