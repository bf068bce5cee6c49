"""Client of an OpenAI-compatible server: a streamed completion within a deadline, and its models.

Always streams: a client that leaves a non-streaming request does not free llamafile's only slot.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.errors import ServerError
from bootstrap.messages import tr
from bootstrap.polish import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse

_STRANGER = tr("check api_base in config.toml: is that an OpenAI-compatible server?")
_LOGS = tr("run: bootstrap logs")
_LIST = 8 << 20  # bytes: a gateway such as LiteLLM's proxy tells a lot of hundreds of models


@dataclass(frozen=True)
class Answer:
    """What the model wrote. pieces: in how many parts it came; times in seconds from the start."""

    text: str
    finish_reason: str
    pieces: int
    first_piece_seconds: float
    seconds: float


def complete(
    api_base: str,
    payload: Mapping[str, Any],
    *,
    deadline: float,
    connect_timeout: float = 0.3,
    api_key: str | None = None,
) -> Answer:
    """Ask for a chat completion.

    deadline: the moment of time.monotonic() at which all is over; connect_timeout: seconds.
    Raises ServerError for everything that is not a finished answer with text in it.
    """
    started = time.monotonic()
    # "grammar": null would end a llamafile 0.9.3 server
    given = {key: value for key, value in payload.items() if value is not None}
    body = json.dumps(given | {"stream": True}).encode()
    call = wire.Call(api_base, "/chat/completions", deadline, connect_timeout, body, api_key)
    pieces: list[str] = []
    finish, first = "", 0.0
    with wire.exchange(call) as answer:
        for choice in _choices(answer):
            if text := _text_of(choice):
                first = first or time.monotonic() - started
                pieces.append(text)
            finish = str(choice.get("finish_reason") or finish)
    text = "".join(pieces)
    if not finish:
        raise ServerError(tr("{api_base} stopped in the middle of its answer", api_base=api_base), _LOGS)
    if not text.strip():
        raise ServerError(tr("{api_base} gave an empty answer", api_base=api_base), _LOGS)
    return Answer(text, finish, len(pieces), first, time.monotonic() - started)


def models(api_base: str, *, timeout: float, api_key: str | None = None) -> list[str]:
    """The names of the models that a server has. timeout in seconds. Raises ServerError."""
    call = wire.Call(api_base, "/models", time.monotonic() + timeout, timeout, None, api_key, _LIST)
    with wire.exchange(call) as answer:
        data = _object(answer.read()).get("data")
    if not isinstance(data, list):
        raise ServerError(tr("{api_base} does not list its models", api_base=api_base), _STRANGER)
    names = [model.get("id") for model in data if isinstance(model, dict)]
    return [name for name in names if isinstance(name, str)]


def _choices(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    """The first choice of each part of the answer. Parts without one may come, as with the usage."""
    seen = False
    for part in _parts(answer):
        if "error" in part:
            said = part["error"]
            said = said.get("message", said) if isinstance(said, dict) else said
            raise ServerError(tr("the server says: {said}", said=wire.one_line(str(said))), _LOGS)
        choices = part.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            seen = True
            yield choices[0]
    if not seen:
        raise ServerError(tr("the server's answer holds no choices"), _STRANGER)


def _parts(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    """The server-sent events, or the one object of a server that does not stream."""
    if "json" in answer.headers.get("Content-Type", ""):
        yield _object(answer.read())
        return
    while line := answer.readline():
        name, _, value = line.partition(b":")
        if name == b"error":  # how llamafile's server ends a stream that failed
            raise ServerError(
                tr("the server says: {said}", said=wire.one_line(value.decode(errors="replace"))), _LOGS
            )
        if name == b"data" and value.strip() not in {b"", b"[DONE]"}:
            yield _object(value)


def _object(text: bytes) -> dict[str, Any]:
    """Raises ValueError, which `exchange` explains."""
    value = json.loads(text.decode(errors="replace"))
    if not isinstance(value, dict):
        raise ValueError(tr("not an object"))
    return value


def _text_of(choice: Mapping[str, Any]) -> str:
    part = choice.get("delta") or choice.get("message")
    text = part.get("content") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""
