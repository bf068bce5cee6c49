"""Spoils a good subject the way hurried people write: what it says stays true, and so does every number,
name, path and "not" in it. The same seed spoils the same subject in the same way.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from scripts.eval.facts import is_fact, is_plain
from scripts.eval.subjects import Good

_NUMBER = re.compile(r"(?: \(#\d+\))+$")  # what a forge puts at the end
_FIRST = ("do", "don't", "never")  # no verbs that anybody would put into the past tense
_PAST = {
    "build": "built",
    "catch": "caught",
    "keep": "kept",
    "let": "let",
    "make": "made",
    "put": "put",
    "read": "read",
    "run": "ran",
    "say": "said",
    "send": "sent",
    "set": "set",
    "show": "showed",
    "split": "split",
    "throw": "threw",
    "write": "wrote",
}
_DOUBLED = ("drop", "let", "log", "put", "run", "set", "ship", "skip", "split", "stop", "strip")
_TYPES = {
    "fix": ("bugfix: {}", "Fix: {}", "[fix] {}", "fix - {}", "FIX: {}", "hotfix: {}"),
    "feat": ("feature: {}", "Feat: {}", "[feat] {}", "feature - {}", "FEATURE: {}"),
    "docs": ("doc: {}", "Docs: {}", "[doc] {}", "documentation: {}"),
    "test": ("tests: {}", "[test] {}", "Test: {}"),
}
_OTHER_TYPES = ("{type}:{}", "[{type}] {}", "{Type}: {}", "{type} - {}", "{type} : {}")
_FILLERS = ("just {}", "ok so {}", "finally {}", "{} now", "{}, hopefully", "{} and stuff", "basically {}")
_TAILS = ("because it was annoying and somebody asked", "so that works and people can go on", "as we said")


@dataclass(frozen=True)
class Spoilt:
    """A subject as it might have been typed. kinds: the names of what was done to it."""

    text: str
    good: Good
    kinds: tuple[str, ...]


def spoil(good: Good, seed: int) -> Spoilt:
    """One to three things go wrong, and in most cases the type is missing."""
    chance = random.Random(f"{seed} {good.text}")
    number = _NUMBER.search(good.parts.description)
    end = number[0] if number else ""
    words = good.parts.description.removesuffix(end)
    sample = chance.sample(list(_FAULTS), counts=_COMMON.values(), k=chance.choice((1, 1, 2, 2, 3)))
    kinds = [kind for kind in _FAULTS if kind in sample]
    for kind in kinds:
        words = _FAULTS[kind](words, chance)
    typed = chance.random() < 0.25
    text = _mistyped(words, good, chance) if typed else words
    return Spoilt(text + end, good, ("type misspelt" if typed else "type dropped", *kinds))


def _tense(words: str, chance: random.Random) -> str:
    """ "added" or "adding" for "add"."""
    if chance.random() < 0.5:
        return _first_word(words, lambda verb: _PAST.get(verb) or _stem(verb, "ed") + "ed")
    return _first_word(words, lambda verb: _stem(verb, "ing") + "ing")


def _first_word(words: str, change: Callable[[str], str]) -> str:
    first, space, rest = words.partition(" ")
    if is_fact(first) or first in _FIRST:
        return words
    return change(first) + space + rest


def _stem(verb: str, ending: str) -> str:
    if verb in _DOUBLED:
        return verb + verb[-1]
    if verb.endswith("y") and ending == "ed" and verb[-2] not in "aeou":
        return verb[:-1] + "i"
    return verb.removesuffix("e")


def _capital(words: str, _chance: random.Random) -> str:
    first = words.split(" ", 1)[0]
    return words if is_fact(first) else words[0].upper() + words[1:]


def _full_stop(words: str, _chance: random.Random) -> str:
    return words if words.endswith(".") else f"{words}."


def _typos(words: str, chance: random.Random) -> str:
    """A letter lost or two of them swapped, in one or two long ordinary words."""
    parts = words.split(" ")
    able = [number for number, part in enumerate(parts) if len(part) > 4 and is_plain(part)]
    for number in chance.sample(able, min(len(able), chance.choice((1, 2)))):
        part, at = parts[number], chance.randrange(1, len(parts[number]) - 2)
        swapped = part[:at] + part[at + 1] + part[at] + part[at + 2 :]
        parts[number] = chance.choice((part[:at] + part[at + 1 :], swapped))
    return " ".join(parts)


def _filler(words: str, chance: random.Random) -> str:
    return chance.choice(_FILLERS).format(words)


def _run_on(words: str, chance: random.Random) -> str:
    return f"{words} {chance.choice(_TAILS)}"


def _shouting(words: str, _chance: random.Random) -> str:
    parts = words.split(" ")
    return " ".join(part.upper() if is_plain(part.strip(",.")) else part for part in parts)


_FAULTS: dict[str, Callable[[str, random.Random], str]] = {
    "tense": _tense,
    "typos": _typos,
    "filler": _filler,
    "run-on": _run_on,
    "capital": _capital,
    "full stop": _full_stop,
    "shouting": _shouting,
}
# How common each is: nearly nobody shouts.
_COMMON = {
    "tense": 4,
    "typos": 4,
    "filler": 2,
    "run-on": 1,
    "capital": 4,
    "full stop": 4,
    "shouting": 1,
}


def _mistyped(words: str, good: Good, chance: random.Random) -> str:
    kind = good.parts.type
    form = chance.choice(_TYPES.get(kind, _OTHER_TYPES))
    mark = "!" if good.parts.breaking else ""
    if mark:  # a mark must not get lost, and stands only in front of a colon
        form = "{Type}!: {}"
    return form.format(words, type=kind, Type=kind.capitalize())
