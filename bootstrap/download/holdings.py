"""Which bytes of a file are there, from where, and which of them are in doubt. Pure bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.download import ranges
from bootstrap.download.ranges import Ranges

if TYPE_CHECKING:
    from bootstrap.download.journal import Origin

# So many parts that another mirror has with other bytes make everything doubtful worthless.
WRONG_PARTS = 3


@dataclass
class Holdings:
    """`by` are the bytes of each origin, `earlier` those that an earlier run left, `doubtful` those that
    are to be fetched again and compared, because the whole had the wrong checksum."""

    by: dict[Origin, Ranges] = field(default_factory=dict)
    earlier: Ranges = field(default_factory=Ranges)
    doubtful: Ranges = field(default_factory=Ranges)
    there: Ranges = field(init=False)
    _wrong_parts: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.there = Ranges.union(pair for there in self.by.values() for pair in there)

    def take(self, new: Ranges, origin: Origin) -> None:
        """These bytes have come from `origin`, whatever was there before."""
        self.lose(new)
        self.by[origin] = self.by.get(origin, Ranges()) | new
        self.there |= new

    def lose(self, lost: Ranges) -> None:
        """These bytes do not count any more."""
        self.by = {origin: left for origin, there in self.by.items() if (left := there - lost)}
        self.there -= lost
        self.doubtful -= lost
        self.earlier -= lost

    def wrong(self, offset: int) -> None:
        """In the doubtful part at `offset` were other bytes than there should be."""
        self._wrong_parts.add(offset // ranges.PART)
        if len(self._wrong_parts) >= WRONG_PARTS:
            self.lose(self.doubtful)

    def doubt(self, suspects: Ranges) -> None:
        """These are to be fetched again and compared."""
        self.doubtful = suspects & self.there
        self._wrong_parts.clear()

    def of(self, url: str) -> tuple[Origin, ...]:
        """What the bytes from this address belong to."""
        return tuple(origin for origin in self.by if origin.url == url)

    def suspects(self, url: str) -> Ranges:
        """Where wrong bytes may be if `url` is to be believed: those of other addresses, else those that
        were on the disk before this run."""
        others = [pair for origin, there in self.by.items() if origin.url != url for pair in there]
        return Ranges.union(others) or self.earlier

    @property
    def good(self) -> tuple[tuple[Origin, Ranges], ...]:
        """Everything that is not in doubt."""
        return tuple((origin, there - self.doubtful) for origin, there in self.by.items())
