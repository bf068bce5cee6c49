"""What is wanted, how patiently, and who is told how it goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bootstrap.messages import tr

MIB = 1024 * 1024

# Bytes so far, which never run backwards within one call, and their total if known. Called for
# every chunk (64 KiB and less), so whoever draws it must leave most calls out.
Report = Callable[[int, int | None], None]

# One line for the user: a retry or a switch to another mirror, with its reason.
Note = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A file that is wanted: its name for the user, where it may be, and how to know it is right.

    `urls` are tried in their order. `sha256` is 64 lower-case hex digits, `size` is in bytes.
    ValueError for another form of `sha256`: no download could ever satisfy it.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int | None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ValueError(tr("not 64 lower-case hex digits: {sha256!r}", sha256=self.sha256))


@dataclass(frozen=True)
class Patience:
    """How long we wait, in seconds, and how many attempts in a row may bring nothing new."""

    connect: float = 10.0
    stall: float = 30.0
    attempts: int = 5
    pause: float = 0.5
    longest_pause: float = 30.0
    longest_retry_after: float = 60.0


@dataclass(frozen=True)
class Pace:
    """How much of the line we take: connections at most (None: as many as the host likes), and bytes a
    second over all of them (None: as many as the line gives)."""

    connections: int | None = None
    bytes_per_second: int | None = None


def silent_report(_done: int, _total: int | None) -> None:
    """Nobody watches."""


def silent_note(_line: str) -> None:
    """Nobody listens."""


def never_backwards(report: Report) -> Report:
    """`report`, told only the most bytes there ever were, also where a download starts over."""
    most = 0

    def forward(done: int, total: int | None) -> None:
        nonlocal most
        most = max(most, done)
        report(most, None if total is None else max(most, total))

    return forward


def once(note: Note) -> Note:
    """`note`, told no line twice."""
    told: set[str] = set()

    def first_time(line: str) -> None:
        if line not in told:
            told.add(line)
            note(line)

    return first_time


def without_login(url: str) -> str:
    """`url` without `user:password@`, fit for being written down."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url.rpartition("@")[2]
    place, mark, query = rest.partition("?")
    # A password may hold a slash; nothing before the last @ is worth telling.
    return scheme + separator + place.rpartition("@")[2] + mark + query


def host_of(url: str) -> str:
    """The host of `url`, with its port if it has one: names a mirror without telling secrets."""
    try:
        host = urlsplit(without_login(url)).netloc
    except ValueError:
        host = ""
    return host or tr("an address without a host")
