"""What computes the answers: llama.cpp, or a script that knows the answer at once.

Both speak the tongue of llama.cpp's own `/completion`: a request with `prompt` as tokens, events
with `content`, and a last event with `stop`, `stop_type` (eos, word, limit) and the token counts.
"""

import http.client
import json
import os
import re
import socket
from collections.abc import Container, Iterator
from contextlib import closing
from typing import Any, Protocol

from .flags import Flags

Event = dict[str, Any]


class EngineError(Exception):
    """The engine cannot load this model or refuses this request."""


class Engine(Protocol):
    """One loaded model."""

    eos: str
    slot_ctx: int

    def tokenize(self, text: str, *, whole: bool = False) -> list[int]:
        """The tokens of a text; `whole` puts the token for the beginning of a text before them."""

    def detokenize(self, tokens: list[int]) -> str:
        """The text of these tokens."""

    def generate(self, request: dict[str, Any]) -> Iterator[Event]:
        """The events of one completion; closing the iterator cancels it."""


class LlamaCpp:
    """llama.cpp in this process, behind its own server on a loopback port nobody is told of."""

    def __init__(self, flags: Flags) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = flags.model
        params.n_ctx = flags.ctx_size
        params.n_parallel = flags.parallel
        params.cpuparams.n_threads = flags.threads or min(4, os.cpu_count() or 1)
        params.warmup = False
        params.fit_params = False
        params.cache_ram_mib = 0
        params.hostnames = ["127.0.0.1"]
        params.port = spare_port(range(flags.port, flags.port + 11))
        try:
            self._server = xllamacpp.Server(params)  # gone with its last reference
        except RuntimeError as error:
            raise EngineError(str(error)) from error
        self._address = self._server.listening_address.removeprefix("http://")
        props = json.loads(self._ask("GET", "/props"))
        self.eos = props["eos_token"]
        # llama.cpp rounds a small context up, llamafile does not.
        room = props["default_generation_settings"]["n_ctx"]
        self.slot_ctx = min(room, flags.ctx_size // flags.parallel or room)

    def tokenize(self, text: str, *, whole: bool = False) -> list[int]:
        body = {"content": text, "add_special": whole, "parse_special": True}
        return json.loads(self._ask("POST", "/tokenize", body))["tokens"]

    def detokenize(self, tokens: list[int]) -> str:
        return json.loads(self._ask("POST", "/detokenize", {"tokens": tokens}))["content"]

    def generate(self, request: dict[str, Any]) -> Iterator[Event]:
        with closing(http.client.HTTPConnection(self._address)) as connection:
            for line in self._open(connection, "POST", "/completion", {**request, "stream": True}):
                kind, _, text = line.partition(b": ")
                if kind == b"data":
                    yield json.loads(text)
                elif kind == b"error":
                    raise EngineError(text.decode())

    def _ask(self, method: str, path: str, body: object = None) -> bytes:
        with closing(http.client.HTTPConnection(self._address)) as connection:
            return self._open(connection, method, path, body).read()

    def _open(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: object
    ) -> http.client.HTTPResponse:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise EngineError(response.read().decode(errors="replace"))
        return response


class Scripted:
    """Answers `fix: ` where the grammar asks for the type of a commit, else `ok`, at once."""

    TYPES = ("fix", "feat", "docs", "test", "refactor", "perf", "style", "build", "ci", "chore")
    eos = "</s>"

    def __init__(self, flags: Flags) -> None:
        with open(flags.model, "rb") as file:
            if file.read(4) != b"GGUF":
                raise EngineError("invalid magic characters, GGUF expected")
        self.slot_ctx = (flags.ctx_size or 8192) // flags.parallel

    def tokenize(self, text: str, *, whole: bool = False) -> list[int]:
        return [1] * whole + [byte + 3 for byte in text.encode()]

    def detokenize(self, tokens: list[int]) -> str:
        return bytes(token - 3 for token in tokens if token >= 3).decode(errors="replace")

    def generate(self, request: dict[str, Any]) -> Iterator[Event]:
        answer, kind = self._answer(request["grammar"]), "eos"
        found = [answer.index(stop) for stop in request["stop"] if stop in answer]
        if found:
            answer, kind = answer[: min(found)], "word"
        if request["n_predict"] <= len(answer):
            answer, kind = answer[: request["n_predict"]], "limit"
        for character in answer:
            yield {"content": character, "stop": False}
        yield {
            "content": "",
            "stop": True,
            "stop_type": kind,
            "tokens_predicted": len(answer) + (kind != "limit"),
            "tokens_evaluated": len(request["prompt"]),
        }

    def _answer(self, grammar: str) -> str:
        literals = re.findall(r'"(\w+)"', grammar)
        return next((f"{name}: " for name in self.TYPES if name in literals), "ok")


def spare_port(taken: Container[int]) -> int:
    """A free loopback port outside `taken`, where our own server still wants to listen."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken:
            return port
