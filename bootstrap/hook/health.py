"""What has become of the hook where the receipt says that it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.actions import EditGitConfig, WriteFile
from bootstrap.errors import BootstrapError
from bootstrap.hook import repository
from bootstrap.hook.install import EVERYWHERE
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bootstrap.receipt import Entry

INTACT = "intact"
Problem = tuple[str, str]  # what is wrong, in words, and what helps


@dataclass(frozen=True)
class Health:
    """place: a repository, a directory of hooks that several share, or "everywhere"; state: "intact" or
    what is wrong, in words; hint: the next step then."""

    place: str
    stages: tuple[str, ...]
    state: str = INTACT
    hint: str = ""


def check(group: str, entries: Sequence[Entry]) -> Health:
    """Look at what one group of the receipt has put in place."""
    place = group.removeprefix("hook ")
    written = [entry.action for entry in entries if isinstance(entry.action, WriteFile)]
    stages = tuple(name for name in repository.NAMES if any(_stage(action) == name for action in written))
    where = "--global" if group == EVERYWHERE else place
    again = f"bootstrap hook install {where}"
    try:
        found = (
            _lookup_problem(place, group, entries)
            or _files_problem(written, again)
            or _config_problem(entries, again)
        )
    except BootstrapError as error:
        return Health(place, stages, tr("not called: {message}", message=error.message), error.hint)
    return Health(place, stages, *(found or ()))


def _stage(action: WriteFile) -> str:
    return action.path.name.removesuffix(".legacy")


def _lookup_problem(place: str, group: str, entries: Sequence[Entry]) -> Problem | None:
    """Whether git looks for hooks where ours is. Raises HookError where it does not any more."""
    directory = Path(place)
    if group == EVERYWHERE:
        return None
    if not directory.is_dir():
        return tr("the repository is gone"), f"bootstrap hook remove {place}"
    if any(entry.key == f"sweep {place}" for entry in entries) and not (directory / "HEAD").exists():
        return None  # a directory that several repositories share
    if repository.is_switched_off(directory):
        return (
            tr("off: git config commit-polish.enabled is false"),
            "git config commit-polish.enabled true",
        )
    found = repository.look(directory)
    calls = {place.at for place in found.places.values()}
    if found.way == "lefthook" and "lefthook" not in calls:
        return tr("waits for lefthook"), "lefthook install"
    return None


def _files_problem(written: Sequence[WriteFile], again: str) -> Problem | None:
    for action in written:
        path = action.path
        now = files.read(path)
        if now == action.text.encode():
            if action.mode & 0o100 and os.name != "nt" and not os.access(path, os.X_OK):
                return tr("{name} is not executable, so git does not run it", name=path.name), again
            continue
        name = path.with_name(_stage(action))
        others = [name, name.with_name(f"{name.name}.legacy")]
        if repository.whose(others[1]) == "ours" and repository.whose(name) == "pre-commit":
            continue  # pre-commit calls it there
        if now is None and name != path and repository.whose(name) == "ours":
            continue  # where `pre-commit uninstall` has put it
        if now is None:
            return tr("{name} is missing", name=path.name), again
        if action.ours and action.ours.encode() in now:
            kept = tr("your edits are kept beside it by: {command}", command=again)
            return tr("{name} was edited", name=path.name), kept
        by = repository.whose(path)
        whose = f", {by}'s" if by != "foreign" else ""
        return tr("{name} is another hook by now", name=path.name) + whose, again
    return None


def _config_problem(entries: Sequence[Entry], again: str) -> Problem | None:
    for entry in entries:
        if isinstance(entry.action, EditGitConfig) and entry.action.observe(entry.memory) is None:
            return tr("git config {name} was changed", name=entry.action.name), again
    return None
