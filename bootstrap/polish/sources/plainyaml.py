"""A reader of the plain part of YAML that configuration files keep to. Pure.

Block and flow lists and mappings, plain and quoted scalars, comments (https://yaml.org/spec/1.2.2/).
Block scalars are passed over and read as "". Anchors, tags, several documents and plain scalars over
several lines are not made out: better no answer than a wrong one.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_LONGEST = 64 * 1024  # characters
_DEEPEST = 20
_QUOTED = r"'(?:[^']|'')*'|\"(?:\\.|[^\"\\])*\""
# One that is never closed goes to the end, so that each character is read once.
_QUOTES = re.compile(r"'(?:[^']|'')*+'?|\"(?:\\.|[^\"\\])*+\"?")
_COMMENT = re.compile(rf"((?<![^\s\[{{,:])(?:{_QUOTED}))|(?:(?<=\s)|^)#.*")
_KEY = re.compile(rf"({_QUOTED}|[^\s'\"\[\]{{}}#&*!|>%@`?,-].*?|-[^\s].*?):(?:\s+(.*))?$")
_TOKEN = re.compile(rf"\s*(?:([\[\]{{}},]|:(?=\s|$))|({_QUOTED})|((?:[^\[\]{{}},:'\"\s]|:(?=\S))"
                    r"(?:[^\[\]{},:]|:(?=\S))*))")  # fmt: skip
_NUMBER = re.compile(r"-?\d{1,9}")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Line(NamedTuple):
    indent: int
    text: str


def load(text: str) -> Any:  # noqa: ANN401  # anything can be in a file
    """What a document holds. Raises ValueError where it is not plain."""
    if len(text) > _LONGEST:
        raise ValueError("it is too long")
    lines = _lines(text)
    if lines and lines[0] == (0, "---"):
        del lines[0]
    if not lines:
        return None
    if lines[0].text[0] in "[{":
        return _flow(" ".join(line.text for line in lines))
    reader = _Blocks(lines)
    found = reader.block(0)
    if reader.at < len(lines):
        raise ValueError("a line is indented less than the first")
    return found


def _lines(text: str) -> list[_Line]:
    found = []
    for raw in text.split("\n"):
        line = _COMMENT.sub(r"\1", raw).rstrip()
        bare = line.lstrip(" ")
        if bare.startswith("\t"):
            raise ValueError("a line is indented with a tab")
        if bare:
            found.append(_Line(len(line) - len(bare), bare))
    return found


class _Blocks:
    """Reads the lines from `at` on as block lists and mappings."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines
        self.at = 0

    def block(self, depth: int) -> Any:  # noqa: ANN401
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        line = self.lines[self.at]
        if _is_item(line.text):
            return self._list(line.indent, depth)
        return self._mapping(line.indent, depth)

    def _list(self, indent: int, depth: int) -> list[Any]:
        found: list[Any] = []
        while (line := self._next(indent)) and _is_item(line.text):
            rest = line.text[1:].lstrip()
            if _is_item(rest) or _KEY.fullmatch(rest):
                self.lines[self.at] = _Line(indent + len(line.text) - len(rest), rest)
                found.append(self.block(depth + 1))
            else:
                self.at += 1
                found.append(self._value(rest, indent, depth))
        return found

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self._next(indent)) and not _is_item(line.text):
            key = _KEY.fullmatch(line.text)
            if not key:
                raise ValueError(f"no key in {line.text[:40]!r}")
            self.at += 1
            if not key[2] and self._is_list_at(indent):
                value = self._list(indent, depth + 1)
            else:
                value = self._value(key[2] or "", indent, depth)
            found[str(_scalar(key[1].rstrip()))] = value
        return found

    def _is_list_at(self, indent: int) -> bool:
        """Whether the next line is an item of a list with this indent: it may be that of its key."""
        if self.at == len(self.lines):
            return False
        line = self.lines[self.at]
        return line.indent == indent and _is_item(line.text)

    def _next(self, indent: int) -> _Line | None:
        """The line that is to be read, if it has this indent; None at a lesser one or at the end."""
        if self.at == len(self.lines) or self.lines[self.at].indent < indent:
            return None
        if self.lines[self.at].indent > indent:
            raise ValueError("a line is indented more than the one above")
        return self.lines[self.at]

    def _value(self, text: str, indent: int, depth: int) -> Any:  # noqa: ANN401
        """What stands behind a key or a dash: here, or indented below."""
        deeper = self.at < len(self.lines) and self.lines[self.at].indent > indent
        if text[:1] in {"|", ">"}:
            while self.at < len(self.lines) and self.lines[self.at].indent > indent:
                self.at += 1
            return ""
        if not text and deeper and self.lines[self.at].text[0] in "[{":
            text = self.lines[self.at].text
            self.at += 1
        elif not text:
            return self.block(depth + 1) if deeper else None
        if text[0] in "[{":
            return _flow(self._until_closed(text))
        if deeper and self.lines[self.at].indent > indent:
            raise ValueError("a scalar runs over several lines")
        return _scalar(text)

    def _until_closed(self, text: str) -> str:
        """A flow list or mapping, with the lines below that it runs over."""
        parts = [text]
        still_open = _opened(text)
        while still_open > 0 and self.at < len(self.lines):
            parts.append(self.lines[self.at].text)
            still_open += _opened(parts[-1])
            self.at += 1
        return " ".join(parts)


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _opened(text: str) -> int:
    bare = _QUOTES.sub("", text)
    return sum((mark in "[{") - (mark in "]}") for mark in bare)


def _flow(text: str) -> Any:  # noqa: ANN401
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise ValueError(f"cannot read {text[at : at + 40]!r}")
        tokens.append(found[0].strip())
        at = found.end()
    tokens.reverse()
    value = _flow_value(tokens, 0)
    if tokens:
        raise ValueError("something stands behind the end")
    return value


def _flow_value(tokens: list[str], depth: int) -> Any:  # noqa: ANN401
    """The value at the end of `tokens`, which is taken off; they stand in reverse."""
    if not tokens or depth > _DEEPEST:
        raise ValueError("it does not end, or is nested too deep")
    first = tokens.pop()
    if first not in {"[", "{"}:
        return _scalar(first)
    close = "]" if first == "[" else "}"
    found: list[Any] = []
    while tokens and tokens[-1] != close:
        value = _flow_value(tokens, depth + 1)
        if first == "{":
            if not tokens or tokens.pop() != ":":
                raise ValueError("a key has no value")
            value = (str(value), _flow_value(tokens, depth + 1))
        found.append(value)
        if tokens and tokens[-1] == ",":
            tokens.pop()
        elif tokens and tokens[-1] != close:
            raise ValueError("a comma is missing")
    if not tokens:
        raise ValueError("it does not end")
    tokens.pop()
    return found if first == "[" else dict(found)


def _scalar(text: str) -> str | int | bool | None:
    if re.fullmatch(_QUOTED, text):
        inner = text[1:-1]
        return inner.replace("''", "'") if text[0] == "'" else re.sub(r"\\(.)", r"\1", inner)
    if text[0] in "[]{},:&*!|>%@`'\"#" or re.search(r"^[-?](?:\s|$)|:(?:\s|$)", text):
        raise ValueError(f"cannot read {text[:40]!r}")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) else text
