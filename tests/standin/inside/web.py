"""HTTP as all these servers need it: a port, turns on a few slots, answers whole and in a stream."""

import json
import os
import queue
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from .flags import Flags


class Server(ThreadingHTTPServer):
    """One port, whose requests take turns on the slots of one model."""

    daemon_threads = True
    request_queue_size = 128
    address_kind = socket.AF_UNSPEC
    allow_reuse_address = os.name == "posix"  # on Windows it would share the port of a stranger

    def __init__(self, flags: Flags, handler: type["Handler"]) -> None:
        self.flags = flags
        self.free: queue.Queue[int] = queue.Queue()
        for slot in range(flags.parallel):
            self.free.put(slot)
        address = (flags.host, flags.port)
        self.address_family = socket.getaddrinfo(*address, self.address_kind, socket.SOCK_STREAM)[0][0]
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's question to the name service, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.flags.host, self.flags.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that has left is no news
            super().handle_error(request, client_address)

    @contextmanager
    def turn(self) -> Iterator[int]:
        """A slot, when one is free."""
        slot = self.free.get()
        try:
            yield slot
        finally:
            self.free.put(slot)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def get(self) -> None:
        """Answer a GET."""

    def post(self) -> None:
        """Answer a POST."""

    def options(self) -> None:
        """Answer a browser that asks what it may."""

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def do_OPTIONS(self) -> None:
        self.options()

    def log_message(self, *args: Any) -> None:
        """What they print of a request is not imitated."""

    def body(self) -> bytes:
        """What the client sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def more_headers(self) -> Mapping[str, str]:
        """What every answer has, besides what it is about."""
        return {}

    def reply(self, status: int, kind: str, text: str, *, reason: str | None = None, **headers: str) -> None:
        """A whole answer; without a `kind` it does not say what it is."""
        data = text.encode()
        self.send_response(status, reason)
        for name, value in {"Content-Type": kind, **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self._finish_headers()
        self.wfile.write(data)

    def stream(self, texts: Iterable[str]) -> None:
        """Server-sent events; a client that has left shows in a failing write, and ends them."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self._finish_headers()
        for text in texts:
            self._send_chunk(text)
        self._send_chunk("")

    def _send_chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _finish_headers(self) -> None:
        for name, value in self.more_headers().items():
            self.send_header(name, value)
        self.end_headers()


def event(data: object) -> str:
    """It as a server-sent event."""
    return f"data: {json.dumps(data)}\n\n"


def told(chunks: Iterable[object]) -> Iterator[str]:
    """A stream of them, with the end that OpenAI says."""
    yield from map(event, chunks)
    yield "data: [DONE]\n\n"
