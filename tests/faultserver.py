"""A web server on this machine that serves some bytes, and goes wrong as its rules and its script say."""

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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from types import TracebackType
from typing import Self

from tests.faults import OK, Fault, Request, Rule, bulk

# Little room between server and client, so that what was sent is nearly what has arrived.
SEND_BUFFER = 128 * 1024


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
        for name, text in (
            ("ETag", fault.etag),
            ("X-Linked-Etag", fault.linked),
            ("Content-Type", fault.type),
        ):
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
