"""Whether the words of an answer are those that the user wrote, in other forms at most. Pure; a part of
the guard.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bootstrap.polish import words
from bootstrap.polish.guard import english, forms, order
from bootstrap.polish.guard.tokens import FACT, FREE, NOT, RELATION, WEAK, WORD, Match, Token, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPAIR = english.SYNONYMS["fix"]
_FAULTS = english.SYNONYMS["bug"]
_CREATION = frozenset({"add", "introduce", "create", "implement"})


def objections(said: str, ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    """What is wrong with the words of the second text, as reasons; said: the first one."""
    match = _matched(ours, theirs)
    yield from _of_flips(ours, theirs, match)
    yield from _of_new_words(ours, theirs, match)
    yield from _of_lost_words(ours, theirs, match)
    yield from _of_verb(said, ours, theirs)
    yield from order.objections(ours, theirs, match)


def _matched(ours: list[Token], theirs: list[Token]) -> Match:
    """One to one: facts and equal words first, then those that are forms of each other."""
    match: Match = {}
    free: dict[Token, list[int]] = {}
    for number in reversed(range(len(ours))):
        free.setdefault(ours[number], []).append(number)
    for number, token in enumerate(theirs):
        if token.kind in {WORD, FACT} and free.get(token):
            match[number] = free[token].pop()
    left = sorted(n for token, numbers in free.items() if token.kind is WORD for n in numbers)
    for number, token in enumerate(theirs):
        if token.kind is not WORD or number in match:
            continue
        for position, mine in enumerate(left):
            if forms.related(ours[mine].text, token.text):
                match[number] = left.pop(position)
                break
    return match


def _lost(ours: list[Token], match: Match) -> list[str]:
    kept = set(match.values())
    return [token.text for number, token in enumerate(ours) if token.kind is WORD and number not in kept]


def _new(theirs: list[Token], match: Match) -> list[str]:
    return [token.text for number, token in enumerate(theirs) if token.kind is WORD and number not in match]


def _of_flips(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    changed = {RELATION, FREE, WEAK}
    before = _lost(ours, match) + [token.text for token in ours if token.kind in changed]
    after = _new(theirs, match) + [token.text for token in theirs if token.kind in changed]
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    for old in gone:
        for new in come:
            if forms.opposed(old, new):
                yield f"it turns {old} into {new}"


def _of_new_words(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    allowed = _verbs_to_add(ours)
    for number, token in enumerate(theirs):
        if token.kind is WORD and number not in match and (number > 0 or token.text not in allowed):
            yield f"it adds {quoted(token.text)}, which you did not say"


def _verbs_to_add(ours: list[Token]) -> frozenset[str]:
    """What a subject without a verb may begin with: "fix" before a fault, "add" before something new."""
    first = next((token.text for token in ours if token.kind is WORD), "")
    if not forms.bases(first).isdisjoint(english.COMMIT_VERBS) or any(token.kind is NOT for token in ours):
        return frozenset()
    if first == "new":
        return frozenset({"add"})
    return frozenset({"fix"}) if any(map(_is_fault, ours, [*ours[1:], None])) else frozenset()


def _is_fault(token: Token, after: Token | None) -> bool:
    """ "crash on login", and no "crash reporter"."""
    if token.kind is not WORD:
        return False
    named = after is not None and after.kind is WORD
    return token.text in english.DEFECTIVE or not (
        named or forms.bases(token.text).isdisjoint(english.DEFECTS)
    )


def _of_lost_words(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    kept = set(match.values())
    written = {base for other in theirs for base in forms.bases(other.text)}
    for number, (token, after) in enumerate(zip(ours, [*ours[1:], None], strict=False)):
        if token.kind is WORD and number not in kept and not _is_needless(token.text, after, written):
            yield f"it lost {quoted(token.text)}"


def _is_needless(word: str, after: Token | None, written: set[str]) -> bool:
    """Filler; "bug" where something is fixed; "new" where something is added."""
    if word == "new":
        apart = after is not None and after.text in english.NEVER_JUST_NEW
        return not (apart or written.isdisjoint(_CREATION))
    if word in english.FILLER:
        return True
    named = after is not None and after.kind in {WORD, FACT}  # an issue tracker
    return not (named or forms.bases(word).isdisjoint(_FAULTS) or written.isdisjoint(_REPAIR))


def _of_verb(said: str, ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    """ "Deleted users are still shown" is no order to delete users."""
    first, new = (found[0].text if found else "" for found in (ours, theirs))
    if first == new or not first.endswith(("ed", "ing")) or not forms.related(first, new):
        return
    following = said.lower().replace("\u2019", "'").split()[1:]
    if first.endswith("ed") and not words.DETERMINERS.isdisjoint(map(forms.mended, following[:1])):
        return
    repair = not forms.bases(first).isdisjoint(_REPAIR)  # crashes are what is fixed
    for word in following:
        if word in english.SUBORDINATE:
            return
        if word in english.FINITE and not (repair and not forms.bases(word).isdisjoint(english.TROUBLES)):
            yield f"it makes an order of {quoted(first)}"
            return
