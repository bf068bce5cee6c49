"""A subject as the guard reads it: facts, which are kept to the letter, and words, each of a kind. Pure.

What is not plainly a word is a fact. A closed notion of words, unlike one of facts, lets no kind of
reference, number, name, path, quotation or emoji be forgotten.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from bootstrap.polish.guard import english, forms

if TYPE_CHECKING:
    from collections.abc import Container

FACT, NOT, RELATION, WORD, WEAK, AND, FREE = "fact", "not", "relation", "word", "weak", "and", "free"

# A quotation or a [tag] with the white space in it, else what stands between white space. The lengths
# are bounded, so that quotation marks without end cost nothing.
_PIECE = re.compile(
    r"""(?:[^\s"'`]*[({=:,\[])?(?:"[^"]{1,999}"|`[^`]{1,999}`|'[^']{1,999}'(?!\w)|\u201c[^\u201d]{1,999}\u201d"""
    r"""|\u201e[^\u201c\u201d]{1,999}[\u201c\u201d]|\u00ab[^\u00bb]{1,999}\u00bb|\u2018[^\u2019]{1,999}\u2019"""
    r"""|\[[^\]]{1,999}\])\S*|\S+"""
)
_PLAIN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?['\u2019]?")
_EMOJI_CODE = re.compile(r":[\w+-]+:")
_ENDS = ",.;:!\u2026"
_BRACKETS = {"(": ")", "{": "}"}
_DASHES = frozenset({"-", "\u2013", "\u2014"})


class Token(NamedTuple):
    """kind: one of the above; text: of a fact as it stands, else in lower case and mended."""

    kind: str
    text: str


Match = dict[int, int]  # from a token of the answer to that of the user's which it stands for


def facts(text: str) -> tuple[str, ...]:
    """What must survive to the letter, in order."""
    return tuple(token.text for token in tokens(text) if token.kind is FACT)


def tokens(text: str, like: Container[str] | None = None) -> list[Token]:
    """The words and facts of a subject.

    like: the facts of another text, which this one rewrites. Then a capital, an acronym or a hyphen
    that the other one has not makes no fact of a word.
    """
    found: list[Token] = []
    title = like is not None or _is_title(text)
    for match in _PIECE.finditer(text):
        piece = _trimmed(match[0])
        if not piece or piece in _DASHES:
            continue
        plain = _words(piece, like, first=not found, title=title)
        found += [_word(word) for word in plain] or [Token(FACT, piece)]
    around = zip([None, *found], found, [*found[1:], None], strict=False)
    return _joined([_in_place(before, token, after) for before, token, after in around])


def words(text: str) -> list[str]:
    """Every word and fact in lower case, for texts in a language that is not known."""
    return [part for match in _PIECE.finditer(text) if (part := _trimmed(match[0]).casefold())]


def quoted(text: str) -> str:
    """A word within a reason."""
    return f"“{text}”"


def listed(texts: tuple[str, ...]) -> str:
    """Words within a reason."""
    return " and ".join(map(quoted, texts))


def _trimmed(piece: str) -> str:
    """Without the punctuation and brackets around it: `(see #12).` is "see" and "#12"."""
    while piece and not _EMOJI_CODE.fullmatch(piece):
        first, last = piece[0], piece[-1]
        if last in _ENDS:
            piece = piece[:-1]
        elif first in _BRACKETS and (last == _BRACKETS[first] or _BRACKETS[first] not in piece):
            piece = piece[1:-1] if last == _BRACKETS[first] else piece[1:]
        elif last in _BRACKETS.values() and piece.count(last) > piece.count("({"[")}".index(last)]):
            piece = piece[:-1]
        else:
            break
    return piece


def _is_title(text: str) -> bool:
    """Whether Most of the Words Begin With a Capital, so that a capital makes no name of one."""
    later = [word[0] for word in text.split()[1:] if word[0].isalpha()]
    capitals = sum(map(str.isupper, later))
    return capitals > 1 and capitals * 2 > len(later)


def _words(piece: str, like: Container[str] | None, *, first: bool, title: bool) -> list[str]:
    """The words that a piece consists of, none if it is a fact."""
    if like is not None and piece in like:
        return []
    composed = unicodedata.normalize("NFC", piece)
    if piece == "&":
        return ["and"]
    if _is_letters(composed):
        return [composed] if _is_ordinary(composed, like, first=first, title=title) else []
    parts = composed.split("-")
    if like is not None and all(_is_letters(part) and part.islower() for part in parts):
        return parts
    return []


def _is_letters(word: str) -> bool:
    # isalpha, since the expression takes a superscript two for a letter
    return bool(_PLAIN.fullmatch(word)) and word.replace("'", "").replace("\u2019", "").isalpha()


def _is_ordinary(word: str, like: Container[str] | None, *, first: bool, title: bool) -> bool:
    """Whether a word of letters names nothing: no acronym, no inner capital, no name in a sentence."""
    lower = word.lower()
    if word in {lower, "I"}:
        return True
    if len(word) == 1:
        return first and word == "A"
    if word[1:] != lower[1:]:
        return like is not None and word in english.ACRONYMS
    if like is not None or ((first or title) and _is_common(lower)):
        return True
    return first and lower.endswith(("ed", "ing"))


def _is_common(lower: str) -> bool:
    lower = lower.replace("\u2019", "'")
    return forms.known(lower) or lower in english.TYPOS


def _word(word: str) -> Token:
    text = forms.mended(word.lower().replace("\u2019", "'"))
    if text in english.NEGATIONS:
        return Token(NOT, english.NEGATIONS[text])
    if text in english.AND:
        return Token(AND, text)
    if text in english.RELATIONS:
        return Token(RELATION, text)
    if text in english.WEAK:
        return Token(WEAK, text)
    return Token(FREE if text in english.FREE else WORD, text)


def _in_place(before: Token | None, token: Token, after: Token | None) -> Token:
    """Function words that mean something where they stand: "rename a to b", "for loop", "if by when"."""
    if token.text == "a" and (after is None or after.kind in {RELATION, AND, WEAK}):
        return Token(WORD, token.text)
    if token.kind in {FREE, WEAK, RELATION} and _is_spoken_about(before, token, after):
        return Token(WORD, token.text)
    if token.text in english.CODE_WORDS and after and after.text in english.CODE_NOUNS:
        return Token(WORD, token.text)
    return token


def _is_spoken_about(before: Token | None, token: Token, after: Token | None) -> bool:
    """Whether there is nothing that a function word could belong to, so that it is meant itself."""
    if after is None:
        behind = before is not None and before.kind in {RELATION, WEAK, AND}
        return behind or token.kind in {RELATION, WEAK}
    if after.kind is RELATION:
        return True
    return before is not None and before.kind is RELATION and after.kind is AND


def _joined(found: list[Token]) -> list[Token]:
    """With "set up" as one word, so that it is the same as "setup"; "can not" likewise."""
    result: list[Token] = []
    for token in found:
        before = result[-1].text if result else ""
        if token == (NOT, "not") and before in {"can", "could", "would", "should", "will"}:
            auxiliary = {"can": "cannot", "will": "won't"}.get(before, f"{before}n't")
            result[-1] = Token(NOT, auxiliary)
            continue
        whole = next(
            (one for base in forms.bases(before) if (one := english.JOINED.get((base, token.text)))), None
        )
        if whole and token.kind is not FACT and result[-1].kind is not FACT:
            result[-1] = Token(WORD, whole)
        else:
            result.append(token)
    return result
