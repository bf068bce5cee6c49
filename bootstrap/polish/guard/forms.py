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


def related(said: str, written: str, *, verb: bool = False) -> bool:
    """Whether the second lower-case word may stand for the first one. verb: both begin their texts."""
    if said == written:
        return True
    ours, theirs = bases(said), bases(written)
    if opposed(said, written):
        return False
    if not ours.isdisjoint(theirs):
        return _is_inflection(said, written, verb=verb)
    if any(not theirs.isdisjoint(english.SYNONYMS.get(base, ())) for base in ours):
        return True
    return (verb and synonymous(said, written)) or _slip(said, written)


def synonymous(said: str, written: str) -> bool:
    """Whether these are verbs that order the same."""
    theirs = bases(written)
    return any(not theirs.isdisjoint(english.VERB_SYNONYMS.get(base, ())) for base in bases(said))


def _is_inflection(said: str, written: str, *, verb: bool) -> bool:
    """Of two words with a common base, whether the second says the same: a "nest" layout is no "nested"
    one, and a "broken build" script no "break build" script.
    """
    if said in bases(written) and _is_participle(written):
        return False
    if not verb and written in bases(said) and _is_participle(said) and not _may_order(said):
        return False
    return known(written) or not known(said)  # "opene" is no form of "opened"


def _is_participle(word: str) -> bool:
    return word not in english.WHOLE and (word.endswith(("ed", "ing")) or word in english.IRREGULAR)


def _may_order(word: str) -> bool:
    """ "Bug fixed" may become "fix bug"; and "crashing" is what "crash" names."""
    return word in english.ORDERS or word.endswith("ing")


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


def _slip(said: str, written: str) -> bool:
    """Whether the first is no word of its own, and one slip away from the second, a common one.

    Guessing is for words that are surely misspelt: a real word (contest) is not taken for its
    neighbour (context), and no word for another form of its neighbour ("nest" for "nested").
    """
    if known(said) or not bases(said).isdisjoint(LOOKALIKES) or not known(written):
        return False
    return slipped(said, written)


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
