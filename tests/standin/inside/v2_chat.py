"""What `--server --v2` lets in and what it says, as plain data.

It looks at every field that it knows before it answers, and at no other: `grammar` is none of them.
Sources: v1_chat_completions.cpp and v1_completions.cpp in llamafile/server.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from . import chat
from .engines import Engine, Event

ROLES = ("system", "user", "assistant")
UNSUPPORTED = (
    "tools", "audio", "logprobs", "functions", "modalities", "tool_choice", "top_logprobs",
    "function_call", "parallel_tool_calls",
)  # fmt: skip
STOPS, STOP_SIZE = 4, 50
BATCH = 256  # tokens of a prompt, after each of which a stream tells how far it is
RESERVED = 0.15  # of the context, for the answer
RANGES = {
    "temperature": (0, 2, 1.0),
    "top_p": (0, 1, 1.0),
    "presence_penalty": (-2, 2, 0.0),
    "frequency_penalty": (-2, 2, 0.0),
}  # fmt: skip
# What makes a schema one that its converter to a grammar knows, besides a `type`.
SCHEMA = {
    "type", "$ref", "oneOf", "anyOf", "allOf", "const", "enum", "properties", "additionalProperties",
    "items", "prefixItems", "pattern",
}  # fmt: skip


class RequestError(Exception):
    """The request is refused with this status and this reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def demand(condition: object, reason: str) -> None:
    if not condition:
        raise RequestError(400, reason)


@dataclass
class Asked:
    """A request that has been looked at."""

    model: str
    chatting: bool
    stream: bool
    usage: bool  # whether a stream tells the usage
    limit: int
    stops: list[str]
    sampling: dict[str, Any]

    @classmethod
    def of(cls, body: dict[str, Any], *, chatting: bool) -> "Asked":
        for name in UNSUPPORTED if chatting else ("suffix",):
            demand(name not in body, f"{name} is not supported")
        demand(isinstance(body.get("model"), str), "model must be a string")
        for name in ("n",) if chatting else ("n", "best_of"):
            demand(_integer(body, name, 1) == 1, f"{name} must be 1")
        options = body.get("stream_options") or {}
        demand(isinstance(options, dict), "stream_options must be an object")
        limit = _integer(body, "max_tokens", -1)
        sampling = {name: _number(body, name, *limits) for name, limits in RANGES.items()}
        return cls(
            model=body["model"],
            chatting=chatting,
            stream=_boolean(body, "stream"),
            usage=_boolean(options, "include_usage"),
            limit=_integer(body, "max_completion_tokens", limit),
            stops=_stops(body.get("stop")),
            sampling={
                **sampling,
                "seed": _integer(body, "seed", -1),
                **(_format(body.get("response_format")) if chatting else {"grammar": ""}),
            },
        )


def _boolean(body: dict[str, Any], name: str) -> bool:
    given = body.get(name)
    demand(given is None or isinstance(given, bool), f"{name} must be a boolean")
    return bool(given)


def _integer(body: dict[str, Any], name: str, default: int) -> int:
    given = body.get(name)
    demand(
        given is None or (isinstance(given, int) and not isinstance(given, bool)),
        f"{name} must be an integer",
    )
    return default if given is None else int(given)


def _number(body: dict[str, Any], name: str, least: float, most: float, default: float) -> float:
    given = body.get(name)
    if given is None:
        return default
    numeric = isinstance(given, (int, float)) and not isinstance(given, bool)
    demand(numeric and least <= given <= most, f"{name} must be a number from {least} to {most}")
    return float(given)


def _stops(given: object) -> list[str]:
    if given is None or isinstance(given, str):
        return [] if given is None else [given]
    demand(isinstance(given, list) and len(given) <= STOPS, f"stop must be a string or at most {STOPS}")
    assert isinstance(given, list)
    for stop in given:
        demand(isinstance(stop, str) and len(stop.encode()) <= STOP_SIZE, f"stop over {STOP_SIZE} bytes")
    return given


