"""How one attempt at one URL can fail, and what may help then."""

from __future__ import annotations

from enum import Enum, auto

from bootstrap.messages import tr


class Remedy(Enum):
    """What may help after an attempt that failed."""

    AGAIN = auto()  # the same request, after a pause
    RENEW = auto()  # the address anew, once: a redirect led to one that has expired
    LOOK_AGAIN = auto()  # seeing what is at the address now
    WITHOUT_RANGES = auto()  # everything from the first byte, over one connection
    REPLACE = auto()  # the same request at once, over another connection
    NEXT = auto()  # another mirror


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
        tr("answered with a web page, not a file"),
        Remedy.NEXT,
        hint=tr("log in to this network with a browser, or name another source with --mirror URL"),
    )


def broken_off() -> AttemptError:
    """A body that ended before its end."""
    return AttemptError(tr("the connection was closed too early"), Remedy.AGAIN)


def too_long(total: int) -> AttemptError:
    """A body with more bytes than the file has: another file then."""
    return WorthlessError(tr("sends more than the expected {total} bytes", total=total), Remedy.NEXT)
