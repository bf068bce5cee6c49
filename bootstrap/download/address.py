"""Where the bytes of a URL really are: redirects followed, size and kind asked for, by one small request.

What it finds out is good for many requests for parts, each of which needs no redirect then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.download import answer
from bootstrap.download.attempt import AttemptError, Remedy, WrongChecksumError
from bootstrap.download.connection import Failures, failure
from bootstrap.download.source import without_login
from bootstrap.download.verify import short
from bootstrap.messages import tr

if TYPE_CHECKING:
    import httpx

    from bootstrap.download.connection import Network
    from bootstrap.download.journal import Origin
    from bootstrap.download.source import Source


@dataclass(frozen=True)
class Address:
    """One file on one server: scheme, host, port and path with query of the last redirect.

    `ranges` says whether parts can be asked for; `origin` what the file is known by, with the URL
    that was asked for first. `authorization` is the header for this server.
    """

    scheme: str
    host: str
    port: int
    path: str
    redirected: bool
    ranges: bool
    origin: Origin
    authorization: str | None = None


def resolve(network: Network, source: Source, url: str) -> Address:
    """Asks for the first byte of `url`. AttemptError if there is no use in asking for more."""
    from bootstrap.download import huggingface

    headers = {"Range": "bytes=0-0"}
    try:
        if token := huggingface.authorization_for(url):
            headers["Authorization"] = token
    except ValueError as error:
        raise AttemptError(tr("not an http or https address"), Remedy.NEXT) from error
    try:
        with network.client.stream("GET", url, headers=headers) as response:
            _refuse_another_file(response, source)
            ranges, total = _judge(response)
            if response.status_code == 206 and answer.length_of(response.headers) == 1:
                # Small enough to wait for, and the connection can be used again.
                response.read()
            return _address(response, url, ranges=ranges, total=total, source=source)
    except Failures as error:
        raise failure(error, network.patience) from error


def _judge(response: httpx.Response) -> tuple[bool, int | None]:
    """Whether ranges work, and the size of the file."""
    headers = response.headers
    match response.status_code:
        case 200:
            answer.refuse_other_forms(headers)
            return False, answer.length_of(headers)
        case 206:
            answer.refuse_other_forms(headers)
            place = answer.place_of(headers)
            if place is None or (place.start, place.end) != (0, 1):
                raise AttemptError(tr("answered with another range than the one asked for"), Remedy.NEXT)
            # Parts of what has no end cannot be shared out.
            return place.total is not None, place.total
        case 416 if answer.empty_file(headers):
            return True, 0
        case status:
            raise _explained(response, answer.failed(status, headers, redirected=bool(response.history)))


def _explained(response: httpx.Response, error: AttemptError) -> AttemptError:
    """In the words of Hugging Face, where it says more than a status."""
    from bootstrap.download import huggingface

    for answered in (response, *response.history):
        if found := huggingface.explain(answered.status_code, answered.headers, str(answered.url)):
            reason, hint = found
            return AttemptError(reason, Remedy.NEXT, hint=hint)
    return error


def _refuse_another_file(response: httpx.Response, source: Source) -> None:
    """Hugging Face tells the sha256 before the first byte: none is wasted on another file."""
    for answered in (*response.history, response):
        told = answered.headers.get("x-linked-etag", "").strip('"').lower()
        if re.fullmatch(r"[0-9a-f]{64}", told) and told != source.sha256:
            reason = tr(
                "has another file there: checksum {told} instead of {sha256}",
                told=short(told),
                sha256=short(source.sha256),
            )
            raise WrongChecksumError(reason, Remedy.NEXT)


def _address(
    response: httpx.Response, url: str, *, ranges: bool, total: int | None, source: Source
) -> Address:
    if None not in {total, source.size} and total != source.size:
        raise AttemptError(
            tr("offers {total} bytes instead of {size}", total=total, size=source.size), Remedy.NEXT
        )
    final = response.url
    return Address(
        scheme=final.scheme,
        host=final.raw_host.decode("ascii"),
        port=final.port or (443 if final.scheme == "https" else 80),
        path=final.raw_path.decode("ascii"),
        redirected=bool(response.history),
        ranges=ranges,
        origin=answer.origin_of(response.headers, without_login(url), total),
        # httpx takes it away where a redirect leads to another server.
        authorization=response.request.headers.get("authorization"),
    )
