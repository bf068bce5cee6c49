"""A model server that does what a test tells it to, and remembers what it was asked."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Scripted(ThreadingHTTPServer):
    """behave: what it does with each completion request; asked: the requests, in order."""

    daemon_threads = True

    def __init__(self, behave: "Behaviour") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.asked: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request, client_address) -> None:
        """A client that gives up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Scripted
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.headers.append(dict(self.headers))
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.behave(self)
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.behave(self)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def begin(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, value: object) -> None:
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
        self.wfile.flush()


Behaviour = Callable[[Handler], None]


@contextlib.contextmanager
def serving(behave: Behaviour) -> Iterator[Scripted]:
    server = Scripted(behave)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def piece(text: str | None = None, finish: str | None = None) -> dict:
    """A part of a streamed answer, in the shape that llamafile 0.9.3 gives it."""
    delta = {} if text is None else {"content": text}
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def says(*pieces: str, finish: str = "stop") -> Behaviour:
    """Streams these pieces, and why it ended."""

    def behave(handler: Handler) -> None:
        handler.begin(200, "text/event-stream")
        for text in pieces:
            handler.event(piece(text))
        handler.event(piece(finish=finish))

    return behave


def says_at_once(text: str) -> Behaviour:
    """Does not know how to stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return answers(200, "application/json", json.dumps({"choices": [choice]}))


def says_in_chunks(text: str) -> Behaviour:
    """Streams with chunked transfer encoding, as llamafile does."""

    def behave(handler: Handler) -> None:
        handler.begin(200, "text/event-stream", Transfer_Encoding="chunked")
        for part in (piece(text), piece(finish="stop")):
            data = b"data: " + json.dumps(part).encode() + b"\n\n"
            for half in (data[:20], data[20:]):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
        handler.wfile.write(b"0\r\n\r\n")

    return behave


def answers(status: int, kind: str, text: str) -> Behaviour:
    """One whole answer that is no stream."""

    def behave(handler: Handler) -> None:
        handler.begin(status, kind, Content_Length=str(len(text.encode())))
        handler.wfile.write(text.encode())

    return behave


def streams(*lines: str) -> Behaviour:
    """These lines, and the end of the connection."""

    def behave(handler: Handler) -> None:
        handler.begin(200, "text/event-stream")
        handler.wfile.write("\n".join(lines).encode() + b"\n")

    return behave


def silent(handler: Handler) -> None:
    """Takes the request and never answers it."""
    handler.server.over.wait(30)


def drips(handler: Handler) -> None:
    """Answers correctly, one byte in a while: no single read ever takes long."""
    handler.begin(200, "text/event-stream")
    for byte in b"data: " + json.dumps(piece("fix:", "stop")).encode() + b"\n\n":
        handler.wfile.write(bytes([byte]))
        if handler.server.over.wait(0.2):
            return


def stops_in_the_middle(handler: Handler) -> None:
    """Says half of it and closes the connection."""
    handler.begin(200, "text/event-stream")
    handler.event(piece("fi"))


def floods(handler: Handler) -> None:
    """200 KB of answer."""
    handler.begin(200, "text/event-stream")
    with contextlib.suppress(OSError):
        for _ in range(200):
            handler.event(piece("x" * 1024))
        handler.event(piece(finish="stop"))


def waits_then_says(seconds: float, text: str) -> Behaviour:
    """A slow model."""

    def behave(handler: Handler) -> None:
        time.sleep(seconds)
        says(text)(handler)

    return behave
