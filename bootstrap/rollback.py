"""Back to the installation that had proved itself, where the one that was to take its place does not.

The old files stay until the new server has proved itself, so going back is carrying out one more plan: what
the receipt has kept of the old one. The program and the hooks are not taken back, nor is what was downloaded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bootstrap import engine, settings
from bootstrap.actions import PROOF, Download, InstallProgram, WriteFile
from bootstrap.errors import BootstrapError
from bootstrap.messages import tr
from bootstrap.receipt import Proved, engine_of
from bootstrap.settings import writing
from bootstrap.situation import Plan, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.engine import Listener
    from bootstrap.receipt import Entry, Receipt

OURS = frozenset({"install", "service"})  # the groups of what has to prove itself


def carry_out(plan: Plan, present: Receipt, listener: Listener) -> bool:
    """As the engine does; where that fails when the server is not the old one any more, that one comes back.

    Raises the error of the action that failed, with what has become of the old one.
    """
    if present.proved is None:
        proved = proved_now(present)
        # it is saved with the first change
        present.proved = proved if proved and is_another(plan, proved) else None
    try:
        return engine.carry_out(plan, present, listener)
    except BootstrapError as error:
        if (proved := _to_go_back_to(plan, present)) is None:
            raise
        listener.stop()
        raise _gone_back(error, plan, proved, present, listener) from error


def proved_now(present: Receipt) -> Proved | None:
    """What is installed, if it has proved itself."""
    if not present.is_proved:
        return None
    steps = ((entry.group, entry.action) for entry in present.entries if _is_part(entry, present))
    return Proved(present.about, tuple(steps))


def is_another(plan: Plan, proved: Proved) -> bool:
    """Whether this plan is about another server than that one."""
    wanted = [(planned.group, planned.action) for planned in plan.actions]
    return _serving(wanted) != _serving(proved.steps)


def is_touched(present: Receipt, proved: Proved) -> bool:
    """Whether its service or config.toml may be not as they were when it proved itself."""
    was = {action.key: action for group, action in proved.steps if _serves(group, action)}
    now = {entry.key: entry for entry in present.entries if _serves(entry.group, entry.action)}
    return was.keys() != now.keys() or any(
        entry.status == "started" or entry.action != was[key] for key, entry in now.items()
    )


def back(failed: Plan, present: Receipt, proved: Proved, texts: Mapping[Path, str]) -> Plan:
    """The way from where this plan has failed to what had proved itself. texts: those of now, of the files
    into which the user writes, too."""
    keys = {action.key for _, action in proved.steps}
    others = [entry for entry in present.entries if entry.group == "service" and entry.key not in keys]
    about, was = failed.about, proved.about
    moved = any(about.get(name) != was.get(name) for name in ("backend", "config_home"))
    of_another_kind = about.get("engine") != was.get("engine")
    steps = (Planned(_as_it_was(action, texts), group) for group, action in proved.steps)
    return Plan(
        actions=tuple(steps),
        covers=frozenset({"service"}),
        about=proved.about | {name: failed.about[name] for name in ("version", "program")},
        aliases=tuple(proved.about.get("aliases", ())),
        first_undo=frozenset({"service"}) if of_another_kind or (others and moved) else frozenset(),
    )


def _to_go_back_to(plan: Plan, present: Receipt) -> Proved | None:
    """None where this plan was to start nothing, nothing else, or has not come so far."""
    proved = present.proved
    if proved is None or not plan.proves or not is_another(plan, proved):
        return None
    return proved if is_touched(present, proved) else None


def _gone_back(
    error: BootstrapError, failed: Plan, proved: Proved, present: Receipt, listener: Listener
) -> BootstrapError:
    """Go back; the error, with what has become of it."""
    name = tr("{name} with {engine}", name=proved.about["model"]["name"], engine=engine_of(proved.about))
    listener.say(tr("that did not work: going back to {name}", name=name))
    try:
        engine.carry_out(back(failed, present, proved, _texts_of_now(proved)), present, listener)
    except BootstrapError as another:
        return type(error)(
            tr(
                "{message}; and {name} does not come back: {another_message}",
                message=error.message,
                name=name,
                another_message=another.message,
            ),
            another.hint or error.hint or tr("repair that, then run the same command again"),
        )
    return type(error)(
        tr(
            "{message}; {name} runs again at {api_base}",
            message=error.message,
            name=name,
            api_base=proved.about["api_base"],
        ),
        error.hint,
    )


def _texts_of_now(proved: Proved) -> dict[Path, str]:
    """Raises SettingsError for a config.toml that has become none meanwhile."""
    found = {}
    for _, action in proved.steps:
        if isinstance(action, WriteFile) and action.merged:
            found[action.path] = settings.text_of(action.path)
            settings.parse(found[action.path], action.path)
    return found


def _is_part(entry: Entry, present: Receipt) -> bool:
    """Whether it belongs to the server that has proved itself: not the program that installs, nor what was
    downloaded for another server."""
    action, about = entry.action, present.about
    if entry.group not in OURS or entry.status == "started" or isinstance(action, InstallProgram):
        return False
    path = str(getattr(action, "path", ""))
    if path in {about["program"], f"{about['program']}.cmd"}:
        return False
    return not isinstance(action, Download) or any(path in word for word in about["argv"])


def _serves(group: str, action: Action) -> bool:
    """Whether the server is another one with this one changed, or may be, as with config.toml."""
    return group == "service" or action.key == PROOF or (isinstance(action, WriteFile) and action.merged)


def _serving(steps: Iterable[tuple[str, Action]]) -> list[Action]:
    return [action for group, action in steps if group == "service" or action.key == PROOF]


def _as_it_was(action: Action, texts: Mapping[Path, str]) -> Action:
    if isinstance(action, WriteFile) and action.merged:
        return replace(action, text=writing.taken_back(texts[action.path], action.text))
    return action
