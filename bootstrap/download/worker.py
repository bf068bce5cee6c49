"""What one connection does: claims bytes, asks for them, writes them, until there are none left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bootstrap.download import answer
from bootstrap.download.answer import PAGE_BYTES, is_page
from bootstrap.download.attempt import a_page, broken_off, too_long
from bootstrap.download.ranges import Ranges
from bootstrap.download.wire import Wire

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from bootstrap.download.address import Address
    from bootstrap.download.attempt import AttemptError
    from bootstrap.download.board import Board, Claim
    from bootstrap.download.connection import Network
    from bootstrap.download.part import Part
    from bootstrap.download.throttle import Throttle


class Worker:
    """One connection to `address`. `confirmed` says that it has been given what it asked for."""

    def __init__(self, network: Network, address: Address, part: Part, throttle: Throttle) -> None:
        self._address = address
        self._part = part
        self._wire = Wire(network, address, throttle)
        self.confirmed = False
        self.began = time.monotonic()

    def fetch_parts(self, board: Board) -> None:
        """Until the board has nothing more for it. AttemptError, FileError, DownloadError."""
        try:
            while claim := board.claim():
                try:
                    self._fetch(claim)
                finally:
                    board.give_back(claim)
        finally:
            self._wire.close()

    def fetch_all(self) -> None:
        """The whole file, from a server without ranges. Raises as `fetch_parts` does."""
        try:
            response = self._wire.ask(0, None, etag=None)
            if response.status != 200:
                redirected = self._address.redirected
                raise answer.failed(response.status, response.headers, redirected=redirected)
            answer.refuse_other_forms(response.headers)
            self._write_all(response)
        finally:
            self._wire.close()

    @property
    def received(self) -> int:
        """How many bytes it has brought; also read by others while it works."""
        return self._wire.received

    def cut(self, verdict: AttemptError) -> None:
        """From another thread: the connection ends, for this reason."""
        self._wire.cut(verdict)

    def _fetch(self, claim: Claim) -> None:
        origin = self._address.origin
        response = self._wire.ask(claim.position, claim.end, etag=origin.strong_etag)
        end = answer.check_part(
            response.status,
            response.headers,
            claim.position,
            claim.end,
            origin,
            redirected=self._address.redirected,
        )
        first = claim.position == 0
        for data in self._wire.body(response, end - claim.position, PAGE_BYTES if first else 0):
            if first and is_page(bytes(data[:PAGE_BYTES])):
                raise a_page()
            first = False
            self._take(claim.position, data)
            claim.position += len(data)

    def _write_all(self, response: HTTPResponse) -> None:
        """The whole body; of a file whose size is known only what is missing or in doubt."""
        position, total = 0, self._address.origin.total
        for data in self._wire.body(response, response.length, PAGE_BYTES):
            if position == 0:
                if is_page(bytes(data[:PAGE_BYTES])):
                    raise a_page()
                total = self._expect(total)
            end = position + len(data)
            if total is not None and end > total:
                raise too_long(total)
            wanted = Ranges.of(position, end)
            for start, stop in wanted if total is None else wanted & (self._part.missing or Ranges()):
                self._take(start, data[start - position : stop - position])
            position = end
        if position == 0:
            total = self._expect(total)
        if total is not None and position < total:
            raise broken_off()
        self._part.total = position

    def _expect(self, total: int | None) -> int | None:
        """Now there is something better than what was there; returns the size of the file, if known."""
        self._part.welcome(self._address.origin)
        if total is None and self._part.size is None:
            # Nobody can tell what of it would fit.
            self._part.forget()
        return self._part.size if total is None else total

    def _take(self, position: int, data: memoryview) -> None:
        self._part.write(position, data, self._address.origin)
        self.confirmed = True
