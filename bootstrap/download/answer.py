"""What a server's answer is worth: bytes for their place in the file, or what may help instead.

Range, If-Range, Content-Range and 416 are as in RFC 9110, sections 13.1.5, 14 and 15.5.17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import Protocol

from bootstrap.download.attempt import AttemptError, Remedy, a_page
from bootstrap.download.journal import Origin
from bootstrap.messages import tr

# A web page is known by its first bytes, after spaces and a byte order mark.
PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html[\s>])", re.IGNORECASE)
PAGE_BYTES = 512


class Headers(Protocol):
    """Header lines by name, in any case of letters."""

    def get(self, name: str, default: str, /) -> str:
        """The value, or `default`."""


@dataclass(frozen=True)
class Place:
    """Where bytes belong, as Content-Range tells it; `total` is None where the server does not know."""

    start: int
    end: int
    total: int | None


def refuse_other_forms(headers: Headers) -> None:
    """AttemptError if the body is a web page, or bytes that must be decoded first."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise a_page()
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        named = f" ({encoding})" if re.fullmatch(r"[a-z0-9-]{1,20}", encoding) else ""
        raise AttemptError(tr("answered in an encoding{named} nobody asked for", named=named), Remedy.NEXT)


def place_of(headers: Headers) -> Place | None:
    """What Content-Range says; None if it says nothing that can be understood."""
    text = headers.get("content-range", "").strip()
    found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", text)
    if not found or int(found[1]) > int(found[2]):
        return None
    return Place(int(found[1]), int(found[2]) + 1, None if found[3] == "*" else int(found[3]))


def empty_file(headers: Headers) -> bool:
    """Whether a 416 says that there is no byte to ask for."""
    return headers.get("content-range", "").strip() == "bytes */0"


def length_of(headers: Headers) -> int | None:
    """What Content-Length says."""
    text = headers.get("content-length", "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def origin_of(headers: Headers, url: str, total: int | None) -> Origin:
    """What a file at `url` is known by."""
    return Origin(url, headers.get("etag", "") or None, headers.get("last-modified", "") or None, total)


def check_part(
    status: int, headers: Headers, start: int, end: int, known: Origin, *, redirected: bool
) -> int:
    """The end of the bytes that follow, for a request of `start` to before `end` of a `known` file.

    AttemptError for another answer than these bytes, or a first part of them.
    """
    if status == 416:
        raise AttemptError(tr("has no such range any more"), Remedy.LOOK_AGAIN)
    if status not in {200, 206}:
        raise failed(status, headers, redirected=redirected)
    refuse_other_forms(headers)
    if status == 200 and (start, end) == (0, length_of(headers)):
        return end
    if status == 200:
        if known.differs(origin_of(headers, known.url, None)):
            raise changed()
        raise AttemptError(tr("sends all instead of a range"), Remedy.WITHOUT_RANGES)
    place = place_of(headers)
    if place is None or place.start != start:
        raise AttemptError(tr("answered with another range than the one asked for"), Remedy.NEXT)
    if known.differs(origin_of(headers, known.url, place.total)) or _differ(place.total, known.total):
        raise changed()
    return min(place.end, end)


def changed() -> AttemptError:
    """A file became another one while it was fetched."""
    return AttemptError(tr("the file has changed"), Remedy.LOOK_AGAIN)


def failed(status: int, headers: Headers, *, redirected: bool) -> AttemptError:
    """What an answer without a file means."""
    if status in {403, 410} and redirected:
        # GitHub's and Hugging Face's storage: signed addresses that are good for minutes only.
        return AttemptError(tr("{status} after a redirect", status=_in_words(status)), Remedy.RENEW)
    if status in {301, 302, 303, 307, 308}:
        return AttemptError(_in_words(status), Remedy.LOOK_AGAIN)
    if status in {408, 425, 429} or status >= 500:
        wait = retry_after(headers.get("retry-after", ""))
        return AttemptError(_in_words(status), Remedy.AGAIN, wait=wait, busy=status in {429, 503})
    return AttemptError(_in_words(status), Remedy.NEXT, busy=status == 403)


def is_page(head: bytes) -> bool:
    """Whether a body that begins with `head` is a web page."""
    return PAGE.match(head) is not None


def retry_after(text: str) -> float | None:
    """The seconds that a Retry-After header asks for: a number or a date; None if it is neither."""
    text = text.strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _in_words(status: int) -> str:
    # Not the server's own words: they may be anything.
    return tr(
        "answered {status} {meaning}", status=status, meaning=responses.get(status, "unknown status").lower()
    )


def _differ(one: object, other: object) -> bool:
    """Whether both are known and not the same."""
    return one is not None and other is not None and one != other
