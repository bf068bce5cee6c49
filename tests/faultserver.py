"""A web server on this machine that serves some bytes, and goes wrong as its script says.

A flawless answer is `OK`. What goes wrong is a `Fault`, and faults can be combined: `Fault(etag=None,
drop=1000)` has no ETag and ends after 1000 bytes of body. Which request a fault hits is said in one of
three ways: by a `Rule` (what the request asks for, so that the order of requests does not matter), by
the script (one fault for every further request in turn), or by `then` (all that are left).
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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from types import TracebackType
from typing import Self

PAGE = b"<!DOCTYPE html>\n<html><body>Please log in to the hotel's network</body></html>\n"

# Little room between server and client, so that what was sent is nearly what has arrived.
SEND_BUFFER = 128 * 1024


@dataclass(frozen=True)
class Fault:
    """What one answer does instead of being right. Counts are bytes of this answer's body."""

    delay: float = 0.0  # seconds before the answer
    status: int | None = None  # this status and no file
    retry_after: str | None = None
    location: str | None = None  # a redirect
    hangup: bool = False  # no answer, the connection ends
    mute: bool = False  # no answer, the connection stays
    drop: int | None = None  # the connection ends early, politely
    reset: int | None = None  # ends early with a RST, which may take sent bytes along
    stall: int | None = None  # nothing more comes, the connection stays
    drip: tuple[int, float] | None = None  # so many bytes, so many seconds, again and again
    rate: float | None = None  # bytes a second
    flip: int | None = None  # the byte at this place of the file is wrong
    whole: bool = False  # 200 with everything, whatever range was asked for
    deaf: bool = False  # takes no notice of If-Range
    shifted: bool = False  # Content-Range speaks of another place
    unplaced: bool = False  # 206 without Content-Range
    endless: bool = False  # to the end of the file, whatever end was asked for
    most: int | None = None  # no more bytes than this in one answer, and says so
    total: int | None = None  # Content-Range or Content-Length promise another size
    unframed: bool = False  # no Content-Length: only the end of the connection ends the body
    chunked: bool = False  # no Content-Length: in chunks
    extra: bytes = b""  # after the end of the body
    last: bool = False  # after this answer the connection ends without a word before
    old: bool = False  # speaks HTTP/1.0
    etag: str | None = '"one"'
    body: bytes | None = None  # another file
    type: str | None = "application/octet-stream"
    zipped: bool = False

    @property
    def end(self) -> int | None:
        """Where the body ends early."""
        ends = [end for end in (self.drop, self.reset, self.stall) if end is not None]
        return min(ends, default=None)


OK = Fault()
PAGE_WITH_TYPE = Fault(body=b"<!-- login --> " + PAGE, type="text/html; charset=utf-8")
PAGE_IN_DISGUISE = Fault(body=PAGE)
UNSATISFIABLE = Fault(status=416)


def redirect(location: str) -> Fault:
    """Go there instead: a path on this server, or a whole address."""
    return Fault(status=302, location=location)


@dataclass
class Request:
    """What a client asked for, `at` which second, and how many answers were under way then, with its own."""

    path: str
    headers: dict[str, str]  # names in lower case
    connection: int = 0  # the port of the client
    at: float = field(default_factory=time.monotonic)
    active: int = 1
    sent: int = 0  # bytes of the body that have been sent so far
    last_sent: float = 0.0  # at which second
    answered: bool = False

    @property
    def range(self) -> str | None:
        return self.headers.get("range")

    @property
    def start(self) -> int:
        """The first byte asked for."""
        return int(self._bounds[0]) if self.range else 0

    @property
    def stop(self) -> int | None:
        """The byte after the last one asked for; None: to the end of the file."""
        return int(self._bounds[2]) + 1 if self.range and self._bounds[2] else None

    @property
    def probes(self) -> bool:
        """Asks how the file is, not for its bytes."""
        return self.range == "bytes=0-0"

    @property
    def _bounds(self) -> tuple[str, str, str]:
        return (self.range or "").removeprefix("bytes=").partition("-")


Choice = Callable[[Request], bool]


@dataclass
class Rule:
    """`fault` for the requests that `when` picks: not for the first `skip`, and for `times` at most."""

    when: Choice
    fault: Fault | Callable[[Request], Fault]
    times: int | None = None
    skip: int = 0
    seen: int = field(default=0, init=False)

    def strikes(self, request: Request) -> bool:
        if not self.when(request):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.seen <= self.skip + self.times)

    def fault_for(self, request: Request) -> Fault:
        return self.fault if isinstance(self.fault, Fault) else self.fault(request)


def probe(request: Request) -> bool:
    return request.probes


