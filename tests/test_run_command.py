"""A command that is a change: done once, undone, and left alone where it was so before us."""

import os
from pathlib import Path

import pytest

from bootstrap import engine
from bootstrap.actions import RunCommand
from bootstrap.receipt import Receipt
from bootstrap.situation import Plan, Planned

pytestmark = pytest.mark.skipif(os.name == "nt", reason="commands of POSIX")


class Silent:
    """Nobody to tell."""

    def advance(self, done: int, total: int | None) -> None: ...

    def say(self, text: str) -> None: ...

    def begin(self, action: object) -> None: ...

    def end(self, action: object) -> None: ...

    def undone(self, action: object, kept: str) -> None: ...


def switch(file: Path) -> RunCommand:
    """On while the file is there."""
    path = str(file)
    return RunCommand(
        "switch it on", ("touch", path), ("rm", path), ("test", "-e", path), generation="1", unless_so=True
    )


def carry_out(action: RunCommand, present: Receipt) -> bool:
    plan = Plan((Planned(action, "service"),), frozenset({"service"}), {"version": "1"})
    return engine.carry_out(plan, present, Silent())


def undo(present: Receipt) -> None:
    engine.undo(list(present.entries), present, Silent())


def test_what_we_switched_on_goes_off_again(tmp_path: Path) -> None:
    action, present = switch(tmp_path / "on"), Receipt(tmp_path / "receipt.json")
    assert carry_out(action, present)
    assert not carry_out(action, present), "once is enough"
    assert (tmp_path / "on").exists()
    undo(present)
    assert not (tmp_path / "on").exists()


def test_what_was_on_before_us_stays_on(tmp_path: Path) -> None:
    (tmp_path / "on").touch()
    action, present = switch(tmp_path / "on"), Receipt(tmp_path / "receipt.json")
    for _ in range(3):
        assert not carry_out(action, present)
    undo(present)
    assert (tmp_path / "on").exists()


def test_a_run_killed_after_switching_it_on_still_knows_that_it_was_us(tmp_path: Path) -> None:
    action, present = switch(tmp_path / "on"), Receipt(tmp_path / "receipt.json")
    carry_out(action, present)
    (entry,) = present.entries
    entry.status, entry.memory = "started", {}  # what the receipt says when it was killed then
    carry_out(action, present)
    undo(present)
    assert not (tmp_path / "on").exists()


def test_what_others_switched_off_is_switched_on_again_and_then_it_is_ours(tmp_path: Path) -> None:
    (tmp_path / "on").touch()
    action, present = switch(tmp_path / "on"), Receipt(tmp_path / "receipt.json")
    carry_out(action, present)
    (tmp_path / "on").unlink()
    assert carry_out(action, present)
    undo(present)
    assert not (tmp_path / "on").exists()
