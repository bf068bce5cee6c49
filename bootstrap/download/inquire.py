"""What a server tells of a file before it is fetched: its checksum at Hugging Face, and its first bytes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

from bootstrap.download import huggingface
from bootstrap.download.source import Patience, host_of
from bootstrap.errors import DownloadError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bootstrap.download.connection import Network
    from bootstrap.download.huggingface import RepositoryFile

BEGINNING = 256 << 10  # bytes: what decides about a model stands before its vocabulary
PATIENCE = Patience()

_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Pinned:
    """A file of Hugging Face, at a commit that never changes. size in bytes, None if it is not told."""

    file: RepositoryFile
    sha256: str
    size: int | None


def pin(file: RepositoryFile, patience: Patience = PATIENCE) -> Pinned | None:
    """What the hub knows of a file; None if it tells no sha256 of it. DownloadError, FileError.

    The hub answers with these headers itself, before it redirects to where the bytes are:
    X-Linked-Etag is a sha256 for files in large file storage, X-Repo-Commit the commit of a branch.
    """

    def ask(network: Network) -> Pinned | None:
        headers = _head(network, file.at_endpoint()).headers
        sha256 = headers.get("x-linked-etag", "").removeprefix("W/").strip('"').lower()
        commit, size = headers.get("x-repo-commit", ""), headers.get("x-linked-size", "")
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            return None
        pinned = replace(file, revision=commit) if re.fullmatch("[0-9a-f]{40}", commit) else file
        return Pinned(pinned, sha256, int(size) if re.fullmatch("[0-9]{1,18}", size) else None)

    return _asked(ask, file.at_endpoint(), patience)


def peek(url: str, patience: Patience = PATIENCE) -> tuple[bytes, int | None]:
    """The first bytes of a file, at most `BEGINNING`, and its size. DownloadError, FileError."""

    def ask(network: Network) -> tuple[bytes, int | None]:
        headers = {"Range": f"bytes=0-{BEGINNING - 1}"} | _authorization(url)
        with network.client.stream("GET", url, headers=headers) as response:
            _refuse_errors(response)
            data = b""
            for chunk in response.iter_raw():
                data += chunk
                if len(data) >= BEGINNING:
                    break
            return data[:BEGINNING], _size(response)

    return _asked(ask, url, patience)


def _asked(ask: Callable[[Network], _Told], url: str, patience: Patience) -> _Told:
    """The answer to a small question. DownloadError with the reason if there is none."""
    from bootstrap.download.attempt import AttemptError, Remedy
    from bootstrap.download.connection import Failures, Network, failure

    with Network(patience) as network:
        for left in reversed(range(patience.attempts)):
            try:
                return ask(network)
            except Failures as error:
                problem = failure(error, patience)
            except AttemptError as error:
                problem = error
            if problem.remedy is not Remedy.AGAIN or not left:
                break
            time.sleep(min(problem.wait or patience.pause, patience.longest_pause))
    name = url.partition("?")[0].rpartition("/")[2]
    raise DownloadError(
        tr("cannot ask for {name}: {url}: {reason}", name=name, url=host_of(url), reason=problem.reason),
        problem.hint or tr("check the address and the network"),
    ) from problem


def _head(network: Network, url: str) -> httpx.Response:
    """The answer that tells of the file: redirects are followed as long as they stay at the hub, as for
    repositories that were renamed and for mirrors of the hub."""
    from bootstrap.download.connection import REDIRECTS

    for _ in range(REDIRECTS):
        response = network.client.head(url, headers=_authorization(url), follow_redirects=False)
        onward = urljoin(url, response.headers.get("location", ""))
        if not response.is_redirect or "x-linked-etag" in response.headers or not huggingface.knows(onward):
            break
        url = onward
    _refuse_errors(response)
    return response


def _refuse_errors(response: httpx.Response) -> None:
    """AttemptError, in the words of Hugging Face where it says more than a status."""
    from bootstrap.download import answer
    from bootstrap.download.attempt import AttemptError, Remedy

    if response.status_code < 400:
        return
    for answered in (response, *response.history):
        if found := huggingface.explain(answered.status_code, answered.headers, str(answered.url)):
            raise AttemptError(found[0], Remedy.NEXT, hint=found[1])
    raise answer.failed(response.status_code, response.headers, redirected=False)


def _authorization(url: str) -> dict[str, str]:
    value = huggingface.authorization_for(url)
    return {"Authorization": value} if value else {}


def _size(response: httpx.Response) -> int | None:
    from bootstrap.download import answer

    if response.status_code == 206:
        place = answer.place_of(response.headers)
        return place.total if place else None
    return answer.length_of(response.headers)
