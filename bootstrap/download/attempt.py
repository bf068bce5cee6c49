"""How one attempt at one URL can fail, and what may help then."""

from __future__ import annotations

from enum import Enum


class Remedy(Enum):
    """What may help after an attempt that failed."""

    AGAIN = "the same request, after a pause"
    RENEW = "the same request at once, once: a redirect led to an address that has expired"
    START_OVER = "the same request from the first byte"
    NEXT = "another mirror"


class AttemptError(Exception):
    """One attempt at one URL brought no whole file. It never leaves this package."""

    def __init__(self, reason: str, remedy: Remedy, *, wait: float | None = None, hint: str = "") -> None:
        """`wait` in seconds is what the server asked for; `hint` is for the user."""
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.wait = wait
        self.hint = hint


class WrongChecksumError(AttemptError):
    """A URL brought a whole file, and it is another one."""


def a_page() -> AttemptError:
    """What a hotel's or a company's login page is answered with."""
    return AttemptError(
        "answered with a web page, not a file",
        Remedy.NEXT,
        hint="log in to this network with a browser, or name another source with --mirror URL",
    )
