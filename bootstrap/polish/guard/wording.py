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

_REPAIR = english.VERB_SYNONYMS["fix"]
_CREATION = frozenset({"add", "create", "write"})
_BEFORE_OBJECTS = words.DETERMINERS | {"some", "all"}


def objections(said: str, ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    """What is wrong with the words of the second text, as reasons; said: the first one."""
    match = _matched(ours, theirs)
    yield from _of_flips(ours, theirs, match)
    yield from _of_new_words(ours, theirs, match)
    yield from _of_lost_words(ours, theirs, match)
    yield from _of_verb(said, ours, theirs)
    yield from _of_first(ours, theirs, match)
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
    verbs = order.first(ours), order.first(theirs)
    orders = _is_order(ours, verbs[0]) and _is_order(theirs, verbs[1])
    left = sorted(n for token, numbers in free.items() if token.kind is WORD for n in numbers)
    for number, token in enumerate(theirs):
        if token.kind is not WORD or number in match:
            continue
        for position, mine in enumerate(left):
            verb = orders and (mine, number) == verbs
            if forms.related(ours[mine].text, token.text, verb=verb):
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
    """What a subject without a verb may begin with: "fix" before a fault that nobody makes on purpose."""
    if any(token.kind is NOT for token in ours):
        return frozenset()
    named: list[str] = []
    for token in ours:
        if token.kind in {RELATION, WEAK}:
            break
        if token.kind is not FREE:
            named.append(token.text if token.kind is WORD else "")
    return frozenset({"fix"}) if _is_fault(named) else frozenset()


def _is_fault(named: list[str]) -> bool:
    """ "Login bug" and "memory leak"; but no "bug tracker", "reproduce bug" and "crash on purpose"."""
    *before, last = named or [""]
    if last in english.LEAKS:
        return len(before) == 1 and before[0] in english.LEAKING
    return last in english.DEFECTS and english.PLACES.issuperset(before)


def _of_lost_words(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    kept = set(match.values())
    written = {base for other in theirs for base in forms.bases(other.text)}
    for number, token in enumerate(ours):
        if token.kind is not WORD or number in kept:
            continue
        if not (_is_filler(ours, number) or _is_needless(ours, number, written)):
            yield f"it lost {quoted(token.text)}"


def _is_filler(ours: list[Token], number: int) -> bool:
    """ "Please fix it", and no "please wait message"."""
    after = next((token for token in ours[number:] if token.text not in english.FILLER), None)
    leading = all(token.text in english.FILLER for token in ours[:number])
    return ours[number].text in english.FILLER and (
        after is None or (leading and after.kind is WORD and order.is_verb(after))
    )


def _is_needless(ours: list[Token], number: int, written: set[str]) -> bool:
    """ "Bug" where something is fixed; "some new" where tests are added."""
    token, after = ours[number], ours[number + 1] if number + 1 < len(ours) else None
    if token.text in {"some", "new"}:
        between = {other.text for other in ours[1:number]}
        skipped = english.KINDS_OF_TESTS | {"new"}
        what, *rest = [*(other for other in ours[number + 1 :] if other.text not in skipped), token][:2]
        whole = not rest or rest[0] is token or rest[0].kind not in {WORD, FACT}  # no "tests page"
        created = number > 0 and not forms.bases(ours[0].text).isdisjoint(_CREATION)
        return created and between <= {"some"} and whole and what.text in english.ALWAYS_NEW
    named = after is not None and after.kind in {WORD, FACT}  # an issue tracker
    return not (named or forms.bases(token.text).isdisjoint(english.FAULTS) or written.isdisjoint(_REPAIR))


def _is_order(found: list[Token], number: int) -> bool:
    """Whether the first word cannot be an adjective, as "correct" may be: "correct answers page"."""
    if number < 0 or found[number].text != "correct":
        return True
    return number + 1 < len(found) and found[number + 1].text in words.DETERMINERS


def _of_first(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    """ "Broken build" is no order to break the build; only a few participles are surely orders."""
    place, number = order.first(theirs), order.first(ours)
    if place < 0 or match.get(place) != number or ours[number] == theirs[place]:
        return
    said, written = ours[number].text, theirs[place].text
    if forms.bases(said).isdisjoint(forms.bases(written)) and not forms.synonymous(said, written):
        return  # a slip, or another spelling
    following = ours[number + 1].text if number + 1 < len(ours) else ""
    if forms.bases(written) != {written}:
        yield f"it turns {quoted(said)} into {quoted(written)}"
    elif forms.bases(said) == {said} or following in _BEFORE_OBJECTS:
        return
    elif said not in english.ORDERS or following in english.NO_OBJECTS:
        yield f"it makes an order of {quoted(said)}"


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
