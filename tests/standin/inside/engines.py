"""What computes the answers: llama.cpp, or a script that knows the answer at once.

Both speak the tongue of llama.cpp's own `/completion`: a request with `prompt` as tokens, events
with `content` and `tokens`, and a last event with `stop`, `stop_type` (eos, word, limit) and the
token counts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from . import archive, leave
from .flags import Flags

Event = dict[str, Any]


class EngineError(Exception):
    """The engine cannot load this model or refuses this request."""


class Engine(Protocol):
    """One loaded model."""

    eos: str
    slot_ctx: int

    def tokenize(self, text: str, *, whole: bool = False, special: bool = True) -> list[int]:
        """The tokens of a text; `whole` puts the token for the beginning of a text before them, and
        with `special` the text of a control token becomes that token."""

    def detokenize(self, tokens: list[int]) -> str:
        """The text of these tokens."""

    def generate(self, request: dict[str, Any]) -> Iterator[Event]:
        """The events of one completion; closing the iterator cancels it."""

    def embed(self, tokens: list[int]) -> list[float]:
        """What the text means, as a vector of length 1; the flags have to ask for embeddings."""


def load(flags: Flags, engine: str) -> Engine:
    """The engine with the model in it; ends the process where there is no usable model."""
    if engine == "scripted":
        from .scripted import Scripted as Loaded
    else:
        from .llamacpp import LlamaCpp as Loaded  # type: ignore[assignment]
    try:
        with archive.weights(flags.model) as path:
            return Loaded(flags.but(model=path))
    except FileNotFoundError:
        name = Path(flags.model).name
        leave(1, f"{flags.model}: no {name} file found in zip archive\nunable to load model")
    except (EngineError, OSError) as error:
        leave(1, f"{flags.model}: {error}\nunable to load model")
