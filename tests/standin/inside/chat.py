"""What is said over HTTP, as plain data: OpenAI's requests in, OpenAI's answers out.

What all servers say, and what only `--server` (v1) does; `v2_chat` and `native_chat` are the others.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from . import abort
from .engines import Engine, Event

# What an answer may depend on, with llamafile's defaults; all else in a request is ignored.
HONOURED = {
    "temperature": 0.0,
    "top_k": 40,
    "top_p": 1.0,
    "seed": -1,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.0,
    "cache_prompt": False,
}


def prompt(messages: list[dict[str, Any]]) -> str:
    """The messages as chatml; TypeError where `content` is not text."""
    text = ""
    for message in messages:
        if not isinstance(message["content"], str):
            kind = type(message["content"]).__name__
            raise TypeError(f"type must be string, but is {kind}")
        text += f"<|im_start|>{message.get('role', '')}\n{message['content']}<|im_end|>\n"
    return f"{text}<|im_start|>assistant\n"


def request(body: dict[str, Any], text: str, limit: str, engine: Engine) -> dict[str, Any]:
    """The engine's request for this body; `limit` is the name of its limit of tokens.

    Where the real server dies of what the client sent, the process ends here.
    """
    stop = body.get("stop") or []
    stop = [stop] if isinstance(stop, str) else stop
    grammar = body.get("grammar", "")
    if not isinstance(grammar, str) or not all(isinstance(word, str) for word in stop):
        abort("[json.exception.type_error.302] type must be string")
    tokens = cut(engine.tokenize(text, whole=True), engine.slot_ctx)
    return {
        "prompt": tokens,
        # The real server shifts the context and goes on: a test should not run for ever.
        "n_predict": room(tokens, engine, int(value(body, limit, -1))),
        "grammar": grammar,
        "stop": [*stop, "<|im_end|>"],
        **{name: value(body, name, default) for name, default in HONOURED.items()},
    }


def value(body: dict[str, Any], name: str, default: Any) -> Any:
    """A number or switch of the request; null is the default, text is a TypeError."""
    given = body.get(name)
    if given is None:
        return default
    if not isinstance(given, (bool, int, float)):
        raise TypeError(f"type must be number, but is {type(given).__name__}")
    return given


def room(tokens: list[int], engine: Engine, wanted: int) -> int:
    """How many tokens may come after these: as many as wanted (below 0: any number) and as fit."""
    left = engine.slot_ctx - len(tokens)
    return left if wanted < 0 else min(wanted, left)


def cut(tokens: list[int], size: int) -> list[int]:
    """A prompt too long for the context, without its oldest half contexts."""
    half = size // 2
    return tokens if len(tokens) < size else tokens[(len(tokens) - half) // half * half :]


def events(engine: Engine, asked: dict[str, Any]) -> Iterator[Event]:
    """The engine's events, with the end-of-turn text left in the content, as llamafile does."""
    with closing(engine.generate(asked)) as generated:
        for part in generated:
            if part["stop"] and part["stop_type"] == "eos" and engine.eos not in asked["stop"]:
                yield {"content": engine.eos, "stop": False}
            yield part


def chunk(part: Event, model: str) -> dict[str, Any] | None:
    """One event of a streamed chat; None for one that says nothing."""
    if part["stop"]:
        choice = {"finish_reason": reason(part), "index": 0, "delta": {}}
    elif part["content"]:
        choice = {"finish_reason": None, "index": 0, "delta": {"content": part["content"]}}
    else:
        return None
    return {"choices": [choice], "object": "chat.completion.chunk", **stamp(model)}


def answer(content: str, last: Event, model: str) -> dict[str, Any]:
    """A whole chat answer; its finish_reason is "stop" whatever ended it."""
    message = {"role": "assistant", "content": content}
    return {
        "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
        "object": "chat.completion",
        "usage": usage(last),
        **stamp(model),
    }


def reason(last: Event) -> str:
    """Why it ended, as OpenAI calls it."""
    return "length" if last["stop_type"] == "limit" else "stop"


def usage(last: Event) -> dict[str, int]:
    """What it cost, in tokens."""
    prompt_tokens, completion_tokens = last["tokens_evaluated"], last["tokens_predicted"]
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def stamp(model: str, kind: str = "chatcmpl") -> dict[str, Any]:
    """Which answer it is, of which model, and when."""
    return {"created": int(time.time()), "id": f"{kind}-{uuid.uuid4().hex}", "model": model}
