"""`bootstrap undo`: the author's words come back, and nothing else changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.polish.repository import Repository, write_executable
from tests.world import ROOT

WORDS = "Fixed the login."
BODY = "\u043f\u0440\u0438\u0432\u0435\u0442"  # hello, in Russian


def undo(repository: Repository, cwd: Path | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bootstrap", "undo"],
        check=False,
        cwd=cwd or repository.path,
        env=repository.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def details(repository: Repository) -> str:
    """All of the commit but its message and the time when it was committed."""
    return repository.git("log", "-1", "--format=%T %P %an %ae %aI")


def test_the_words_come_back(repository, model) -> None:
    repository.commit("-m", "feat: the first")
    repository.commit("-m", WORDS, "-m", "#12 is a body\n\nSigned-off-by: me <m@e>")
    before, asked = details(repository), len(model.asked)
    repository.stage("staged.py")
    status, said = undo(repository)
    assert (status, said) == (0, f"The last commit is again: {WORDS}\n")
    assert repository.message() == f"{WORDS}\n\n#12 is a body\n\nSigned-off-by: me <m@e>"
    assert details(repository) == before
    assert repository.git("diff", "--cached", "--name-only") == "staged.py\n"
    assert len(model.asked) == asked
    status, said = undo(repository)
    assert status == 1 and "has its own words already" in said


def test_what_other_hooks_have_added_stays(repository) -> None:
    write_executable(
        repository.hooks / "commit-msg", '#!/bin/sh\nprintf "\\nChange-Id: I$(date +%N)\\n" >>"$1"\n'
    )
    message = repository.commit("-m", WORDS)
    assert undo(repository)[0] == 0
    assert repository.message() == message.replace("fix: fix the login", WORDS)


def test_a_commit_that_was_not_polished(repository) -> None:
    repository.commit("-m", WORDS)
    repository.commit("-m", "feat: words of my own")
    head = repository.head()
    status, said = undo(repository)
    assert status == 1 and "feat: words of my own" in said and "help: " in said
    assert repository.head() == head


def test_another_commit_with_the_same_subject_is_not_touched(repository) -> None:
    repository.commit("-m", "feat: the first")
    repository.commit("-m", WORDS)
    repository.commit("-m", "fix: fix the login", "-m", "a body of its own")
    assert undo(repository)[0] == 1
    assert repository.message() == "fix: fix the login\n\na body of its own"


def test_an_amended_commit_is_still_the_same(repository) -> None:
    repository.commit("-m", "feat: the first")
    repository.commit("-m", WORDS)
    repository.stage("more.py")
    repository.git("commit", "--amend", "--no-edit")
    assert undo(repository)[0] == 0
    assert repository.message() == WORDS
    repository.commit("--amend", "-m", "Fixed the logout.")
    assert repository.message() == "fix: fix the logout"
    assert undo(repository)[0] == 0
    assert repository.message() == "Fixed the logout."


@pytest.mark.parametrize("encoding", ["KOI8-R", "ISO-8859-1"])
def test_the_body_survives_any_encoding_of_the_log(repository, encoding) -> None:
    repository.git("config", "i18n.logOutputEncoding", encoding)
    repository.stage()
    repository.git("commit", "-m", WORDS, "-m", BODY)
    assert undo(repository)[0] == 0
    message = repository.git("log", "-1", "--encoding=UTF-8", "--format=%B").rstrip("\n")
    assert message == f"{WORDS}\n\n{BODY}"


def test_a_subject_that_was_edited_since(repository) -> None:
    repository.commit("-m", WORDS)
    repository.git("commit", "--amend", "--no-verify", "-m", "fix: fix the login, really", COMMIT_POLISH="0")
    assert undo(repository)[0] == 1
    assert repository.message() == "fix: fix the login, really"


def test_a_commit_that_was_pushed(repository) -> None:
    repository.git("init", "--quiet", "--bare", str(repository.home / "remote"))
    repository.git("remote", "add", "origin", str(repository.home / "remote"))
    repository.commit("-m", WORDS)
    repository.git("push", "--quiet", "origin", "main")
    status, said = undo(repository)
    assert status == 1 and "pushed" in said and "origin/main" in said
    assert repository.message() == "fix: fix the login"


@pytest.mark.parametrize("commits", [0, 1])
def test_where_there_is_nothing_to_undo(repository, commits) -> None:
    for _ in range(commits):
        repository.commit("-m", "feat: it")
    status, said = undo(repository)
    assert status == 1 and "error: " in said and "help: " in said


def test_outside_of_a_repository(repository, tmp_path) -> None:
    status, said = undo(repository, tmp_path)
    assert status == 1 and "not a git repository" in said


def test_in_another_work_tree(repository) -> None:
    repository.commit("-m", "feat: it")
    repository.git("worktree", "add", "--quiet", str(repository.home / "other"))
    main, repository.path = repository.path, repository.home / "other"
    (repository.path / "new").write_text("x")
    repository.git("add", "new")
    repository.git("commit", "--quiet", "-m", WORDS)
    assert repository.message() == "fix: fix the login"
    assert undo(repository)[0] == 0
    assert repository.message() == WORDS
    repository.path = main
    assert repository.message() == "feat: it"
