"""The HTTP side of `--server` (v1): its endpoints, its plain-text errors, its few slots."""

import json
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from . import chat
from .engines import Engine, EngineError, Event
from .flags import Flags

CONNECTIONS = 8  # served at one time; further ones wait
KEEP_ALIVE, PATIENCE = 5, 600  # seconds: between requests, within one
FORM_LIMIT = 1 << 20
OPEN_TO_ANY_ORIGIN = ("/v1/", "/props")


class Server(ThreadingHTTPServer):
    """One model behind one port."""

    daemon_threads = True
    request_queue_size = 128
    # As in llamafile: two of the same user share a port, and only a stranger's port is taken.
    allow_reuse_address = False
    allow_reuse_port = True

    def __init__(self, flags: Flags, engine: Engine, keys: list[str]) -> None:
        self.flags, self.engine, self.keys = flags, engine, keys
        self.prompts = [""] * flags.parallel
        self.free: queue.Queue[int] = queue.Queue()
        for slot in range(flags.parallel):
            self.free.put(slot)
        self.reading = threading.Lock()  # held while a prompt is read: /health waits for that
        self._connections = threading.BoundedSemaphore(CONNECTIONS)
        address = (flags.host, flags.port)
        self.address_family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's question to the name service, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.flags.host, self.flags.port

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that has left is no news
            super().handle_error(request, client_address)

    def complete(self, text: str, asked: dict[str, Any]) -> Iterator[Event]:
        """The events of one completion, when its turn has come; closing it frees the slot."""
        slot = self.free.get()
        self.prompts[slot] = text
        try:
            with closing(chat.events(self.engine, asked)) as events:
                with self.reading:
                    first = next(events)
                yield first
                yield from events
        finally:
            self.free.put(slot)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        self.connection.settimeout(KEEP_ALIVE)
        super().handle_one_request()

    def parse_request(self) -> bool:
        self.connection.settimeout(PATIENCE)
        return super().parse_request()

    def log_message(self, *args: Any) -> None:
        """The real one is silent with --log-disable, which is how it is started."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        self._text(code, message or "Invalid request")

    def do_OPTIONS(self) -> None:
        self._reply(200, "application/json; charset=utf-8", "")

    def do_GET(self) -> None:
        server, flags, path = self.server, self.server.flags, self.path.split("?")[0]
        if path == "/health":
            with server.reading:
                idle = server.free.qsize()
            self._json(
                {
                    "status": "ok" if idle else "no slot available",
                    "slots_idle": idle,
                    "slots_processing": flags.parallel - idle,
                }
            )
        elif path == "/v1/models":
            card = {"id": flags.alias or flags.model, "object": "model", "owned_by": "llamacpp"}
            self._json({"object": "list", "data": [card]})
        elif path == "/props":
            settings = {"n_ctx": server.engine.slot_ctx, "model": flags.model}
            self._json({"default_generation_settings": settings, "total_slots": flags.parallel})
        elif path == "/slots" and flags.slots_endpoint:
            room = server.engine.slot_ctx
            self._json(
                [
                    {"id": slot, "n_ctx": room, "model": flags.model, "prompt": prompt}
                    for slot, prompt in enumerate(server.prompts)
                ]
            )
        else:
            self._text(404, "File Not Found")

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        sent = self.rfile.read(size)
        if form and size > FORM_LIMIT:
            self._text(413, "Payload Too Large")
            return
        try:
            self._answer(self.path.split("?")[0], sent)
        except EngineError as error:
            self._text(500, str(error))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            self._text(500, f"500 Internal Server Error\n{error}")

    def _answer(self, path: str, sent: bytes) -> None:
        engine = self.server.engine
        if path in ("/v1/embeddings", "/embedding"):
            self._text(503, "Service Unavailable")
        elif path == "/tokenize":
            self._json({"tokens": engine.tokenize(json.loads(sent).get("content", ""))})
        elif path == "/detokenize":
            self._json({"content": engine.detokenize(json.loads(sent).get("tokens", []))})
        elif path not in ("/v1/chat/completions", "/completion"):
            self._text(404, "File Not Found")
        elif not self._allowed():
            self._text(401, "Unauthorized: Invalid API Key")
        else:
            self._complete(json.loads(sent), chatting=path != "/completion")

    def _allowed(self) -> bool:
        keys, given = self.server.keys, self.headers.get("Authorization", "")
        return not keys or given in [f"Bearer {key}" for key in keys]

    def _complete(self, body: dict[str, Any], *, chatting: bool) -> None:
        text = chat.prompt(body["messages"]) if chatting else body["prompt"]
        limit = "max_tokens" if chatting else "n_predict"
        asked = chat.request(body, text, limit, self.server.engine)
        model = body.get("model") or "unknown"
        with closing(self.server.complete(text, asked)) as events:
            if chat.value(body, "stream", False):
                self._stream(chat.chunk(event, model) if chatting else event for event in events)
                return
            *parts, last = events
        content = "".join(event["content"] for event in parts)
        self._json(chat.answer(content, last, model) if chatting else {**last, "content": content})

    def _stream(self, chunks: Iterator[dict[str, Any] | None]) -> None:
        """Server-sent events; a client that has left shows in a failing write, and ends them."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self._finish_headers()
        try:
            for chunk in chunks:
                if chunk is not None:
                    self._send_chunk(f"data: {json.dumps(chunk)}\n\n")
        except EngineError as error:
            self._send_chunk(f"error: {json.dumps({'content': str(error)})}\n\n")
        self._send_chunk("")

    def _send_chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _json(self, body: object) -> None:
        self._reply(200, "application/json; charset=utf-8", json.dumps(body))

    def _text(self, status: int, text: str) -> None:
        self._reply(status, "text/plain; charset=utf-8", text)

    def _reply(self, status: int, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self._finish_headers()
        self.wfile.write(data)

    def _finish_headers(self) -> None:
        origin = self.headers.get("Origin") if getattr(self, "headers", None) else None
        if origin and self.path.startswith(OPEN_TO_ANY_ORIGIN):
            self.send_header("Access-Control-Allow-Origin", origin)
        self.end_headers()
