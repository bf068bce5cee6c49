"""How one attempt at one URL can fail, and what may help then."""

from __future__ import annotations

from enum import Enum


class Remedy(Enum):
    """What may help after an attempt that failed."""

    AGAIN = "the same request, after a pause"
    RENEW = "the address anew, once: a redirect led to one that has expired"
    LOOK_AGAIN = "seeing what is at the address now"
    WITHOUT_RANGES = "everything from the first byte, over one connection"
    REPLACE = "the same request at once, over another connection"
    NEXT = "another mirror"


class AttemptError(Exception):
    """One attempt at one URL brought not all that was asked for. It never leaves this package."""

    def __init__(
        self, reason: str, remedy: Remedy, *, wait: float | None = None, hint: str = "", busy: bool = False
    ) -> None:
        """`wait` in seconds is what the server asked for; `hint` is for the user; `busy` is an answer
        that many connections get from servers that want few, and `crowded` says that there were many."""
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.wait = wait
        self.hint = hint
        self.busy = busy
        self.crowded = False


class DrippingError(AttemptError):
    """So little has arrived that it does not count as progress."""


class WorthlessError(AttemptError):
    """Nothing that came from there can be right."""


class WrongChecksumError(AttemptError):
    """A URL brought a whole file, and it is another one."""


def a_page() -> AttemptError:
    """What a hotel's or a company's login page is answered with."""
    return AttemptError(
        "answered with a web page, not a file",
        Remedy.NEXT,
        hint="log in to this network with a browser, or name another source with --mirror URL",
    )


def broken_off() -> AttemptError:
    """A body that ended before its end."""
    return AttemptError("the connection was closed too early", Remedy.AGAIN)


def too_long(total: int) -> AttemptError:
    """A body with more bytes than the file has: another file then."""
    return WorthlessError(f"sends more than the expected {total} bytes", Remedy.NEXT)
