"""Lines that fit on a terminal: broken between words, below what they say, and never within a path or a
command, which would not work any more where they are copied."""

from __future__ import annotations

import re

# what stands in columns, or in front of a message
_FRONT = re.compile(r" *(?:(?:error|help|now|done|kept|taken back): +|\d+\. +|✓ |(?:\S+ {2,}){1,3})?")
_COMMANDS = {
    "bootstrap", "sudo", "git", "xattr", "sh", "curl", "export", "unset", "wsl", "xcode-select", "journalctl",
    "lefthook", "cd", "ulimit", "crontab", "systemctl", "loginctl", "chown", "chmod", "podman", "docker",
}  # fmt: skip
_SHELL = ("&&", "||", "$(", '"$', "{run", "{commands")


def folded(text: str, width: int) -> str:
    """The text in lines of so many columns, if that can be."""
    return "\n".join(part for line in text.split("\n") for part in _lines(line, width))


def _lines(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    found = _FRONT.match(line)
    front = found[0] if found else ""
    below = " " * (len(front) if len(front) <= width // 2 else 4)
    lines, now = [], front
    for word in _words(line[len(front) :]):
        fits = len(now) + len(word) + (not now.endswith(" ")) <= width
        if now.strip() and not fits and now != front:
            lines.append(now.rstrip())
            now = below + word
        else:
            now += word if now == front or not now.strip() else f" {word}"
    return [*lines, now.rstrip()]


def _words(text: str) -> list[str]:
    """What may be broken between: a command at the end is one word."""
    places = [0, *(found.end() for found in re.finditer(": ", text))]
    place = next((place for place in places if _is_command(text[place:])), None)
    if place is None and any(mark in text for mark in _SHELL):
        place = next((place for place in reversed(places) if any(mark in text[place:] for mark in _SHELL)), 0)
    if place is None:
        return text.split(" ")
    return [*text[:place].rstrip().split(" "), text[place:]] if place else [text]


def _is_command(text: str) -> bool:
    first, _, rest = text.partition(" ")
    return (
        first in _COMMANDS
        or first.startswith(("/bin/", "/usr/"))
        or (not rest and first[:1] in {"/", "~"})
        or bool(re.match(r"[A-Z_]+=\S* ", text))
    )
