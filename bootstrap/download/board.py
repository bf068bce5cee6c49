"""Who fetches which bytes: claims on what is missing, given out in the order of the file."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.download import ranges
from bootstrap.download.ranges import Ranges

if TYPE_CHECKING:
    from bootstrap.download.part import Part


@dataclass(eq=False)
class Claim:
    """The bytes from `position` to before `end` are one worker's; `position` goes forward with them."""

    position: int
    end: int


class Board:
    """The claims on one part file; never more than `places` at a time. For several threads.

    `alone` says that there will be one connection only, which then gets all that is missing at once.
    """

    def __init__(self, part: Part, *, alone: bool) -> None:
        self._part = part
        self._lock = threading.Lock()
        self._claims: list[Claim] = []
        self.alone = alone
        self.places = 0

    def claim(self) -> Claim | None:
        """The next bytes to ask for; None if there are none."""
        with self._lock:
            if len(self._claims) >= self.places:
                return None
            free = self._free()
            if not free:
                return None
            start, end = free.pairs[0]
            if not self.alone:
                end = min(end, (start // ranges.PART + 1) * ranges.PART)
            claim = Claim(start, end)
            self._claims.append(claim)
            return claim

    def give_back(self, claim: Claim) -> None:
        """What is left of it is for others."""
        with self._lock:
            self._claims.remove(claim)

    @property
    def open_bytes(self) -> int:
        """How many bytes there are that nobody works on."""
        with self._lock:
            return self._free().count

    def _free(self) -> Ranges:
        missing = self._part.missing or Ranges()
        return missing - Ranges.union((claim.position, claim.end) for claim in self._claims)
