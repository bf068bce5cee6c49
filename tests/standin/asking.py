"""What is asked of every server that is imitated, and how the tests wait for it."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx

CHAT, TEXT, VECTOR = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"

web = httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


def ask(url: str, path: str = CHAT, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    """POST it; a chat says hello, unless it says something else."""
    if path == CHAT:
        body = {"messages": [{"role": "user", "content": "hello"}], **body}
    return web.post(url + path, json=body, headers=headers)


def events(response: httpx.Response) -> list[Any]:
    """The parts of a stream that comes to an end as OpenAI's do."""
    *lines, done = response.text.strip().split("\n\n")
    assert done == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
