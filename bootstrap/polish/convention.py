"""The Conventional Commits form of a subject, and what a repository asks of it. Pure.

https://www.conventionalcommits.org/en/v1.0.0/ and the types of @commitlint/config-conventional.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Collection

TYPES = (
    "feat",
    "fix",
    "docs",
    "style",
    "refactor",
    "perf",
    "test",
    "build",
    "ci",
    "chore",
    "revert",
)
_FORM = re.compile(
    r"(?P<type>[\w-]+)(?:\((?P<scope>[^()\s](?:[^()]*[^()\s])?)\))?(?P<breaking>!)?: (?P<description>\S.*)"
)
_ABBREVIATION = re.compile(
    r"(?:\.\.|\b(?:[A-Za-z]\.)+[A-Za-z]\.|\b(?:etc|vs|resp|approx|inc)\.)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Convention:
    """What a repository asks of its subjects.

    types: those that may be chosen; scopes: those that may be chosen for a subject that names none;
    closed: no other scope is allowed; scoped: there must be one; limit: of characters; source: where
    this was found, for people.
    """

    types: tuple[str, ...] = TYPES
    scopes: tuple[str, ...] = ()
    closed: bool = False
    scoped: bool = False
    limit: int = 72
    source: str = tr("the eleven usual types")


@dataclass(frozen=True)
class Subject:
    """A Conventional Commit subject, taken apart."""

    type: str
    scope: str | None
    breaking: bool
    description: str

    def __str__(self) -> str:
        scope = f"({self.scope})" if self.scope else ""
        return f"{self.type}{scope}{'!' if self.breaking else ''}: {self.description}"


def parse(subject: str, types: Collection[str] = TYPES) -> Subject | None:
    """The parts of a Conventional Commit subject, None for another one."""
    found = _FORM.fullmatch(subject)
    if not found or found["type"] not in types:
        return None
    return Subject(found["type"], found["scope"], bool(found["breaking"]), found["description"])


def valid(subject: str, rules: Convention) -> bool:
    """Whether there is nothing to polish: the form, within the limit, no full stop, a scope as asked."""
    parts = parse(subject, rules.types)
    if not parts or len(subject) > rules.limit or ends_with_full_stop(subject):
        return False
    return (parts.scope in rules.scopes or not rules.closed) if parts.scope else not rules.scoped


def ends_with_full_stop(text: str) -> bool:
    """Whether a dot ends the sentence, and is not part of `...`, `e.g.` or a path such as `..`."""
    last = text.rpartition(" ")[2]
    return len(last) > 1 and last.endswith(".") and not _ABBREVIATION.search(last)
