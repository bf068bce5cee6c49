"""One URL, attempt after attempt: finds out where it leads, fills the part file, tries again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bootstrap.download.address import resolve
from bootstrap.download.attempt import AttemptError, WorthlessError
from bootstrap.download.board import Board
from bootstrap.download.course import Course
from bootstrap.download.crew import TICK, Crew
from bootstrap.download.source import without_login
from bootstrap.download.throttle import Throttle
from bootstrap.messages import tr

if TYPE_CHECKING:
    from threading import Event

    from bootstrap.download.address import Address
    from bootstrap.download.connection import Network
    from bootstrap.download.part import Part
    from bootstrap.download.source import Note, Pace, Report, Source


@dataclass
class Transfer:
    """Brings the bytes of `source` into `part`, which wakes us with `wake`."""

    network: Network
    source: Source
    part: Part
    pace: Pace
    report: Report
    note: Note
    wake: Event

    @cached_property
    def _throttle(self) -> Throttle:
        return Throttle(self.pace.bytes_per_second)

    def from_url(self, url: str, *, patient: bool = True) -> None:
        """Fills the part file from `url`; what is there already stays, as far as it fits.

        Afterwards all bytes are there and their checksum is known, which may be the wrong one.
        AttemptError with the last reason if the URL is of no use, and, if not `patient`, as soon as the
        first thing goes wrong before there was a byte; FileError, DownloadError.
        """
        patience = self.network.patience
        course = Course(url, self.source.name, self.pace, patience, self.part, self.note, patient=patient)
        while not self._settled():
            began = time.monotonic()
            try:
                address = resolve(self.network, self.source, url)
            except AttemptError as error:
                failure: AttemptError | None = error
            else:
                # Without ranges everything comes anew, and nothing goes before it looks right.
                if address.ranges and self.part.welcome(address.origin):
                    course.tell(tr("the file has changed, starting over"))
                failure = self._fetch(address, course)
            if isinstance(failure, WorthlessError):
                self.part.forget(without_login(url))
            if failure and not self._settled():
                time.sleep(course.trouble(failure, began))

    def tend(self) -> None:
        """Saves what has to be saved, gives up what has been damaged, tells how far it is."""
        self.part.keep()
        if lost := self.part.damage():
            self.note(
                tr(
                    "{name}: {lost} bytes on the disk were damaged, fetching them again",
                    name=self.source.name,
                    lost=lost,
                )
            )
        self.report(self.part.solid, self.part.total)

    def _settled(self) -> bool:
        """Whether nothing is missing; waits for the checksum then."""
        while not self.part.verified and self.part.missing is not None and not self.part.missing:
            self.tend()
            if self.part.sha256 is not None:
                return True
            self.wake.wait(TICK)
            self.wake.clear()
        return self.part.verified

    def _fetch(self, address: Address, course: Course) -> AttemptError | None:
        address = course.without_ranges(address)
        board = Board(self.part, alone=course.places == 1)
        crew = Crew(self.network, address, self.part, self._throttle)
        return crew.work(board, course, self.wake, self.tend)
