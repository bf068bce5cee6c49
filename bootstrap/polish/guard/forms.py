"""How two English words relate: forms of one word, synonyms, a slip of the keyboard, opposites. Pure."""

from __future__ import annotations

from bootstrap.polish.guard import english
from bootstrap.polish.guard.lookalikes import LOOKALIKES

_VOWELS = frozenset("aeiouy")


def bases(word: str) -> frozenset[str]:
    """What a lower-case word may be a form of, itself included: "planning" of "planning", "plan", …"""
    word = word.removesuffix("'s").removesuffix("'")
    found = {word, english.IRREGULAR.get(word, word)}
    if word not in english.WHOLE:
        found |= {base for base in _stripped(word) if len(base) > 2 and not _VOWELS.isdisjoint(base)}
    return frozenset(found)


def known(word: str) -> bool:
    """Whether this is a form of a word that commits often have."""
    return not english.KNOWN.isdisjoint(bases(word))


def opposed(one: str, other: str) -> bool:
    """Whether one word turns the meaning of the other round: enable and disable, safe and unsafe."""
    ours, theirs = bases(one), bases(other)
    for base in ours:
        if not theirs.isdisjoint(english.OPPOSITES.get(base, ())):
            return True
    return any(_prefixed(base, theirs) for base in ours) or any(_prefixed(base, ours) for base in theirs)


def related(said: str, written: str) -> bool:
    """Whether the second lower-case word may stand for the first one."""
    if said == written:
        return True
    ours, theirs = bases(said), bases(written)
    if opposed(said, written):
        return False
    if not ours.isdisjoint(theirs):
        return known(written) or not known(said)  # "opene" is no form of "opened"
    if any(not theirs.isdisjoint(english.SYNONYMS.get(base, ())) for base in ours):
        return True
    return _slip(said, ours, theirs)


def mended(word: str) -> str:
    """The word as it was meant, where it is one of the usual misspellings of a short word."""
    return english.TYPOS.get(word, word)


def _stripped(word: str) -> tuple[str, ...]:
    if word.endswith(("ies", "ied")):
        return (word[:-3] + "y", word[:-1])
    if word.endswith("es"):
        return (word[:-1], word[:-2])
    if word.endswith("s") and not word.endswith("ss"):
        return (word[:-1],)
    if word.endswith("ed"):
        return (word[:-1], *_bare(word[:-2]))
    return (word[:-3] + "e", *_bare(word[:-3])) if word.endswith("ing") else ()


def _bare(base: str) -> tuple[str, ...]:
    doubled = len(base) > 2 and base[-1] == base[-2] and base[-1] not in _VOWELS
    return (base, base[:-1]) if doubled else (base,)


def _prefixed(word: str, others: frozenset[str]) -> bool:
    return any(word.startswith(prefix) and word[len(prefix) :] in others for prefix in english.REVERSING)


def _slip(said: str, ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether the first is no word of its own, and one slip away from the second, a common one.

    Guessing is for words that are surely misspelt: a real word (contest) is not taken for its
    neighbour (context).
    """
    if known(said) or not ours.isdisjoint(LOOKALIKES) or theirs.isdisjoint(english.KNOWN):
        return False
    return any(slipped(wrong, right) for wrong in ours for right in theirs)


def slipped(wrong: str, right: str) -> bool:
    """Whether two keys were hit in the wrong order, one twice, one not at all, or a vowel mistaken.

    The first letter is right; short words allow fewer of these, and only long ones two of them.
    """
    if wrong[:1] != right[:1] or len(right) < 3 or abs(len(wrong) - len(right)) > 2:
        return False
    if len(right) == 3:  # addd, fixd
        return wrong[:-1] == right and wrong[-1] in (right[-1], "d")
    return _apart(wrong, right, len(right), 2 if len(right) > 8 else 1)


def _apart(wrong: str, right: str, length: int, slips: int) -> bool:
    start = 0
    while start < min(len(wrong), len(right)) and wrong[start] == right[start]:
        start += 1
    last, wrong, right = right[start - 1 : start], wrong[start:], right[start:]
    if wrong == right:
        return True
    if not slips:
        return False
    after = []
    if wrong[:1] == last:
        after.append((wrong[1:], right))
    if length > 5:
        after.append((wrong, right[1:]))
    if wrong[1:2] == right[:1] and wrong[:1] == right[1:2]:
        after.append((wrong[2:], right[2:]))
    if length > 6 and wrong[:1] in _VOWELS and right[:1] in _VOWELS:
        after.append((wrong[1:], right[1:]))
    return any(_apart(left, other, length, slips - 1) for left, other in after)
