"""Message surgery: takes the one line that may be replaced out of a commit message, and puts another
one in, with everything else byte for byte as it was. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

MAX_BYTES = 64 * 1024
_BLANK = " \t\r"  # what git strips, and no other white space of Unicode
_NUMBERED = r"\(?[#!]\d+\)?"  # #12 of GitHub, !12 of GitLab
_TICKET = r"[A-Z][A-Z0-9_]*-\d+"
_TAG = r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]"
_PREFIX = re.compile(rf"(?:(?:\[{_TICKET}\]:?|{_TICKET}:|\(?#\d+\)?:?|{_TAG})[ \t]+)+")
_SUFFIX = re.compile(rf"(?:[ \t]+(?:{_NUMBERED}|\[{_TICKET}\]|\({_TICKET}\)|{_TAG}))+$")
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE:[ \t]", re.MULTILINE)
_SCISSORS = "------------------------ >8 ------------------------"  # wt-status.c of git


@dataclass(frozen=True)
class Message:
    """A message in three parts, which together are its text.

    alone: whether the line is a subject, with nothing or a blank line below it.
    """

    before: str
    line: str
    after: str
    alone: bool

    @property
    def subject(self) -> str:
        """The line that may be replaced, without the white space around it."""
        return self.line.strip(" \t")


@dataclass(frozen=True)
class Affixes:
    """A subject in three parts: ticket prefixes, what was said, and suffixes such as `(#12)`."""

    prefix: str
    core: str
    suffix: str


def decode(raw: bytes) -> str | None:
    """The text of a message file, None for what is left alone: not UTF-8, with NUL, or too long."""
    if len(raw) > MAX_BYTES or b"\0" in raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def split(text: str, comment: str | None) -> Message:
    """Find the subject: the first line that is neither blank nor a comment.

    comment: what comment lines begin with, None where git will keep such lines as text.
    The line is "" in a message without a subject.
    """
    lines = text.split("\n")  # not splitlines(), for which a form feed or U+2028 ends a line too
    for number, line in enumerate(lines):
        if _is_scissors(line, comment):
            break
        if _says(line, comment):
            return _message(lines, number, comment)
    return Message(text, "", "", alone=False)


def join(message: Message, subject: str) -> str:
    """The message with this subject in the place of its own."""
    return message.before + subject + message.after


def affixes(subject: str) -> Affixes:
    """Take off what stands before and after the words; the three parts together are the subject."""
    start = _PREFIX.match(subject)
    begin = start.end() if start else 0
    end = _SUFFIX.search(subject, begin)
    stop = end.start() if end else len(subject)
    return Affixes(subject[:begin], subject[begin:stop], subject[stop:])


def marks_breaking(message: Message) -> bool:
    """Whether a footer says BREAKING CHANGE (`git interpret-trailers` does not know that one)."""
    return bool(_BREAKING.search(message.after))


def with_note(message: Message, note: str, comment: str | None) -> Message:
    """The message with one more comment line, above those that git wrote below it for the editor.

    Without such lines the message stays as it is: then git may keep what begins like a comment.
    """
    return replace(message, after=noted(message.after, note, comment))


def noted(text: str, note: str, comment: str | None) -> str:
    """As `with_note`, for a message that nobody has written yet."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _is_scissors(line, comment):
            break
        if comment and line.startswith(comment):
            end = "\r" if line.endswith("\r") else ""
            lines.insert(number, f"{comment} {note}{end}")
            return "\n".join(lines)
    return text


def _message(lines: list[str], number: int, comment: str | None) -> Message:
    line = lines[number]
    before = "".join(f"{earlier}\n" for earlier in lines[:number])
    if number == 0 and line.startswith("\ufeff"):
        before, line = "\ufeff", line[1:]
    end = "\r" if line.endswith("\r") else ""
    below = lines[number + 1 :]
    after = end + ("\n" + "\n".join(below) if below else "")
    return Message(before, line.removesuffix("\r"), after, _is_alone(below, comment))


def _is_alone(below: list[str], comment: str | None) -> bool:
    for line in below:
        if comment and line.startswith(comment):
            if _is_scissors(line, comment):
                return True
            continue  # git takes it out and joins what stands around it
        return not line.strip(_BLANK)
    return True


def _says(line: str, comment: str | None) -> bool:
    return bool(line.strip(_BLANK + "\ufeff")) and not (comment and line.startswith(comment))


def _is_scissors(line: str, comment: str | None) -> bool:
    return bool(comment) and line.rstrip("\r") == f"{comment} {_SCISSORS}"
