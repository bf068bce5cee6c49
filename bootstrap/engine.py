"""Carries out a plan and undoes it: the receipt is written before every change.

A run that was killed anywhere is finished by the next one, or undone by `uninstall`, through the same
code as a good run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bootstrap import recovery
from bootstrap.actions import PROOF, Progress
from bootstrap.errors import BootstrapError, CommandError
from bootstrap.receipt import Entry, Status

if TYPE_CHECKING:
    from bootstrap.actions import Action, Memory
    from bootstrap.receipt import Receipt
    from bootstrap.situation import Plan, Planned


class Listener(Progress, Protocol):
    """Who is told what happens, as it happens."""

    def begin(self, action: Action) -> None:
        """An action is about to be carried out."""

    def end(self, action: Action) -> None:
        """It is done."""

    def undone(self, action: Action, kept: str) -> None:
        """It was undone; `kept` says what stays and why, "" if nothing does."""

    def stop(self) -> None:
        """Nothing moves any more: it has failed, or somebody else is about to write there."""


def carry_out(plan: Plan, present: Receipt, listener: Listener) -> bool:
    """Make it so; whether anything had to change. Raises the error of the action that failed."""
    # from here on a server may answer to the new name, whatever becomes of this run
    aliases = sorted({*present.about.get("aliases", []), *plan.aliases})
    present.about = (present.about if "backend" in present.about else plan.about) | {"aliases": aliases}
    outdated = _outdated(plan, present)
    changed = bool(outdated)
    keys = {planned.action.key for planned in plan.actions}
    # what is new stands before what the plan has in common with earlier runs, or else at the end
    lasting = [entry for entry in present.entries if entry not in outdated]
    place = next((n for n, entry in enumerate(lasting) if entry.key in keys), len(lasting))
    previous = lasting[place - 1] if place else None
    for planned in plan.actions:
        if outdated and planned.group in plan.first_undo:  # not before all that can fail has been done
            _take_back(outdated, present, listener)
            outdated = []
        previous, did = _perform(planned, previous, present, listener)
        changed |= did
        if planned.action.key == PROOF:
            _settle(plan, aliases, present)
    _settle(plan, aliases, present, ended=True)
    stale = _stale(plan, present)
    undo(stale, present, listener)
    return changed or bool(stale)


def _settle(plan: Plan, aliases: list[str], present: Receipt, *, ended: bool = False) -> None:
    """From now on the new one is what is here: everything before might still have failed."""
    before = present.about, present.proved, present.rebuilding
    present.about = plan.about | {"aliases": aliases}
    present.proved = None if present.is_proved else present.proved
    present.rebuilding = present.rebuilding and not (plan.whole and ended)
    if before != (present.about, present.proved, present.rebuilding):
        present.save()


def preview(plan: Plan, present: Receipt) -> tuple[list[Action], list[Action]]:
    """What carrying it out would do now, and what it would take back. Changes nothing."""
    to_do = []
    for planned in plan.actions:
        memory = _memory(planned.action, present)
        if planned.group in plan.first_undo or planned.action.observe(memory) is None:
            to_do.append(planned.action)
    return to_do, [entry.action for entry in _outdated(plan, present) + _stale(plan, present)]


def _take_back(entries: list[Entry], present: Receipt, listener: Listener) -> None:
    """Undo what must not be there beside what comes next. Raises CommandError where it cannot be."""
    reasons = undo(entries, present, listener)
    if any(entry in present.entries for entry in entries):
        raise CommandError(
            "what is to be replaced is still there: {reasons}",
            "repair that, then run it again",
            reasons="; ".join(reasons),
        )


def _outdated(plan: Plan, present: Receipt) -> list[Entry]:
    return [entry for entry in present.entries if entry.group in plan.first_undo]


def _stale(plan: Plan, present: Receipt) -> list[Entry]:
    wanted = {planned.action.key for planned in plan.actions}
    return [entry for entry in present.entries if entry.group in plan.covers and entry.key not in wanted]


def _memory(action: Action, present: Receipt) -> Memory:
    """What is remembered of it, or, where the receipt was lost, what can be known by looking."""
    if entry := present.find(action.key):
        return entry.memory
    return (present.rebuilding and recovery.memory_of(action)) or {}


def _perform(
    planned: Planned, previous: Entry | None, present: Receipt, listener: Listener
) -> tuple[Entry, bool]:
    """Carry out one action unless it is so already: its entry, and whether it had to be."""
    action = planned.action
    entry = present.find(action.key)
    if entry is None and (memory := _memory(action, present)):
        entry = Entry(action, planned.group, "done", memory)
        present.add(entry, previous)
        present.save()
    found = action.observe(entry.memory if entry else {})
    if found is not None:
        status: Status = "skipped" if entry is None or entry.status == "skipped" else "done"
        if entry is None:
            entry = Entry(action, planned.group, status, found)
            present.add(entry, previous)
            present.save()
        elif (entry.status, entry.memory, entry.action) != (status, found, action):
            entry.action, entry.status, entry.memory = action, status, found
            present.save()
        return entry, False
    memory = action.remember({} if entry is None or entry.status == "skipped" else entry.memory)
    if entry is None:
        entry = Entry(action, planned.group, "started")
        present.add(entry, previous)
    entry.action, entry.status, entry.memory = action, "started", memory
    present.save()
    listener.begin(action)
    entry.memory = action.execute(memory, listener)
    entry.status = "done"
    present.save()
    listener.end(action)
    return entry, True


def undo(entries: list[Entry], present: Receipt, listener: Listener) -> list[str]:
    """Undo these entries, last first; what stays, in words. An entry that fails is kept and named, with
    all before it that it may need: a server that does not stop keeps its program."""
    stays: list[str] = []
    failed: set[str] = set()
    for entry in reversed(entries):
        if failed & {"service", "install"} and entry.group in {"service", "install"}:
            continue
        reason = ""
        if entry.status != "skipped":
            try:
                reason = entry.action.revert(entry.memory)
            except BootstrapError as error:
                failed.add(entry.group)
                stays.append(error.message)
                listener.undone(entry.action, error.message)
                continue
            listener.undone(entry.action, reason)
        if reason:
            stays.append(reason)
        present.entries.remove(entry)
        if present.entries:
            present.save()
    return stays
