"""What a check is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bootstrap.actions import Action
    from bootstrap.doctor.sight import Sight

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """How it is, in words; hint: one next step, "" where all is well. An error is what does not work."""

    level: Level
    what: str
    hint: str = ""


@dataclass(frozen=True)
class Check:
    """run: from what was seen to what is to be said, None where it does not apply. fix: the actions that
    repair it; only what is safe without being asked again."""

    name: str
    run: Callable[[Sight], Finding | None]
    fix: Callable[[Sight], tuple[Action, ...]] | None = None


def ok(what: str) -> Finding:
    """All is well."""
    return Finding("ok", what)


def warning(what: str, hint: str) -> Finding:
    """It works, and something about it should be known."""
    return Finding("warning", what, hint)


def error(what: str, hint: str) -> Finding:
    """Something does not work."""
    return Finding("error", what, hint)
