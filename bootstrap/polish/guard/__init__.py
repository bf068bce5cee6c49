"""Whether a model's words may replace those that the user wrote: nothing said is lost, nothing is
invented. Pure, and no model: where it is in doubt the answer is no, and the message stays as it was.

Facts (tokens.py) stay to the letter and in order. Every other word of the answer is a form of one that
the user wrote, a synonym, or means nothing by itself; every word of the user's that means something is
still there. What stands behind "from", "by" or "not" still stands there.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from bootstrap.polish.guard import english, forms, tokens, wording
from bootstrap.polish.guard.tokens import AND, FACT, NOT, Token, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 1000  # characters
_RATIO = (0.4, 1.8)
_JOINERS = frozenset("\u200c\u200d")  # invisible parts of emoji and of Persian words
_MARKS = ':;!()[]{}"\u2026\u2013\u2014'


def protected(text: str) -> tuple[str, ...]:
    """What of a subject must survive to the letter, in order: references, numbers, names, paths,
    quotations, emoji, whatever is not plainly a word. Negations may change their form ("don't", "do not").
    Of more than MAX_LENGTH characters, for which no answer passes, the rest is not read.
    """
    return tokens.facts(text[:MAX_LENGTH])


def objection(said: str, written: str) -> str:
    """Why these words may not replace those that the user wrote, "" if they may.

    said: the user's subject without a type and without ticket prefixes and suffixes; written: the
    description that the model made of it.
    """
    return next(_objections(said, written), "")


def _objections(said: str, written: str) -> Iterator[str]:
    yield from _of_text(said, written)
    if said == written:
        return
    facts = tokens.facts(said)
    ours, theirs = tokens.tokens(said), tokens.tokens(written, facts)
    yield from _of_facts(facts, tuple(token.text for token in theirs if token.kind is FACT))
    yield from _of_language(said, written, ours, theirs)
    yield from _of_length(said, written)
    yield from _of_negations(ours, theirs)
    yield from wording.objections(said, ours, theirs)
    yield from _of_marks(said, written, ours, theirs)


def _of_text(said: str, written: str) -> Iterator[str]:
    if not written:
        yield "it is empty"
    elif max(len(said), len(written)) > MAX_LENGTH:
        yield (
            "it is much longer than a subject" if len(written) > MAX_LENGTH else "there is too much to check"
        )
    elif {letter for letter in written if not letter.isprintable()} - (_JOINERS & set(said)):
        yield "it has control characters"
    elif written != written.strip():
        yield "it has white space around it"


def _of_facts(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Iterator[str]:
    if ours == theirs:
        return
    for fact in Counter(ours) - Counter(theirs):
        yield f"it lost {quoted(fact)}"
    for fact in Counter(theirs) - Counter(ours):
        yield f"it adds {quoted(fact)}, which you did not say"
    yield "it changes the order of " + listed(ours)


def _of_language(said: str, written: str, ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    """Other letters, other function words, or an unknown language and not the same words."""
    foreign = {token.text for token in theirs} & english.FOREIGN - {token.text for token in ours}
    if foreign or _scripts(written) - _scripts(said):
        yield "it is in another language"
    if not _is_english(ours) and tokens.words(_composed(said)) != tokens.words(_composed(written)):
        yield "it changes words in a language that cannot be checked"


def _is_english(ours: list[Token]) -> bool:
    words = [token.text for token in ours if token.kind is not FACT]
    if any(word in english.FOREIGN or not word.isascii() for word in words):
        return False
    return not words or 3 * sum(map(forms.known, words)) >= len(words)


def _scripts(text: str) -> set[str]:
    """The scripts of the letters, by the first word of their names in Unicode: LATIN, CYRILLIC, …"""
    letters = {letter for letter in text if letter.isalpha()}
    return {"LATIN" if letter.isascii() else unicodedata.name(letter, "?").split()[0] for letter in letters}


def _of_length(said: str, written: str) -> Iterator[str]:
    if len(written) > _RATIO[1] * len(said):
        yield "it is much longer than what you wrote"
    elif len(written) < _RATIO[0] * len(said):
        yield "it is much shorter than what you wrote"


def _of_negations(ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    before, after = _negations(ours), _negations(theirs)
    for word in before - after:
        yield f"it lost a “{word}”"
    for word in after - before:
        yield f"it adds a “{word}”, which you did not say"


def _negations(found: list[Token]) -> Counter[str]:
    return Counter(token.text for token in found if token.kind is NOT)


def _of_marks(said: str, written: str, ours: list[Token], theirs: list[Token]) -> Iterator[str]:
    for mark in _MARKS:
        if written.count(mark) > said.count(mark):
            yield f"it adds a “{mark}”"
    # one full stop at the end means nothing, several do
    if written.endswith("..") and not said.endswith(".."):
        yield "it adds “..”"
    if written.split().count("-") > said.split().count("-"):
        yield "it adds a “-”"
    before, after = _listing(ours), _listing(theirs)
    if not before <= after + written.count(",") or after > before + said.count(","):
        yield "it changes what “and” joins"


def _listing(found: list[Token]) -> int:
    return sum(token.kind is AND for token in found)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
