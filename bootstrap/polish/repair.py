"""What can be put right in a subject without a model: its type as the user wrote it, white space, the
full stop, a capital, a past tense. Every word of the user's stays. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.polish import convention, words

if TYPE_CHECKING:
    from collections.abc import Collection

_ALIASES = {
    "fix": "bug bugfix bugfixes fixed fixes fixing hotfix",
    "feat": "feats feature features",
    "docs": "doc documentation",
    "test": "tests testing",
    "refactor": "refactored refactoring refactors",
    "perf": "performance",
    "style": "styles styling formatting",
    "chore": "chores",
    "build": "builds",
}
KINDS = {alias: kind for kind, text in _ALIASES.items() for alias in text.split()} | {
    kind: kind for kind in convention.TYPES
}
_GLUED = ("fix", "feat", "refactor", "chore", "bugfix", "feature")  # test:unit is npm's, test:: code
_HEAD = r"(?:\((?P<scope>[^()\s](?:[^()]*[^()\s])?)\))?[ ]?(?P<breaking>!)?[ ]?"
_FORMS = (
    re.compile(rf"(?P<word>[A-Za-z][\w-]*)[ ]?{_HEAD}:[ ]+(?P<rest>\S.*)"),  # Fix (login) !: …
    re.compile(rf"(?P<word>(?i:{'|'.join(_GLUED)})){_HEAD}:(?P<rest>\w.*)"),  # fix:…
    re.compile(rf"\[(?P<word>[A-Za-z]+)\]{_HEAD}:?[ ]*(?P<rest>\S.*)"),  # [fix] …
    re.compile(rf"\((?P<word>[A-Za-z]+)\){_HEAD}:?[ ]*(?P<rest>\S.*)"),  # (fix) …
    re.compile(rf"(?P<word>[A-Za-z]+){_HEAD} (?:[-|]|\u2013|\u2014) (?P<rest>\S.*)"),  # fix - …
)  # fmt: skip
# "parser: …", "[backend] …", "net/ipv4: …": a subject line of another convention
# "ci:…" may be a type with a space forgotten, or one of npm's scripts
_ELSE = re.compile(r"(?i:perf|docs|style|build|ci):\w|\[[^\]]*\]|[\w./@-]+(?:\([^)]*\))?!?:\s")


@dataclass(frozen=True)
class Draft:
    """A subject after the repairs. type: None where the user named none."""

    type: str | None
    scope: str | None
    breaking: bool
    description: str

    def typed(self, kind: str, breaking: bool = False) -> convention.Subject:
        """The subject with this type."""
        return convention.Subject(kind, self.scope, self.breaking or breaking, self.description)


def draft(subject: str, types: Collection[str] = convention.TYPES) -> Draft | None:
    """The subject repaired, None where it follows some other convention than the one with these types."""
    for form in _FORMS:
        found = form.fullmatch(subject)
        kind = _kind(found["word"], types) if found else None
        if found and kind:
            return Draft(kind, found["scope"], bool(found["breaking"]), description(found["rest"]))
    if _ELSE.match(subject):
        return None
    return Draft(None, None, False, description(subject))


def _kind(word: str, types: Collection[str]) -> str | None:
    """The type that this word of the user's stands for."""
    if word in types:
        return word
    kind = KINDS.get(word.lower(), word.lower())
    return kind if kind in types else None


def description(text: str) -> str:
    """The user's words in the shape that a description has."""
    text = text.strip(" \t")
    if convention.ends_with_full_stop(text):
        text = text.removesuffix(".")
    first, space, rest = text.partition(" ")
    return (_imperative(first, rest) or _uncapitalized(first)) + space + rest


def _uncapitalized(word: str) -> str:
    """An ordinary word in lower case; names, acronyms and identifiers as they are."""
    bare = word.rstrip(",:;")
    ordinary = bare == "A" or bare[1:] == bare[1:].lower()
    return word.lower() if ordinary and bare.lower() in words.ORDINARY else word


def _imperative(first: str, rest: str) -> str:
    """`add` for `Added` or `Adding` where that is surely the verb of the sentence, else "".

    "Deleted users are still shown" and "Adding a user twice fails" begin alike and are about
    something else, so whatever is not plain stays.
    """
    word = first.lower() if first[1:] == first[1:].lower() else ""
    past, gerund = words.PAST.get(word), words.GERUND.get(word)
    following = rest.lower().split()
    if not following or not (past or gerund):
        return ""
    if past and following[0] in words.DETERMINERS:
        return past
    return (past or gerund or "") if _is_object(following) else ""


def _is_object(following: list[str]) -> bool:
    """Whether these words are one short thing, perhaps with a preposition and more behind it."""
    if any(word.strip(",.;") in words.FINITE for word in following):
        return False
    noun = following
    for number, word in enumerate(following):
        if word in words.PREPOSITIONS:
            noun = following[:number]
            break
    while noun and noun[0] in words.DETERMINERS | words.QUALITIES:
        noun = noun[1:]
    return len(noun) == 1 and noun[0] not in words.ADJECTIVE_BEFORE
