"""What a model's answer means: a type, or a whole subject. Nothing else of it is listened to. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap.polish import prompt, repair
from bootstrap.polish.convention import Subject, parse

if TYPE_CHECKING:
    from bootstrap.polish.prompt import Wanted

_HEAD = re.compile(r"(?P<type>[\w-]+)(?:\((?P<scope>[^()\n]*)\))?!?(?::.*)?", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)


def kind(answer: str, wanted: Wanted) -> tuple[str, str | None] | None:
    """The type, and the scope if it is one of those to choose from; None for anything but a type.

    A server without grammars may go on behind the colon; that is not listened to.
    """
    found = _HEAD.fullmatch(_text(answer))
    if not found or found["type"] not in wanted.rules.types:
        return None
    return found["type"], found["scope"] if found["scope"] in wanted.scopes else None


def subject(answer: str, wanted: Wanted) -> tuple[Subject | None, str]:
    """The subject that it wrote, with the repairs that need no model; or None and why it is none."""
    text = _text(answer)
    found = parse(text, wanted.rules.types) if text.isprintable() else None
    if not found:
        return None, "it is no subject with a known type"
    if found.scope and found.scope not in wanted.scopes:
        return None, f"it adds the scope \u201c{found.scope}\u201d"
    if found.breaking and not wanted.breaking:
        return None, "it says that the change is a breaking one"
    return Subject(found.type, found.scope, wanted.breaking, repair.description(found.description)), ""


def _text(answer: str) -> str:
    text = _THOUGHT.sub("", answer)
    for end in (*prompt.STOP, "<|im_end|>"):
        text = text.split(end)[0]
    return text.strip()
