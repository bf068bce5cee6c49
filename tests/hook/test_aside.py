"""A run that is killed at any moment while hooks are moved is finished by the next one, and undone."""

import pytest

from bootstrap.actions import MoveAside

OURS = "# ours"


class Silent:
    def advance(self, done, total):
        """Nothing."""

    def say(self, text):
        """Nothing."""


def files(directory) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir()}


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_killed_run_is_finished_and_undone(tmp_path, moves: int) -> None:
    path, to = tmp_path / "hook", tmp_path / "hook.chained"
    path.write_text("mine")
    to.write_text("stranger")
    before = files(tmp_path)
    action = MoveAside(path, to, OURS)
    memory = action.remember({})
    if moves > 0:
        to.rename(tmp_path / "hook.chained.2")
    if moves > 1:
        path.rename(to)
    assert moves == 2 or action.observe(memory) is None
    memory = action.remember(memory)
    memory = action.execute(memory, Silent())
    assert files(tmp_path) == {"hook.chained": "mine", "hook.chained.2": "stranger"}
    assert action.revert(memory) == ""
    assert files(tmp_path) == before


def test_each_newer_hook_is_kept_under_a_name_of_its_own(tmp_path) -> None:
    path, to = tmp_path / "hook", tmp_path / "hook.chained"
    action, memory = MoveAside(path, to, OURS), {}
    for text in ("first", "second", "third"):
        path.write_text(text)
        memory = action.execute(action.remember(memory), Silent())
        path.write_text(OURS)
    expected = {"hook.chained": "third", "hook.chained.2": "first", "hook.chained.3": "second"}
    assert files(tmp_path) == expected | {"hook": OURS}
    path.unlink()
    assert "hook.chained.2" in action.revert(memory)
    assert files(tmp_path) == {"hook": "third", "hook.chained.2": "first", "hook.chained.3": "second"}
