"""What can go wrong with an answer, and which requests it hits.

A flawless answer is `OK`. What goes wrong is a `Fault`, and faults can be combined: `Fault(etag=None,
drop=1000)` has no ETag and ends after 1000 bytes of body. Which request a fault hits is said in one of
three ways: by a `Rule` (what the request asks for, so that the order of requests does not matter), by
a script (one fault for every further request in turn), or by what holds for all that are left.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

PAGE = b"<!DOCTYPE html>\n<html><body>Please log in to the hotel's network</body></html>\n"


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
    linked: str | None = None  # X-Linked-Etag, as Hugging Face has it
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
    """Sends everybody who asks for /file on to an address that is good for `uses` bulk requests, and for
    `seconds`.

    `then` is the answer there. A `Rule(anything, SignedAddress(3))` does it.
    """

    def __init__(self, uses: int, status: int = 403, then: Fault = OK, seconds: float = float("inf")) -> None:
        self.uses = uses
        self.status = status
        self.then = then
        self.seconds = seconds
        self.issued = 0
        # Who comes with an address of an earlier server finds it expired.
        self.left = 0
        self.issued_at = 0.0

    def __call__(self, request: Request) -> Fault:
        if request.path == "/file":
            self.issued += 1
            self.left = self.uses
            self.issued_at = request.at
            return redirect(f"/signed-{self.issued}?X-Signature=s3cret")
        current = request.path.startswith(f"/signed-{self.issued}?")
        self.left -= bulk(request)
        good = current and self.left >= 0 and request.at < self.issued_at + self.seconds
        return self.then if good else Fault(status=self.status)


def anything(_request: Request) -> bool:
    return True
