"""The HTTP side of `--server` (v1): its endpoints, its plain-text errors, its few slots."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from . import chat, web
from .engines import Engine, EngineError, Event
from .flags import Flags

CONNECTIONS = 8  # served at one time; further ones wait
KEEP_ALIVE, PATIENCE = 5, 600  # seconds: between requests, within one
FORM_LIMIT = 1 << 20
OPEN_TO_ANY_ORIGIN = ("/v1/", "/props")


class Server(web.Server):
    """One model behind one port."""

    # As in llamafile: two of the same user share a port, and only a stranger's port is taken.
    allow_reuse_address = False
    allow_reuse_port = True

    def __init__(self, flags: Flags, engine: Engine, keys: list[str]) -> None:
        self.engine, self.keys = engine, keys
        self.prompts = [""] * flags.parallel
        self.reading = threading.Lock()  # held while a prompt is read: /health waits for that
        self._connections = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(flags, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def complete(self, text: str, asked: dict[str, Any]) -> Iterator[Event]:
        """The events of one completion, when its turn has come; closing it frees the slot."""
        with self.turn() as slot:
            self.prompts[slot] = text
            with closing(chat.events(self.engine, asked)) as events:
                with self.reading:
                    first = next(events)
                yield first
                yield from events


class Handler(web.Handler):
    """One connection."""

    server: Server

    def handle_one_request(self) -> None:
        self.connection.settimeout(KEEP_ALIVE)
        super().handle_one_request()

    def parse_request(self) -> bool:
        self.connection.settimeout(PATIENCE)
        return super().parse_request()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.close_connection = True
        self._text(code, message or "Invalid request")

    def options(self) -> None:
        self.reply(200, "application/json; charset=utf-8", "")

    def get(self) -> None:
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

    def post(self) -> None:
        form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        sent = self.body()
        if form and len(sent) > FORM_LIMIT:
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
                chunks = (chat.chunk(event, model) if chatting else event for event in events)
                self.stream(self._lines(chunks))
                return
            *parts, last = events
        content = "".join(event["content"] for event in parts)
        self._json(chat.answer(content, last, model) if chatting else {**last, "content": content})

    def _lines(self, chunks: Iterator[dict[str, Any] | None]) -> Iterator[str]:
        try:
            for chunk in chunks:
                if chunk is not None:
                    yield web.event(chunk)
        except EngineError as error:
            yield f"error: {json.dumps({'content': str(error)})}\n\n"

    def _json(self, body: object) -> None:
        self.reply(200, "application/json; charset=utf-8", json.dumps(body))

    def _text(self, status: int, text: str) -> None:
        self.reply(status, "text/plain; charset=utf-8", text)

    def more_headers(self) -> Mapping[str, str]:
        origin = self.headers.get("Origin") if getattr(self, "headers", None) else None
        shared = origin and self.path.startswith(OPEN_TO_ANY_ORIGIN)
        return {"Access-Control-Allow-Origin": origin} if shared else {}
