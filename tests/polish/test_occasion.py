"""At which moments a message is left alone, by those who call the program without the script."""

import pytest

from bootstrap.polish import occasion

STATES = [
    "MERGE_MSG", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG", "rebase-merge",
    "rebase-apply", "sequencer",
]  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "left"),
    [
        ({}, False),
        ({"CI": ""}, False),
        ({"CI": "true"}, True),
        ({"COMMIT_POLISH": "0"}, True),
        ({"COMMIT_POLISH": "1"}, False),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": "message"}, False),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": "commit"}, True),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": "template"}, True),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": "merge"}, True),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": "squash"}, True),
        ({"PRE_COMMIT_COMMIT_MSG_SOURCE": ""}, True),
    ],
)
def test_the_environment(tmp_path, environment, left) -> None:
    assert bool(occasion.why(tmp_path / "COMMIT_EDITMSG", "prepare-commit-msg", environment)) == left


def test_late_the_source_says_nothing(tmp_path) -> None:
    assert not occasion.why(tmp_path / "M", "commit-msg", {"PRE_COMMIT_COMMIT_MSG_SOURCE": "commit"})


@pytest.mark.parametrize("stage", ["prepare-commit-msg", "commit-msg"])
@pytest.mark.parametrize("state", STATES)
def test_in_the_middle_of_something(tmp_path, state, stage) -> None:
    (tmp_path / state).write_text("")
    assert state in occasion.why(tmp_path / "COMMIT_EDITMSG", stage, {})
