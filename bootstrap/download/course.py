"""How it goes with one URL: what has failed, how long to wait, how many connections are welcome."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bootstrap.download.attempt import AttemptError, DrippingError, Remedy
from bootstrap.download.source import host_of
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.download.address import Address
    from bootstrap.download.part import Part
    from bootstrap.download.source import Note, Pace, Patience

# Not for secrets: it only keeps many machines from coming back at the same moment.
_JITTER = random.SystemRandom()

# What public servers are content with.
CONNECTIONS = 8
POLITE = {"github.com": 4}

# With a limited rate there are no more connections than can have so many bytes per second each.
WORTHWHILE = 256 * 1024

# Addresses that expire so often may be a way of refusing many connections.
RENEWALS = 3


@dataclass
class Course:
    """Of one URL and one call. Without `patient`, nothing is tried twice before there was a byte.

    `places` is how many connections there may be.
    """

    url: str
    name: str
    pace: Pace
    patience: Patience
    part: Part
    note: Note
    patient: bool
    places: int = field(init=False)
    _told: set[str] = field(init=False, default_factory=set)
    _furthest: int = field(init=False)
    _failed: int = field(init=False, default=0)
    _failed_at: float = field(init=False, default=0.0)
    _renewed: int = field(init=False, default=0)
    _renewed_at: float = field(init=False, default=0.0)
    _reduced_at: float = field(init=False, default=0.0)
    _whole: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._furthest = self.part.solid
        self.places = self.pace.connections or POLITE.get(host_of(self.url), CONNECTIONS)
        if self.pace.bytes_per_second is not None:
            self.places = max(1, min(self.places, self.pace.bytes_per_second // WORTHWHILE))

    def trouble(self, error: AttemptError, began: float) -> float:
        """What a failed attempt means, which began at that monotonic time: the seconds to wait before the
        next one. Raises `error` if there is no use in another."""
        self._look_for_progress(error)
        match error.remedy:
            case _ if self.helped_by_less(error, began):
                if self.places > 1:
                    self._reduced_at = time.monotonic()
                self.places = 1
                self.tell(tr("{reason}, going on with one connection", reason=error.reason))
                return min(error.wait or 0.0, self.patience.longest_retry_after)
            case Remedy.NEXT:
                raise error
            case Remedy.REPLACE:
                return 0.0
            case Remedy.RENEW:
                return self._renew(error, began)
            case Remedy.AGAIN:
                return self._pause(error, began)
        self._count(error, began)
        self.tell(error.reason)
        if error.remedy is Remedy.WITHOUT_RANGES:
            self._whole = True
        return 0.0

    def _look_for_progress(self, error: AttemptError) -> None:
        """An attempt that has brought something makes up for all that have failed before, and for itself."""
        if self.part.solid > self._furthest and not isinstance(error, DrippingError):
            self._furthest = self.part.solid
            self._failed = -1
            self._renewed_at = 0.0
            self.patient = True

    def helped_by_less(self, error: AttemptError, began: float) -> bool:
        """Whether fewer connections may help than there were when the one that failed began."""
        return error.busy and ((error.crowded and self.places > 1) or began < self._reduced_at)

    def without_ranges(self, address: Address) -> Address:
        """The address as it has shown itself: some answer a small range and no other."""
        return replace(address, ranges=False) if self._whole else address

    def tell(self, reason: str) -> None:
        """One line for the user, who is told none twice (see `mirrors`)."""
        self.note(f"{self.name}: {host_of(self.url)}: {reason}")

    def _pause(self, error: AttemptError, began: float) -> float:
        # Connections that break together are one failure.
        if began < self._failed_at:
            return 0.0
        self._count(error, began)
        if error.wait is not None:
            wait = min(error.wait, self.patience.longest_retry_after)
        else:
            doubled = self.patience.pause * 2.0 ** max(0, self._failed - 1)
            wait = min(doubled, self.patience.longest_pause) * _JITTER.uniform(0.5, 1.0)
        # The pause makes each line another one.
        if error.reason not in self._told:
            self._told.add(error.reason)
            self.tell(tr("{reason}, trying again in {wait:.1f} s", reason=error.reason, wait=wait))
        return wait

    def _renew(self, error: AttemptError, began: float) -> float:
        """An address that was handed out has expired. The connections that notice it later say the same."""
        if began < self._renewed_at:
            return 0.0
        if self._renewed_at and self.places == 1:
            raise error
        if self._renewed_at or self._renewed >= RENEWALS:
            self.places = 1
        self._renewed += 1
        self._renewed_at = time.monotonic()
        self.tell(tr("{reason}, asking for the address anew", reason=error.reason))
        return 0.0

    def _count(self, error: AttemptError, began: float) -> None:
        """Raises `error` if too many attempts in a row have brought nothing new."""
        if began >= self._failed_at:
            self._failed += 1
            self._failed_at = time.monotonic()
        if self._failed >= (self.patience.attempts if self.patient else 1):
            raise error
