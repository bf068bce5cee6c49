"""Whether the words of an answer stand where they have to: behind the same "from" or "not", and in the
order of the user's unless a preposition accounts for another one. Pure; a part of the guard.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bootstrap.polish.guard import english, forms
from bootstrap.polish.guard.tokens import (
    AND,
    FACT,
    FREE,
    NOT,
    RELATION,
    WEAK,
    WORD,
    Match,
    Token,
    listed,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


_BE = frozenset({"is", "are", "was", "were"})


def objections(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    """What is wrong with the places of the words, as reasons; match: which words are the same."""
    yield from _of_relations(ours, theirs, match)
    yield from _of_order(ours, theirs, match)
    yield from _of_joints(ours, theirs, match)
    if _dangling(theirs) > _dangling(ours):
        yield "it is no sentence"


def _of_relations(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    """Swapped roles: "replace A by B" and "replace B by A" have the same words."""
    before = Counter(_relations(ours, {number: number for number in match.values()}))
    after = Counter(_relations(theirs, match))
    if before == after:
        return
    words, others = _relation_words(ours), _relation_words(theirs)
    for word in words - others:
        yield f"it lost a “{word}”"
    for word in others - words:
        yield f"it adds a “{word}”, which you did not say"
    for word, _ in before - after:
        yield f"it changes what stands behind “{word}”"


def _relations(found: list[Token], match: Match) -> Iterator[tuple[str, frozenset[int]]]:
    """Each word such as "from" with the words behind it, up to the next one; of "not" only the next."""
    word, behind, negation = "", set[int](), ""
    for number, token in enumerate(found):
        if token.kind is NOT:
            negation = token.text
        elif token.kind in {RELATION, WEAK} or token.text in english.SUBORDINATE:
            if word:
                yield word, frozenset(behind)
            word, behind = token.text if token.kind is RELATION else "", set()
        elif number in match:
            behind.add(match[number])
            if negation:
                yield negation, frozenset({match[number]})
                negation = ""
    if word:
        yield word, frozenset(behind)


def _relation_words(found: list[Token]) -> Counter[str]:
    return Counter(token.text for token in found if token.kind is RELATION)


def _of_order(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    """Two words may change places only as "parser tests" and "tests for the parser" do: on one side a
    preposition stands between them, on the other side none.
    """
    said, written = _parts(ours), _parts(theirs)
    exact = _has_opposites(ours)
    verb = first(ours)
    if verb >= 0 and is_verb(ours[verb]) and match.get(first(theirs)) != verb:
        yield f"it does not begin with {quoted(ours[verb].text)}"
    numbers = sorted(number for number in match if theirs[number].text not in english.FILLER)
    for place, number in enumerate(numbers):
        if number == 0 and _is_repair_at_end(ours, match[number]):
            continue
        for later in numbers[place + 1 :]:
            one, other = match[number], match[later]
            same = said[one] == said[other], written[number] == written[later]
            if one > other and (exact or same[0] is same[1]):
                yield f"it changes the order of {listed((ours[other].text, ours[one].text))}"
                return


def first(found: list[Token]) -> int:
    """The number of the first word that is no filler, -1 if there is none."""
    wanted = (n for n, token in enumerate(found) if token.kind is WORD and token.text not in english.FILLER)
    return next(wanted, -1)


def is_verb(token: Token) -> bool:
    """Whether commits begin with this word or a form of it."""
    return not forms.bases(token.text).isdisjoint(english.COMMIT_VERBS)


def _dangling(found: list[Token]) -> int:
    """How many prepositions have nothing behind them."""
    following = [token.kind for token in found[1:]] + [WEAK]
    return sum(
        token.kind is WEAK and after in {WEAK, RELATION, AND}
        for token, after in zip(found, following, strict=False)
    )


def _parts(found: list[Token]) -> list[int]:
    """For each token the number of prepositions up to it."""
    part, parts = 0, []
    for token in found:
        part += token.kind in {RELATION, WEAK}
        parts.append(part)
    return parts


def _of_joints(ours: list[Token], theirs: list[Token], match: Match) -> Iterator[str]:
    """ "Fix in memory cache" and "fix memory cache" are two things: between neighbours that stay
    neighbours a preposition neither comes nor goes nor becomes another. "User that is admin" likewise.
    """
    said = {(one, other): weak for one, other, weak in _joints(ours)}
    for one, other, weak in _joints(theirs):
        before = said.get((match.get(one, -1), match.get(other, -1)), weak)
        if before == weak:
            continue
        if before:
            yield f"it lost a “{before}”"
        else:
            yield f"it adds a “{weak}”, which you did not say"


def _joints(found: list[Token]) -> Iterator[tuple[int, int, str]]:
    """Neighbours that mean something, by their numbers, with the preposition between them or ""."""
    before, weak = -1, ""
    for number, (token, after) in enumerate(zip(found, [*found[1:], None], strict=False)):
        relative = token.text in {"that", "which", "who"} and after and after.text in _BE
        if token.kind is WEAK or (token.kind is FREE and (relative or token.text == "whose")):
            weak = token.text
        elif token.kind in {WORD, FACT}:
            yield before, number, weak
            before, weak = number, ""


def _has_opposites(ours: list[Token]) -> bool:
    said = {base for token in ours if token.kind is not FACT for base in forms.bases(token.text)}
    return any(not said.isdisjoint(english.OPPOSITES.get(word, ())) for word in said)


def _is_repair_at_end(ours: list[Token], number: int) -> bool:
    """ "login bug fixed" may become "fix login bug"; "users deleted" may be the bug itself."""
    word = ours[number].text
    return (
        number == len(ours) - 1
        and word.endswith("ed")
        and not forms.bases(word).isdisjoint(english.VERB_SYNONYMS["fix"])
    )