def _format(given: object) -> dict[str, Any]:
    """What the answer has to look like; the schema is the whole of `json_schema`, not what is in it."""
    if given is None or given == "auto":
        return {"grammar": ""}
    demand(isinstance(given, dict), "response_format must be auto or an object")
    assert isinstance(given, dict)
    kind, schema = given.get("type"), given.get("json_schema")
    if kind == "json_object":
        return {"json_schema": {"type": "object"}}
    demand(kind == "json_schema" and isinstance(schema, dict), "response_format is not supported")
    demand(not schema or SCHEMA & schema.keys(), "bad json schema")
    return {"json_schema": schema}


def prompt(messages: Any, engine: Engine) -> list[int]:
    """The tokens of a chat, without the oldest messages where it is too long for the context."""
    demand(isinstance(messages, list) and messages, "messages must be an array with messages")
    for message in messages:
        demand(isinstance(message, dict) and message.get("role") in ROLES, f"role must be one of {ROLES}")
        content = message.get("content")
        demand(isinstance(content, str) and content, "content must be a string that is not empty")
    kept, forget = list(messages), int(messages[0]["role"] == "system")
    while True:
        tokens = engine.tokenize(chat.prompt(kept), whole=True)
        if len(tokens) <= engine.slot_ctx * (1 - RESERVED):
            return tokens
        demand(len(kept) > forget + 1, "out_of_context_due_to_long_message")
        del kept[forget]


def events(engine: Engine, tokens: list[int], asked: Asked) -> Iterator[Event]:
    """The engine's events, up to the end of a stop: only its last token is held back."""
    stops = [engine.tokenize(stop, special=False) for stop in asked.stops]
    request = {
        "prompt": tokens,
        "n_predict": chat.room(tokens, engine, asked.limit),
        "stop": [],
        "return_tokens": True,
        "cache_prompt": True,
        **asked.sampling,
    }
    history = list(tokens)
    with closing(engine.generate(request)) as generated:
        for part in generated:
            history += part["tokens"]
            if not part["stop"] and any(history[len(history) - len(stop) :] == stop for stop in stops):
                yield {**part, "content": "", "stop": True, "stop_type": "word"}
                return
            yield part


class Answer:
    """One answer, whole or in parts."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        kind, name = ("chatcmpl", "chat.completion") if asked.chatting else ("cmpl", "text_completion")
        self.base = {"object": name, "system_fingerprint": "fp_standin", **chat.stamp(asked.model, kind)}

    def whole(self, parts: list[Event], last: Event) -> dict[str, Any]:
        text = "".join(part["content"] for part in parts)
        said = {"message": {"role": "assistant", "content": text}} if self.asked.chatting else {"text": text}
        return {**self._of(said, chat.reason(last)), "usage": chat.usage(last)}

    def parts(self, size: int, generated: Iterator[Event]) -> Iterator[dict[str, Any]]:
        """The chunks of a stream for a prompt of this size; all but the last have no usage."""
        nothing = {"usage": None} if self.asked.usage else {}
        role = self._of({"delta": {"role": "assistant", "content": ""}}, None) | nothing
        if self.asked.chatting and size > BATCH:
            yield from ({**role, "x_prefill_progress": done / size} for done in range(0, size, BATCH))
        yield role
        for part in generated:
            ending = {"usage": chat.usage(part)} if part["stop"] and self.asked.usage else nothing
            if part["content"] or part["stop"]:
                said = part["content"]
                delta = {"delta": {"content": said}} if self.asked.chatting else {"text": said}
                yield self._of(delta, chat.reason(part) if part["stop"] else None) | ending

    def _of(self, said: dict[str, Any], reason: str | None) -> dict[str, Any]:
        return {**self.base, "choices": [{"index": 0, "logprobs": None, "finish_reason": reason, **said}]}
