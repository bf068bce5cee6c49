"""What llama.cpp's own server lets in and what it says, as plain data, for the scripted engine.

Observed at llama.cpp of late, as xllamacpp has it; the tests hold both to the same.
"""

import base64
import struct
from collections.abc import Iterator
from typing import Any

from . import chat
from .engines import Engine, Event


class RequestError(Exception):
    """The request is refused with this status, kind and reason."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": status, "message": message, "type": kind, **more}


def invalid(message: str) -> RequestError:
    """What is said of a wrong request."""
    return RequestError(400, "invalid_request_error", message)


def prompt(body: dict[str, Any]) -> str:
    """The messages as chatml, with the parts of a content put together."""
    if "messages" not in body:
        raise invalid("'messages' is required")
    if not isinstance(body["messages"], list):
        raise invalid("Expected 'messages' to be an array")
    messages = []
    for message in body["messages"]:
        content = message["content"]
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content)
        messages.append({**message, "content": content})
    return chat.prompt(messages)


def tokens(text: str, engine: Engine) -> list[int]:
    """The tokens of a prompt that leaves room for an answer: nothing is ever cut."""
    found, size = engine.tokenize(text, whole=True), engine.slot_ctx
    if len(found) >= size:
        message = f"request ({len(found)} tokens) exceeds the available context size ({size} tokens)"
        counts = {"n_prompt_tokens": len(found), "n_ctx": size}
        raise RequestError(400, "exceed_context_size_error", message, **counts)
    return found


def request(body: dict[str, Any], prompt_tokens: list[int], engine: Engine) -> dict[str, Any]:
    """The engine's request for this body."""
    chat.value(body, "temperature", 0)
    stop = body.get("stop") or []
    stop = [stop] if isinstance(stop, str) else stop
    if not all(isinstance(word, str) for word in stop):
        raise invalid("Field 'stop': type must be string")
    limit = next(
        (body[name] for name in ("max_tokens", "max_completion_tokens", "n_predict") if name in body), -1
    )
    schema = body.get("json_schema")
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"].get("schema", {})
    elif wanted.get("type") == "json_object":
        schema = wanted.get("schema", {})
    return {
        "prompt": prompt_tokens,
        "n_predict": chat.room(prompt_tokens, engine, int(-1 if limit is None else limit)),
        "grammar": body.get("grammar") or "",
        "stop": stop,
        **({} if schema is None else {"json_schema": schema}),
    }


class Answer:
    """One answer, whole or in parts."""

    def __init__(self, model: str, *, chatting: bool, usage: bool) -> None:
        self.chatting, self.usage = chatting, usage
        self.base = {"system_fingerprint": "b0-unknown", **chat.stamp(model)}

    def whole(self, parts: list[Event], last: Event) -> dict[str, Any]:
        text = "".join(part["content"] for part in parts)
        said = {"message": {"role": "assistant", "content": text}} if self.chatting else {"text": text}
        kind = "chat.completion" if self.chatting else "text_completion"
        return {**self._of(kind, said, chat.reason(last)), **self._counted(last)}

    def parts(self, generated: Iterator[Event]) -> Iterator[dict[str, Any]]:
        kind = "chat.completion.chunk" if self.chatting else "text_completion"
        begun = not self.chatting
        for part in generated:
            if not begun:
                yield self._of(kind, {"delta": {"role": "assistant", "content": None}}, None)
                begun = True
            text = part["content"]
            if not part["stop"]:
                yield self._of(kind, {"delta": {"content": text}} if self.chatting else {"text": text}, None)
                continue
            last = self._of(kind, {"delta": {}} if self.chatting else {"text": ""}, chat.reason(part))
            if not self.chatting:
                yield {**last, **self._counted(part)}
            elif self.usage:
                yield last
                yield {**last, "choices": [], **self._counted(part)}
            else:
                yield {**last, "timings": self._counted(part)["timings"]}

    def _of(self, kind: str, said: dict[str, Any], reason: str | None) -> dict[str, Any]:
        more = {} if self.chatting else {"logprobs": None}
        return {
            **self.base,
            "object": kind,
            "choices": [{"finish_reason": reason, "index": 0, **more, **said}],
        }

    def _counted(self, last: Event) -> dict[str, Any]:
        counts = {"cache_n": 0, "prompt_n": last["tokens_evaluated"], "predicted_n": last["tokens_predicted"]}
        details = {"prompt_tokens_details": {"cached_tokens": 0}}
        return {"usage": {**chat.usage(last), **details}, "timings": counts}


def embeddings(body: dict[str, Any], model: str, engine: Engine) -> dict[str, Any]:
    """The vectors of one text or of several, as numbers or in base64."""
    given = body.get("input", body.get("content"))
    if given is None:
        raise invalid('"input" or "content" must be provided')
    one = isinstance(given, str) or (given and isinstance(given[0], int))
    data, count = [], 0
    for index, text in enumerate([given] if one else given):
        found = tokens(text, engine) if isinstance(text, str) else text
        vector: Any = engine.embed(found)
        count += len(found)
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        data.append({"embedding": vector, "index": index, "object": "embedding"})
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"model": model, "object": "list", "usage": usage, "data": data}