def bulk(request: Request) -> bool:
    return not request.probes


def covering(place: int) -> Choice:
    """Bulk requests for the byte at `place`."""

    def covers(request: Request) -> bool:
        within = request.start <= place and (request.stop is None or place < request.stop)
        return bulk(request) and within

    return covers


def ends_at(place: int, how: str = "drop", times: int | None = 1, fault: Fault = OK) -> Rule:
    """The answer with the byte at `place` of the file ends just before it: `drop`, `reset` or `stall`."""
    return Rule(covering(place), lambda request: replace(fault, **{how: place - request.start}), times)


class SignedAddress:
    """Sends everybody who asks for /file on to an address that is good for `uses` bulk requests.

    `then` is the answer there. A `Rule(anything, SignedAddress(3))` does it.
    """

    def __init__(self, uses: int, status: int = 403, then: Fault = OK) -> None:
        self.uses = uses
        self.status = status
        self.then = then
        self.issued = 0

    def __call__(self, request: Request) -> Fault:
        if request.path == "/file":
            self.issued += 1
            self.left = self.uses
            return redirect(f"/signed-{self.issued}?X-Signature=s3cret")
        current = request.path.startswith(f"/signed-{self.issued}?")
        self.left -= bulk(request)
        return self.then if current and self.left >= 0 else Fault(status=self.status)


def anything(_request: Request) -> bool:
    return True


