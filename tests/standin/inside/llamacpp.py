"""The real thing: llama.cpp, in this process, by way of xllamacpp."""

import http.client
import json
import os
import socket
from collections.abc import Container, Iterator
from contextlib import closing
from typing import Any

import xllamacpp

from .engines import EngineError, Event
from .flags import Flags


def start(flags: Flags, host: str, port: int, keys: list[str]) -> "xllamacpp.Server":
    """llama.cpp's own server with the model loaded; it is gone with the last reference to it."""
    params = xllamacpp.CommonParams()
    params.model.path = flags.model
    params.model_alias = set(flags.alias.split(",")) if flags.alias else set()
    params.n_ctx = flags.ctx_size
    params.n_parallel = flags.parallel
    params.cpuparams.n_threads = flags.threads or min(4, os.cpu_count() or 1)
    params.warmup = False
    params.fit_params = False
    params.cache_ram_mib = 0
    params.hostnames = [host]
    params.port = port
    params.api_keys = keys
    params.endpoint_slots = flags.slots_endpoint
    params.ui = flags.web
    params.embedding = flags.embeddings
    if flags.pooling:
        kind = f"LLAMA_POOLING_TYPE_{flags.pooling.upper()}"
        params.pooling_type = getattr(xllamacpp.llama_pooling_type, kind)
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise EngineError(str(error)) from error


class LlamaCpp:
    """Its server on a loopback port nobody is told of, behind one that behaves as llamafile does."""

    def __init__(self, flags: Flags) -> None:
        port = spare_port(range(flags.port, flags.port + 11))
        self._server = start(flags, "127.0.0.1", port, [])
        self._address = self._server.listening_address.removeprefix("http://")
        props = json.loads(self._ask("GET", "/props"))
        self.eos = props["eos_token"]
        # llama.cpp rounds a small context up, llamafile does not.
        room = props["default_generation_settings"]["n_ctx"]
        self.slot_ctx = min(room, flags.ctx_size // flags.parallel or room)

    def tokenize(self, text: str, *, whole: bool = False, special: bool = True) -> list[int]:
        body = {"content": text, "add_special": whole, "parse_special": special}
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

    def embed(self, tokens: list[int]) -> list[float]:
        return json.loads(self._ask("POST", "/v1/embeddings", {"input": tokens}))["data"][0]["embedding"]

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


def spare_port(taken: Container[int]) -> int:
    """A free loopback port outside `taken`, where our own server still wants to listen."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken:
            return port
