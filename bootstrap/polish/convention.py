"""The Conventional Commits form of a subject: its eleven types, taken apart and checked. Pure.

https://www.conventionalcommits.org/en/v1.0.0/ and the types of @commitlint/config-conventional.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    rf"(?P<type>{'|'.join(TYPES)})(?:\((?P<scope>[^()\s](?:[^()]*[^()\s])?)\))?(?P<breaking>!)?"
    r": (?P<description>\S.*)"
)
_ABBREVIATION = re.compile(
    r"(?:\.\.|\b(?:[A-Za-z]\.)+[A-Za-z]\.|\b(?:etc|vs|resp|approx|inc)\.)$", re.IGNORECASE
)


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


def parse(subject: str) -> Subject | None:
    """The parts of a Conventional Commit subject, None for another one."""
    found = _FORM.fullmatch(subject)
    if not found:
        return None
    return Subject(found["type"], found["scope"], bool(found["breaking"]), found["description"])


def valid(subject: str, limit: int) -> bool:
    """Whether there is nothing to polish: the form, at most `limit` characters, no full stop."""
    parts = parse(subject)
    return bool(parts) and len(subject) <= limit and not ends_with_full_stop(subject)


def ends_with_full_stop(text: str) -> bool:
    """Whether a dot ends the sentence, and is not part of `...`, `e.g.` or a path such as `..`."""
    last = text.rpartition(" ")[2]
    return len(last) > 1 and last.endswith(".") and not _ABBREVIATION.search(last)
