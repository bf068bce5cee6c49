"""A web server on this machine that serves some bytes, and goes wrong as its script says.

The script is one `Fault` for every request in turn; when it is used up, `then` goes for all further
requests. A fault that says nothing is a flawless answer, so faults can be combined:
`Fault(etag=None, drop=1000)` has no ETag and ends after 1000 bytes of body.
"""

import gzip
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

PAGE = b"<!DOCTYPE html>\n<html><body>Please log in to the hotel's network</body></html>\n"


@dataclass(frozen=True)
class Fault:
    """What one answer does instead of being right. Counts are bytes of this answer's body."""

    status: int | None = None  # this status and no file
    retry_after: str | None = None
    location: str | None = None  # a redirect
    drop: int | None = None  # the connection ends early, politely
    reset: int | None = None  # ends early with a RST, which may take sent bytes along
    stall: int | None = None  # nothing more comes, the connection stays
    drip: tuple[int, float] | None = None  # so many bytes, so many seconds, again and again
    flip: int | None = None  # the byte at this place of the file is wrong
    whole: bool = False  # 200 with everything, whatever range was asked for
    deaf: bool = False  # takes no notice of If-Range
    shifted: bool = False  # Content-Range speaks of another place
    total: int | None = None  # Content-Range or Content-Length promise another size
    unframed: bool = False  # no Content-Length: only the end of the connection ends the body
    extra: bytes = b""  # after the end of the body
    etag: str | None = '"one"'
    body: bytes | None = None  # another file
    type: str | None = "application/octet-stream"
    zipped: bool = False


OK = Fault()
PAGE_WITH_TYPE = Fault(body=b"<!-- login --> " + PAGE, type="text/html; charset=utf-8")
PAGE_IN_DISGUISE = Fault(body=PAGE)
UNSATISFIABLE = Fault(status=416)


def redirect(location: str) -> Fault:
    """Go there instead: a path on this server, or a whole address."""
    return Fault(status=302, location=location)


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    path: str
    headers: dict[str, str]  # names in lower case

    @property
    def range(self) -> str | None:
        return self.headers.get("range")

    @property
    def start(self) -> int:
        """The first byte asked for."""
        return int(self.range.removeprefix("bytes=").rstrip("-")) if self.range else 0


class FaultServer:
    """`with FaultServer(body, script) as server:` answers at `server.url` until the block ends."""

    def __init__(
        self,
        body: bytes,
        script: Sequence[Fault] = (),
        *,
        then: Fault = OK,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.body = body
        self.tls = tls
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self.play(script, then=then)
        self._server = _Server(self)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}/file"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def play(self, script: Sequence[Fault], *, then: Fault = OK) -> None:
        """Forgets all requests and begins this script."""
        with self._lock:
            self.requests: list[Request] = []
            self._script = list(script)
            self._then = then

    @property
    def starts(self) -> list[int]:
        """The first byte that each request asked for."""
        return [request.start for request in self.requests]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def next_fault(self, request: Request) -> Fault:
        with self._lock:
            self.requests.append(request)
            return self._script.pop(0) if self._script else self._then

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.hang_up()
        # Waits for the threads of all connections.
        self._server.server_close()
        self._thread.join()
        if self._server.trouble and error is None:
            raise self._server.trouble[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, faults: FaultServer) -> None:
        self.faults = faults
        self.trouble: list[BaseException] = []
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request, client_address):
        self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request, client_address):
        if self.faults.tls is None:
            super().finish_request(request, client_address)
            return
        with self.faults.tls.wrap_socket(request.dup(), server_side=True) as secure:
            super().finish_request(secure, client_address)

    def shutdown_request(self, request):
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self):
        """Ends connections that clients keep open."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        error = sys.exception()
        # Clients may go away whenever they like; everything else is a mistake of this file.
        if error and not isinstance(error, ConnectionError | ssl.SSLError):
            self.trouble.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        request = Request(self.path, {key.lower(): text for key, text in self.headers.items()})
        fault = self.server.faults.next_fault(request)
        if fault.status is not None:
            self._without_file(fault)
        else:
            self._with_file(fault, request)

    def _without_file(self, fault: Fault) -> None:
        self.send_response(fault.status)
        if fault.location is not None:
            self.send_header("Location", fault.location)
        if fault.retry_after is not None:
            self.send_header("Retry-After", fault.retry_after)
        if fault.total is not None:
            self.send_header("Content-Range", f"bytes */{fault.total}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _with_file(self, fault: Fault, request: Request) -> None:
        body = self.server.faults.body if fault.body is None else fault.body
        if fault.flip is not None:
            body = body[: fault.flip] + bytes([body[fault.flip] ^ 1]) + body[fault.flip + 1 :]
        start = 0 if fault.whole or not self._unchanged(fault, request) else request.start
        if start and start >= len(body):
            self._without_file(Fault(status=416, total=len(body)))
            return
        self._send(self._head(fault, start, body), fault)

    def _unchanged(self, fault: Fault, request: Request) -> bool:
        return fault.deaf or request.headers.get("if-range") in {None, fault.etag}

    def _head(self, fault: Fault, start: int, body: bytes) -> bytes:
        """Status and headers; returns the bytes that follow."""
        total = len(body) if fault.total is None else fault.total
        self.send_response(206 if start else 200)
        if start:
            place = start + 1 if fault.shifted else start
            self.send_header("Content-Range", f"bytes {place}-{total - 1}/{total}")
        rest = body[start:]
        if fault.zipped:
            rest = gzip.compress(rest)
            self.send_header("Content-Encoding", "gzip")
        for name, text in (("ETag", fault.etag), ("Content-Type", fault.type)):
            if text is not None:
                self.send_header(name, text)
        if fault.unframed:
            self.send_header("Connection", "close")
        else:
            length = len(rest) if fault.zipped else total - start
            self.send_header("Content-Length", str(length))
        self.end_headers()
        return rest + fault.extra

    def _send(self, rest: bytes, fault: Fault) -> None:
        ends = [end for end in (fault.drop, fault.reset, fault.stall) if end is not None]
        rest = rest[: min(ends, default=None)]
        step, pause = fault.drip or (256 * 1024, 0.0)
        for place in range(0, len(rest), step):
            if self.server.faults.closing.is_set():
                break
            self.wfile.write(rest[place : place + step])
            time.sleep(pause)
        if fault.stall is not None:
            self._wait_for_the_end()
        if fault.reset is not None:
            self._reset()
        if ends or fault.total is not None or fault.unframed or fault.extra:
            self.close_connection = True

    def _wait_for_the_end(self) -> None:
        """Until the client or this server has had enough."""
        while not self.server.faults.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable:
                return

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Not through the socket object: the files made from it would keep it open.
        socket.close(self.connection.detach())
