"""A command that is a change: done once, undone, and left alone where it was so before us."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import engine
from bootstrap.actions import Action, CreateDirectory, RunCommand
from bootstrap.errors import BootstrapError, CommandError
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


def broken(file: Path) -> RunCommand:
    """It can be switched neither on nor off by us."""
    return replace(switch(file), argv=("false",), undo=("false",))


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


def test_what_cannot_be_switched_off_again_is_told_and_holds_up_nothing(tmp_path: Path) -> None:
    """Lingering that we may not change: an administrator did it, because we asked for that."""
    action, present = broken(tmp_path / "on"), Receipt(tmp_path / "receipt.json")
    with pytest.raises(CommandError):
        carry_out(action, present)
    (tmp_path / "on").touch()
    carry_out(action, present)
    (reason,) = engine.undo(list(present.entries), present, Silent())
    assert "switch it on" in reason
    assert present.entries == []


# ---- one service manager after another ----------------------------------------------------------


def service(action: Action) -> Planned:
    return Planned(action, "service")


def start(file: Path, by: str) -> RunCommand:
    """A server that `by` starts and stops; all are known by one key."""
    path = str(file / by)
    return RunCommand("start the server", ("touch", path), ("rm", path), ("test", "-e", path), generation="1")


def run(plan: tuple[Planned, ...], present: Receipt, *, first: frozenset[str] = frozenset()) -> None:
    covers = frozenset({"install", "service"})
    engine.carry_out(Plan(plan, covers, {"backend": "x"}, first_undo=first), present, Silent())


def test_the_earlier_server_ends_before_the_next_one_starts_and_not_before_all_else_is_done(
    tmp_path: Path,
) -> None:
    present = Receipt(tmp_path / "receipt.json")
    run((service(start(tmp_path, "old")),), present)
    download = RunCommand("download", ("sh", "-c", 'test -e "$0/old"', str(tmp_path)), generation="1")
    refused = RunCommand("download more", ("false",), generation="1")
    later = replace(
        start(tmp_path, "new"),
        argv=("sh", "-c", '! test -e "$0/old" && touch "$0/new"', str(tmp_path)),
    )
    with pytest.raises(CommandError):
        run((Planned(refused, "install"), service(later)), present, first=frozenset({"service"}))
    assert (tmp_path / "old").exists(), "a download that fails leaves the server alone"
    run((Planned(download, "install"), service(later)), present, first=frozenset({"service"}))
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "new").exists()
    assert [entry.group for entry in present.entries] == ["install", "service"], "undone in the right order"
    undo(present)
    assert not (tmp_path / "new").exists()


def test_an_earlier_server_that_does_not_end_is_not_forgotten(tmp_path: Path) -> None:
    present = Receipt(tmp_path / "receipt.json")
    stubborn = replace(start(tmp_path, "old"), undo=("false",))
    run((service(stubborn),), present)
    with pytest.raises(BootstrapError) as caught:
        run((service(start(tmp_path, "new")),), present, first=frozenset({"service"}))
    assert "start the server" in caught.value.message
    assert not (tmp_path / "new").exists(), "there would be two"
    assert [entry.action for entry in present.entries] == [stubborn]


def test_what_comes_before_an_earlier_service_stays_before_it(tmp_path: Path) -> None:
    """The receipt is undone backwards: what a service stands on has to be before it."""
    present = Receipt(tmp_path / "receipt.json")
    directory = CreateDirectory(tmp_path / "data")
    run((Planned(directory, "install"), service(start(tmp_path, "old"))), present)
    more = CreateDirectory(tmp_path / "data" / "more")
    plan = (Planned(directory, "install"), Planned(more, "install"), service(start(tmp_path, "new")))
    run(plan, present, first=frozenset({"service"}))
    assert [entry.key for entry in present.entries] == [planned.action.key for planned in plan]
