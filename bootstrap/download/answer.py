"""What a server's answer is worth: the place of its bytes in the file, or what may help instead.

Range, If-Range, Content-Range and 416 are as in RFC 9110, sections 13.1.5, 14 and 15.5.17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import TYPE_CHECKING

from bootstrap.download.attempt import AttemptError, Remedy, a_page
from bootstrap.download.journal import Origin
from bootstrap.download.source import without_login

if TYPE_CHECKING:
    import httpx

# A web page is known by its first bytes, after spaces and a byte order mark.
PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html[\s>])", re.IGNORECASE)
PAGE_BYTES = 512


@dataclass(frozen=True)
class Asked:
    """What a request was about: `url`, from byte `start` on, of a file with `size` if known.

    `before` is where the bytes before `start` came from.
    """

    url: str
    start: int
    size: int | None
    before: Origin | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that ask for it.

        Without a strong ETag, or from another mirror, the range is asked for all the same: should
        the file not be the one that the first bytes came from, the sha256 finds it out in the end.
        """
        if not self.start:
            return {}
        headers = {"Range": f"bytes={self.start}-"}
        if self.before and self._same_place and (etag := self.before.strong_etag):
            headers["If-Range"] = etag
        return headers

    @property
    def _same_place(self) -> bool:
        return self.before is not None and self.before.url == without_login(self.url)

    def changed(self, now: Origin) -> bool:
        """Whether the file at the URL is another one than that of the first bytes."""
        if self.before is None:
            return False
        if _differ(self.before.total, now.total):
            return True
        if not self._same_place:
            return False
        if self.before.etag and now.etag:
            return self.before.etag != now.etag
        return _differ(self.before.last_modified, now.last_modified)


@dataclass(frozen=True)
class Answer:
    """The body that follows belongs at byte `start`; `whole` if no byte is missing already."""

    start: int
    origin: Origin
    whole: bool = False


def judge(response: httpx.Response, asked: Asked) -> Answer:
    """Reads status and headers. AttemptError if the body is not what was asked for."""
    match response.status_code:
        case 200:
            _refuse_other_forms(response)
            return _from_the_start(response, asked)
        case 206:
            _refuse_other_forms(response)
            return _from_the_middle(response, asked)
        case 416:
            return _out_of_range(response, asked)
        case _:
            raise _failed(response)


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
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _refuse_other_forms(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise a_page()
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise AttemptError(f"answered in an encoding ({encoding[:20]}) nobody asked for", Remedy.NEXT)


def _from_the_start(response: httpx.Response, asked: Asked) -> Answer:
    length = response.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else None
    _compare_size(total, asked)
    return Answer(0, _origin(response, asked, total))


def _from_the_middle(response: httpx.Response, asked: Asked) -> Answer:
    text = response.headers.get("content-range", "")
    found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", text.strip())
    if not asked.start or not found or int(found[1]) != asked.start:
        raise AttemptError("answered with another range than the one asked for", Remedy.NEXT)
    total = None if found[3] == "*" else int(found[3])
    _compare_size(total, asked)
    origin = _origin(response, asked, total)
    if asked.changed(origin):
        raise AttemptError("the file has changed, starting over", Remedy.START_OVER)
    return Answer(asked.start, origin)


def _out_of_range(response: httpx.Response, asked: Asked) -> Answer:
    found = re.fullmatch(r"bytes \*/(\d{1,18})", response.headers.get("content-range", "").strip())
    # Size unknown, all bytes there: a server can say so only with a 416.
    if asked.start and asked.size is None and found and int(found[1]) == asked.start:
        return Answer(asked.start, _origin(response, asked, asked.start), whole=True)
    if asked.start:
        raise AttemptError("has no such range, starting over", Remedy.START_OVER)
    raise AttemptError(_status(response), Remedy.NEXT)


def _failed(response: httpx.Response) -> AttemptError:
    code = response.status_code
    if code in {403, 410} and response.history:
        # GitHub's and Hugging Face's storage: signed addresses that are good for minutes only.
        return AttemptError(f"{_status(response)} after a redirect", Remedy.RENEW)
    if code in {408, 425, 429} or code >= 500:
        wait = retry_after(response.headers.get("retry-after", ""))
        return AttemptError(_status(response), Remedy.AGAIN, wait=wait)
    return AttemptError(_status(response), Remedy.NEXT)


def _origin(response: httpx.Response, asked: Asked, total: int | None) -> Origin:
    headers = response.headers
    url = without_login(asked.url)
    return Origin(url, headers.get("etag"), headers.get("last-modified"), total)


def _compare_size(total: int | None, asked: Asked) -> None:
    if None not in {total, asked.size} and total != asked.size:
        raise AttemptError(f"offers {total} bytes instead of {asked.size}", Remedy.NEXT)


def _status(response: httpx.Response) -> str:
    # Not the server's own words: they may be anything.
    words = responses.get(response.status_code, "unknown status").lower()
    return f"answered {response.status_code} {words}"


def _differ(one: object, other: object) -> bool:
    """Whether both are known and not the same."""
    return one is not None and other is not None and one != other
