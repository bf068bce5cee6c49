"""The part of a plan that is about hooks: in which repositories, and what else it changes. Pure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.actions import WriteFile
from bootstrap.errors import BootstrapError
from bootstrap.hook import install as hook
from bootstrap.settings import Settings, choices_in, overlay, parse, writing
from bootstrap.situation import Plan, Planned, Situation, group

if TYPE_CHECKING:
    from collections.abc import Iterable


def plan(seen: Situation) -> Plan:
    """The hook in these repositories, on a machine where everything else is installed.

    Raises BootstrapError where nothing is installed yet.
    """
    about = dict(seen.receipt.about)
    if "program" not in about:
        raise BootstrapError("nothing is installed yet", "run: bootstrap")
    hooks = actions(seen, Path(about["program"]))
    return Plan((*_stage(seen), *hooks), groups(seen, hooks), about, tuple(about.pop("aliases")))


def actions(seen: Situation, caller: Path) -> list[Planned]:
    """The hook in every repository that has it or is to have it. caller: what it calls as bootstrap."""
    known = {entry.key for entry in seen.receipt.entries}
    settings = seen.settings
    text = hook.script(caller, seen.paths.pause_file, suggest=settings.suggest)
    if seen.everywhere:
        return group(hook.EVERYWHERE, hook.everywhere(seen.paths.hooks, text, settings.stage))
    return [
        planned
        for repository in seen.repositories
        for planned in group(repository.group, hook.actions(repository, text, settings.stage, known))
    ]


def groups(seen: Situation, hooks: Iterable[Planned]) -> frozenset[str]:
    """What these actions replace: once the hook is everywhere, no repository needs it by itself."""
    found = {planned.group for planned in hooks}
    if seen.everywhere:
        found |= {name for name in seen.receipt.groups() if name.startswith("hook ")}
    return frozenset(found)


def _stage(seen: Situation) -> list[Planned]:
    """config.toml with another stage in it, where one was asked for."""
    path = seen.paths.config_file
    now = overlay(Settings(), choices_in(parse(seen.config_text, path), path))
    if now.stage == seen.settings.stage:
        return []
    text = writing.render(seen.config_text, replace(now, stage=seen.settings.stage))
    return group("install", [WriteFile(path, text, 0o600, merged=True)])
