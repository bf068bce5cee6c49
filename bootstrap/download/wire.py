"""One connection to one server for the bytes themselves, kept open between requests.

http.client and not httpx: on lines faster than 1 Gbit/s httpx takes twice the processor time, which
is then what limits them. Redirects and everything else that is asked once is httpx's (see `address`).
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import time
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bootstrap.download.attempt import AttemptError, Remedy, broken_off
from bootstrap.download.connection import (
    USER_AGENT,
    low_failure,
    no_connection,
    refused_by_proxy,
    silent,
    unreachable,
    useless_proxy,
)
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from urllib.parse import SplitResult

    from bootstrap.download.address import Address
    from bootstrap.download.connection import Network
    from bootstrap.download.throttle import Throttle

# What is written at once. Not a power of two from 512 KiB on: there ext4 (seen with Linux 6.18) takes huge
# pages, and a write takes up to three times as long.
ROOM = 384 * 1024
CHUNK = 64 * 1024
# How long bytes are gathered before they are handed on, in seconds.
GATHER = 0.05


class Wire:
    """Not for several threads, but for `cut` and `received`, the bytes of all bodies so far.

    All methods raise AttemptError, and DownloadError for a proxy that cannot be used.
    """

    def __init__(self, network: Network, address: Address, throttle: Throttle) -> None:
        self._network = network
        self._address = address
        self._throttle = throttle
        self._room = memoryview(bytearray(ROOM))
        self._connection: http.client.HTTPConnection | None = None
        self._proxy = _proxy_for(address)
        self._response: HTTPResponse | None = None
        self._socket: socket.socket | None = None
        self._late: Exception | None = None
        self.received = 0
        self._verdict: AttemptError | None = None

    def ask(self, start: int, end: int | None, *, etag: str | None) -> HTTPResponse:
        """Asks for the bytes from `start` to before `end`, or, without an `end`, for all there are."""
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self._address.authorization:
            headers["Authorization"] = self._address.authorization
        if end is not None:
            headers["Range"] = f"bytes={start}-{end - 1}"
            if etag:
                headers["If-Range"] = etag
        used = self._connection is not None and self._connection.sock is not None
        try:
            return self._request(headers)
        except AttemptError as error:
            # A server may close a connection that it has kept open, at any time, and no harm is done.
            if not used or error is self._verdict or error.remedy is not Remedy.AGAIN:
                raise
            self.close()
            return self._request(headers)

    def body(self, response: HTTPResponse, count: int | None, head: int = 0) -> Iterator[memoryview]:
        """The next `count` bytes of the body, or all, the first `head` of them in one piece. Each view is
        good until the next one is asked for."""
        # http.client ends a body at its Content-Length without a word, also where more was promised.
        left = count if response.length is None or count is None else min(count, response.length)
        short = left != count
        while left is None or left:
            step = self._throttle.step(len(self._room))
            room = self._room[: step if left is None else min(step, left)]
            try:
                got = self._gather(response, room, head)
            except (OSError, http.client.HTTPException) as error:
                raise self._translated(error) from error
            if not got:
                break
            head = 0
            self._throttle.took(got)
            if self._verdict:
                raise self._verdict
            yield room[:got]
            if left is not None:
                left -= got
        if left or short:
            raise self._verdict or broken_off()
        if response.length != count:
            self.close()
        # Read to its end, so that the connection can be used again.
        response.close()

    def cut(self, verdict: AttemptError) -> None:
        """From another thread: ends what goes on, as a failure with this reason."""
        self._verdict = verdict
        # http.client forgets the socket of an answer that will be the last one.
        if (opened := self._socket) is not None:
            with suppress(OSError):
                # Not close: that would not wake the one who reads.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def close(self) -> None:
        """Hangs up."""
        for opened in (self._response, self._connection):
            if opened is not None:
                with suppress(OSError):
                    opened.close()
        self._response = self._connection = self._socket = None

    def _request(self, headers: dict[str, str]) -> HTTPResponse:
        connection = self._connected()
        path = self._address.path
        if self._proxy and self._address.scheme == "http":
            path = f"http://{_with_port(self._address)}{path}"
            headers = headers | _login(self._proxy)
        try:
            connection.request("GET", path, headers=headers)
            self._response = connection.getresponse()
            return self._response
        except (OSError, http.client.HTTPException) as error:
            raise self._translated(error) from error

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = self._new_connection()
        if self._connection.sock is None:
            self._connect(self._connection)
        return self._connection

    def _new_connection(self) -> http.client.HTTPConnection:
        address, proxy = self._address, self._proxy
        host, port = (proxy.hostname or "", proxy.port or 80) if proxy else (address.host, address.port)
        timeout = self._network.patience.connect
        if address.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        connection = http.client.HTTPSConnection(
            host, port, timeout=timeout, context=self._network.new_certificates()
        )
        if proxy:
            connection.set_tunnel(address.host, address.port, headers=_login(proxy))
        return connection

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        patience = self._network.patience
        try:
            connection.connect()
            self._socket = connection.sock
            self._socket.settimeout(patience.stall)
        except ssl.SSLCertVerificationError as error:
            raise low_failure(error, patience) from error
        except TimeoutError as error:
            raise AttemptError(no_connection(patience), Remedy.AGAIN) from error
        except (OSError, http.client.HTTPException) as error:
            if "Tunnel connection failed" in str(error):
                raise refused_by_proxy(str(error)) from error
            raise unreachable(error if isinstance(error, OSError) else OSError(str(error))) from error
        if self._verdict:
            raise self._verdict

    def _gather(self, response: HTTPResponse, room: memoryview, least: int) -> int:
        """Fills `room` as far as it goes in a moment: one write for many small reads; `least` bytes are
        waited for."""
        if self._late:
            raise self._late
        filled, until = 0, time.monotonic() + GATHER
        while filled < len(room):
            try:
                got = self._read(response, room[filled:])
            except (OSError, http.client.HTTPException) as error:
                # What has arrived counts; the rest is for the next call.
                self._late = error
                if not filled:
                    raise
                break
            filled += got
            self.received += got
            if not got or (filled >= least and time.monotonic() >= until):
                break
        return filled

    def _read(self, response: HTTPResponse, room: memoryview) -> int:
        if response.length is not None:
            # Past HTTPResponse, which has no such method, straight from the socket to its place.
            return response.fp.readinto1(room)
        chunk = response.read1(min(len(room), CHUNK))
        room[: len(chunk)] = chunk
        return len(chunk)

    def _translated(self, error: BaseException) -> AttemptError:
        if self._verdict:
            return self._verdict
        match error:
            case TimeoutError():
                return silent(self._network.patience)
            case http.client.RemoteDisconnected() | http.client.IncompleteRead():
                return broken_off()
            case http.client.HTTPException():
                return AttemptError(tr("answered with something else than HTTP"), Remedy.AGAIN)
            case _:
                return low_failure(error, self._network.patience)


def _proxy_for(address: Address) -> SplitResult | None:
    """The proxy that the environment (or the system) names for this address. DownloadError."""
    proxies = urllib.request.getproxies()
    chosen = proxies.get(address.scheme) or proxies.get("all")
    bypassed = (address.host, f"{address.host}:{address.port}")
    if not chosen or any(urllib.request.proxy_bypass(name) for name in bypassed):
        return None
    proxy = urlsplit(chosen if "://" in chosen else f"http://{chosen}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise useless_proxy()
    return proxy


def _login(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(login).decode("ascii")}


def _with_port(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == http.client.HTTP_PORT else f"{host}:{address.port}"