class FaultServer:
    """`with FaultServer(body, script) as server:` answers at `server.url` until the block ends."""

    def __init__(
        self,
        body: bytes,
        script: Sequence[Fault] = (),
        *,
        then: Fault = OK,
        rules: Sequence[Rule] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.body = body
        self.tls = tls
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.connections: set[socket.socket] = set()
        self.play(script, then=then, rules=rules)
        self._server = _Server(self)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}/file"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def play(self, script: Sequence[Fault] = (), *, then: Fault = OK, rules: Sequence[Rule] = ()) -> None:
        """Forgets all requests and begins this script."""
        with self.lock:
            self.requests: list[Request] = []
            self.most_active = 0
            self.most_connections = 0
            self._script = list(script)
            self._rules = list(rules)
            self._then = then

    def rest(self) -> None:
        """Waits until clients that went away are gone here too, and their last requests noted."""
        deadline = time.monotonic() + 5
        while self.connections and time.monotonic() < deadline:
            time.sleep(0.002)

    @property
    def bulk(self) -> list[Request]:
        """The requests that were for bytes of the file, in their order."""
        return [request for request in self.requests if bulk(request)]

    @property
    def starts(self) -> list[int]:
        """The first byte that each bulk request asked for."""
        return [request.start for request in self.bulk]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    @property
    def sent(self) -> int:
        """Bytes of bodies sent to bulk requests."""
        return sum(request.sent for request in self.bulk)

    @property
    def seconds(self) -> float:
        """From the first bulk request to the last byte of an answer."""
        return max(request.last_sent for request in self.bulk) - self.bulk[0].at

    def times_sent(self) -> Counter[tuple[int, int]]:
        """How often the bytes from one place of the file to another were sent."""
        spans = [(request.start, request.start + request.sent) for request in self.bulk]
        edges = sorted({edge for span in spans for edge in span})
        found: Counter[tuple[int, int]] = Counter()
        for begin, end in pairwise(edges):
            found[begin, end] = sum(start <= begin and end <= stop for start, stop in spans)
        return found

    def sent_again(self) -> int:
        """Bytes of bodies sent that had been sent before."""
        return sum((end - begin) * max(times - 1, 0) for (begin, end), times in self.times_sent().items())

    def next_fault(self, request: Request) -> Fault:
        with self.lock:
            request.active = 1 + sum(not other.answered for other in self.requests)
            self.most_active = max(self.most_active, request.active)
            self.requests.append(request)
            for rule in self._rules:
                if rule.strikes(request):
                    return rule.fault_for(request)
            return self._script.pop(0) if self._script else self._then

    def opened(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections.add(connection)
            self.most_connections = max(self.most_connections, len(self.connections))

    def closed(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections.discard(connection)

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
    request_queue_size = 64

    def __init__(self, faults: FaultServer) -> None:
        self.faults = faults
        self.trouble: list[BaseException] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request, client_address):
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self.faults.opened(request)
        super().process_request(request, client_address)

    def finish_request(self, request, client_address):
        if self.faults.tls is None:
            super().finish_request(request, client_address)
            return
        with self.faults.tls.wrap_socket(request.dup(), server_side=True) as secure:
            super().finish_request(secure, client_address)

    def shutdown_request(self, request):
        self.faults.closed(request)
        super().shutdown_request(request)

    def hang_up(self):
        """Ends connections that clients keep open."""
        for connection in list(self.faults.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        error = sys.exception()
        # Clients may go away whenever they like; everything else is a mistake of this file.
        if error and not isinstance(error, ConnectionError | ssl.SSLError):
            self.trouble.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        headers = {key.lower(): text for key, text in self.headers.items()}
        self.request_log = Request(self.path, headers, connection=self.client_address[1])
        fault = self.server.faults.next_fault(self.request_log)
        try:
            self._answer(fault)
        finally:
            self.request_log.answered = True
        if fault.last:
            self.close_connection = True

    def _answer(self, fault: Fault) -> None:
        self.server.faults.closing.wait(fault.delay)
        if fault.old:
            self.protocol_version = "HTTP/1.0"
            self.close_connection = True
        if fault.hangup or fault.mute:
            self.close_connection = True
            if fault.mute:
                self._wait_for_the_end()
        elif fault.status is not None:
            self._without_file(fault)
        else:
            self._with_file(fault, self.request_log)

    def _without_file(self, fault: Fault) -> None:
        # Before the client can know: it may ask again at once.
        self.request_log.answered = True
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
        body = memoryview(self.server.faults.body if fault.body is None else fault.body)
        ranged = bool(request.range) and not fault.whole and self._unchanged(fault, request)
        if not ranged:
            start, stop = 0, None
        elif request.start >= len(body):
            self._without_file(replace(fault, status=416, total=len(body)))
            return
        else:
            start, stop = request.start, None if fault.endless else request.stop
            if fault.most is not None:
                stop = min(start + fault.most, len(body) if stop is None else stop)
        rest = self._head(fault, body, start, stop, ranged)
        self._send(rest, fault)

    def _unchanged(self, fault: Fault, request: Request) -> bool:
        return fault.deaf or request.headers.get("if-range") in {None, fault.etag}

    def _head(self, fault: Fault, body: memoryview, start: int, stop: int | None, ranged: bool) -> memoryview:
        """Status and headers; returns the bytes that follow."""
        total = len(body) if fault.total is None else fault.total
        end = total if stop is None else min(stop, total)
        self.send_response(206 if ranged else 200)
        if ranged and not fault.unplaced:
            place = start + 1 if fault.shifted else start
            self.send_header("Content-Range", f"bytes {place}-{end - 1}/{total}")
        rest = body[start:stop]
        if fault.flip is not None and start <= fault.flip < start + len(rest):
            wrong = bytearray(rest)
            wrong[fault.flip - start] ^= 1
            rest = memoryview(wrong)
        length = end - start
        if fault.zipped:
            rest = memoryview(gzip.compress(rest))
            length = len(rest)
            self.send_header("Content-Encoding", "gzip")
        for name, text in (("ETag", fault.etag), ("Content-Type", fault.type)):
            if text is not None:
                self.send_header(name, text)
        if fault.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif fault.unframed:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        return memoryview(bytes(rest) + fault.extra) if fault.extra else rest

    def _send(self, rest: memoryview, fault: Fault) -> None:
        rest = rest[: fault.end]
        finished = True
        for piece, more in self._paced(rest, fault):
            if self.server.faults.closing.is_set():
                finished = False
                break
            # Before the client has it all: it may ask for the next bytes at once.
            self.request_log.answered = not more and fault.stall is None
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if fault.chunked else piece
            # Counted first too: the client may have it, and its test look, before this goes on.
            self.request_log.sent += len(piece)
            self.request_log.last_sent = time.monotonic()
            try:
                self.wfile.write(framed)
            except OSError:
                self.request_log.sent -= len(piece)
                raise
        if fault.stall is not None:
            self._wait_for_the_end()
        if fault.reset is not None:
            self._reset()
        elif fault.chunked and fault.end is None and finished:
            self.wfile.write(b"0\r\n\r\n")
        if fault.end is not None or fault.total is not None or fault.unframed or fault.extra:
            self.close_connection = True

    def _paced(self, rest: memoryview, fault: Fault) -> Iterator[tuple[memoryview, bool]]:
        """The bytes in pieces, at the right moments, and whether more will follow."""
        step, pause = fault.drip or (256 * 1024, 0.0)
        if fault.rate is not None:
            step = max(1, min(step, int(fault.rate / 50)))
        begin = time.monotonic()
        for place in range(0, len(rest), step):
            yield rest[place : place + step], place + step < len(rest)
            if fault.rate is not None:
                pause = begin + (place + step) / fault.rate - time.monotonic()
            if pause > 0:
                self.server.faults.closing.wait(pause)

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
