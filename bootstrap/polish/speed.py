"""What this machine's model can do within the deadline, from what its proof has measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Q4_K_M takes about 0.6 bytes for a parameter: 3 billion of them.
LARGE = 1_800_000_000
_SHARE = 0.5  # of the deadline that an answer may take: the machine has other things to do
_PROMPT = 450  # tokens of the fixed text and the list of files
_SUBJECT, _TYPE = 32, 5  # tokens of an answer
_USUAL, _MOST = 400, 1000  # tokens for the pieces of the change
_LETTERS = 3  # of source code in a token


@dataclass(frozen=True)
class Speed:
    """Tokens per second, reading and writing, None where not measured; bytes of the model's file."""

    model: str = ""
    reading: float | None = None
    writing: float | None = None
    size: int = 0

    def seconds(self, read: int, written: int) -> float | None:
        """How long an answer of so many tokens takes."""
        if not self.reading or not self.writing:
            return None
        return read / self.reading + written / self.writing


def measured(file: Path, model: str) -> Speed:
    """What the proof of this model has left. Nothing where there is none, or it is of another model."""
    try:
        found = json.loads(file.read_bytes())
        speed = Speed(
            str(found["model"]),
            _positive(found.get("prompt_tokens_per_second")),
            _positive(found.get("tokens_per_second")),
            int(found.get("model_bytes") or 0),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Speed()
    return speed if speed.model == model else Speed()


def mode(wanted: str, speed: Speed, deadline: float) -> str:
    """ "type" or "rewrite": for "auto" the latter where a large model answers well within the deadline."""
    if wanted != "auto":
        return wanted
    seconds = speed.seconds(_PROMPT + _USUAL, _SUBJECT)
    fits = seconds is not None and seconds <= deadline * _SHARE
    return "rewrite" if fits and speed.size >= LARGE else "type"


def least(speed: Speed) -> float | None:
    """How many seconds the shortest answer takes: a type, to nothing but the subject and a list of files."""
    return speed.seconds(_PROMPT, _TYPE)


def room(mode: str, speed: Speed, deadline: float) -> int:
    """How many characters of the change may be shown."""
    written = _SUBJECT if mode == "rewrite" else _TYPE
    tokens = float(_USUAL)
    if speed.reading and speed.writing:
        tokens = (deadline * _SHARE - written / speed.writing) * speed.reading - _PROMPT
    return int(max(0.0, min(tokens, _MOST))) * _LETTERS


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
