"""One HTTP request with a hard deadline over all of it: name, connection, TLS, every single read.

No proxies, no redirects. http.client alone cannot do it: a socket's own timeout starts anew with
every byte that arrives.
"""

from __future__ import annotations

import contextlib
import io
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.errors import ServerError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Call:
    """A request to a server. deadline: a moment of time.monotonic(); connect_timeout: seconds; most: bytes
    of an answer."""

    api_base: str
    path: str
    deadline: float
    connect_timeout: float
    body: bytes | None = None
    api_key: str | None = None
    most: int = _MAX_BYTES


@contextlib.contextmanager
def exchange(call: Call) -> Iterator[HTTPResponse]:
    """The answer, of status 200 and not HTML, to be read inside the `with`.

    Raises ServerError for everything that goes wrong, also while the answer is read.
    """
    from http.client import HTTPConnection, HTTPException

    where = call.api_base
    try:
        secure, host, port, base = _address(where)
        with _connection(call, secure, host, port) as connection:
            http = HTTPConnection(host, port)
            wire = _Wire(connection, call.deadline, call.most)
            http.sock = wire  # it has all that http.client uses
            method = "GET" if call.body is None else "POST"
            http.request(method, base + call.path, call.body, _headers(call))
            answer = http.getresponse()
            _check(answer, where)
            yield answer
    except ConnectionRefusedError as error:
        raise ServerError("nothing answers at {where}", "run: bootstrap start", where=where) from error
    except TimeoutError as error:
        raise ServerError("{where} did not answer in time", "run: bootstrap status", where=where) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", "") or str(error) or type(error).__name__
        raise ServerError(
            "{where}: {reason}", "run: bootstrap status", where=where, reason=one_line(reason)
        ) from error
    except (ValueError, RecursionError) as error:
        raise ServerError(tr("{where} does not answer in JSON", where=where), _NOT_OURS) from error


_NOT_OURS = tr("check api_base in config.toml: is that an OpenAI-compatible server?")


def one_line(text: str) -> str:
    """The beginning of somebody's text, fit for an error message."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "text/event-stream, application/json", "Connection": "close"}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.api_key:
        headers["Authorization"] = f"Bearer {call.api_key}"
    return headers


def _refusal(answer: HTTPResponse, where: str) -> ServerError:
    if 300 <= answer.status < 400 and (place := answer.headers.get("Location")):
        return ServerError(
            "{where} leads to {place}",
            "if that is right, name that address",
            where=where,
            place=one_line(place),
        )
    said = one_line(answer.read(400).decode(errors="replace"))
    what = tr("{where} answered {status} {said}", where=where, status=answer.status, said=said).strip()
    if answer.status == 401:
        return ServerError(what, tr("its key is another one by now: run bootstrap"))
    return ServerError(what, tr("run: bootstrap logs"))


def _check(answer: HTTPResponse, where: str) -> None:
    if answer.status != 200:
        error = _refusal(answer, where)
        error.status = answer.status
        raise error
    if "html" in answer.headers.get("Content-Type", ""):
        raise ServerError(tr("{where} answered with a web page", where=where), _NOT_OURS)


def _address(api_base: str) -> tuple[bool, str, int, str]:
    """Secure or not, host, port and path. Raises ServerError."""
    from urllib.parse import urlsplit

    with contextlib.suppress(ValueError):  # a broken port or IPv6 address
        parts = urlsplit(api_base)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme in {"http", "https"} and parts.hostname:
            return parts.scheme == "https", parts.hostname, port, parts.path.rstrip("/")
    raise ServerError("{api_base} is no http address", "correct api_base in config.toml", api_base=api_base)


@contextlib.contextmanager
def _connection(call: Call, secure: bool, host: str, port: int) -> Iterator[socket.socket]:
    until = min(time.monotonic() + call.connect_timeout, call.deadline)
    with _connected(_addresses(host, port, until), until) as plain:
        if not secure:
            yield plain
            return
        import ssl

        plain.settimeout(_left(call.deadline))
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped:
            yield wrapped


def _connected(addresses: list[Any], until: float) -> socket.socket:
    """The first address that accepts. `localhost` is often ::1 first, where llamafile is not."""
    for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_left(until))
            connection.connect(address)
        except OSError:
            connection.close()
            if number == len(addresses):
                raise
        else:
            return connection
    raise ConnectionRefusedError


def _addresses(host: str, port: int, until: float) -> list[Any]:
    """What the name means. The system's resolver knows no timeout, hence a thread to leave behind."""
    if host == "localhost" or ":" in host or host.replace(".", "").isdigit():
        return _look_up(host, port)
    import threading

    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append(_look_up(host, port))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left(until))
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise found[0]
    return list(found[0])


def _look_up(host: str, port: int) -> list[Any]:
    """Raises OSError."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty part, or one of more than 63 letters
        raise OSError(tr("no machine can be called {host}", host=host)) from error


class _Wire:
    """What http.client asks of a socket, with the deadline over each call."""

    def __init__(self, connection: socket.socket, deadline: float, most: int) -> None:
        self.connection = connection
        self.deadline = deadline
        self.most = most

    def sendall(self, data: bytes) -> None:
        self.connection.settimeout(_left(self.deadline))
        self.connection.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self.connection, self.deadline, self.most))

    def close(self) -> None:
        """Called before the answer has been read; `exchange` closes the socket when it has."""


class _Reader(io.RawIOBase):
    """The receiving end, of so many bytes at most."""

    def __init__(self, connection: socket.socket, deadline: float, most: int) -> None:
        self.connection = connection
        self.deadline = deadline
        self.most = most
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io passes
        self.connection.settimeout(_left(self.deadline))
        received = self.connection.recv_into(buffer)
        self.count += received
        if self.count > self.most:
            raise ServerError(
                tr("the server's answer is longer than {most} KiB", most=self.most // 1024), _NOT_OURS
            )
        return received


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
