"""One URL, attempt after attempt: asks, judges the answer, fills the part file, tries again."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.download.answer import PAGE_BYTES, Asked, is_page, judge
from bootstrap.download.attempt import AttemptError, Remedy, a_page
from bootstrap.download.connection import Client, Failures, failure
from bootstrap.download.source import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bootstrap.download.answer import Answer
    from bootstrap.download.part import Part
    from bootstrap.download.source import Note, Patience, Report, Source

# Not for secrets: it only keeps many machines from coming back at the same moment.
_JITTER = random.SystemRandom()


@dataclass
class Streak:
    """Failed attempts in a row that brought nothing new; `furthest` is what was new last."""

    furthest: int
    failed: int = 0
    renewed: bool = False

    def count(self, position: int) -> None:
        """An attempt ended too early, at `position`. Progress means: further than ever before."""
        if position > self.furthest:
            self.furthest = position
            self.failed = 0
            self.renewed = False
        else:
            self.failed += 1


@dataclass(frozen=True)
class Transfer:
    """Brings the bytes of `source` into `part`, over one connection at a time."""

    client: Client
    source: Source
    part: Part
    patience: Patience
    report: Report
    note: Note

    def from_url(self, url: str) -> None:
        """Fills the part file from `url`; what is there already stays, as far as it fits.

        AttemptError with the last reason if the URL is of no use.
        """
        streak = Streak(self.part.position)
        while not self.part.is_complete():
            try:
                self._attempt(url)
            except AttemptError as error:
                # A connection may break after the last byte.
                if self.part.is_complete():
                    return
                streak.count(self.part.position)
                self._prepare_next(url, error, streak)
            else:
                return

    def _attempt(self, url: str) -> None:
        asked = Asked(url, self.part.position, self.source.size, self.part.origin)
        try:
            with self.client.stream("GET", url, headers=asked.headers) as response:
                answer = judge(response, asked)
                if not answer.whole:
                    self._take(answer, response.iter_raw())
        except Failures as error:
            raise failure(error, self.patience) from error
        if self.part.total is not None and not self.part.is_complete() and not answer.whole:
            raise AttemptError("the connection was closed too early", Remedy.AGAIN)

    def _take(self, answer: Answer, chunks: Iterator[bytes]) -> None:
        """The body into the part file, which is not touched before the body looks right."""
        first: list[bytes] = []
        if answer.start == 0:
            first = _head(chunks)
            if is_page(b"".join(first)):
                raise a_page()
        self.part.begin(answer.origin, answer.start)
        self._append_all(itertools.chain(first, chunks))

    def _append_all(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            total = self.part.total
            if total is not None and self.part.position + len(chunk) > total:
                # Another file then, and its first bytes are no better than the rest.
                self.part.drop()
                raise AttemptError(f"sends more than the expected {total} bytes", Remedy.NEXT)
            self.part.append(chunk)
            self.report(self.part.position, total)

    def _prepare_next(self, url: str, error: AttemptError, streak: Streak) -> None:
        """Waits, or makes room for another try. Raises `error` if no further try makes sense."""
        if error.remedy is Remedy.NEXT or streak.failed >= self.patience.attempts:
            raise error
        if error.remedy is Remedy.RENEW and streak.renewed:
            raise error
        line = f"{self.source.name}: {host_of(url)}: {error.reason}"
        if error.remedy is Remedy.AGAIN:
            wait = self._pause(error, streak)
            self.note(f"{line}, trying again in {wait:.1f} s")
            time.sleep(wait)
            return
        self.note(line)
        if error.remedy is Remedy.RENEW:
            streak.renewed = True
        else:
            self.part.forget()

    def _pause(self, error: AttemptError, streak: Streak) -> float:
        if error.wait is not None:
            return min(error.wait, self.patience.longest_retry_after)
        doubled = self.patience.pause * 2.0 ** max(0, streak.failed - 1)
        return min(doubled, self.patience.longest_pause) * _JITTER.uniform(0.5, 1.0)


def _head(chunks: Iterator[bytes]) -> list[bytes]:
    """The first chunks, until they show whether a web page begins."""
    first: list[bytes] = []
    while sum(map(len, first)) < PAGE_BYTES and (chunk := next(chunks, b"")):
        first.append(chunk)
    return first
