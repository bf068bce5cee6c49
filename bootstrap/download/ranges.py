"""Places in a file, as arithmetic: what is there, what is missing, what somebody works on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bootstrap.download.source import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What one request asks for when several connections share a file, and the grain in which bytes are
# doubted and fetched again: so much that asking costs little, so little that the last parts, which some
# connections bring while others have nothing left to do, do not take long.
PART = 4 * MIB


@dataclass(frozen=True)
class Ranges:
    """Sorted pairs (start, end) in bytes, `end` not included, that neither overlap nor touch."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, start: int, end: int) -> Ranges:
        """The bytes from `start` to before `end`."""
        return cls(((start, end),)) if start < end else cls()

    @classmethod
    def union(cls, pairs: Iterable[tuple[int, int]]) -> Ranges:
        """Any pairs, in any order, which may overlap."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(pair for pair in pairs if pair[0] < pair[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges.union((*self.pairs, *other.pairs))

    def __sub__(self, other: Ranges) -> Ranges:
        left = list(self.pairs)
        for begin, finish in other.pairs:
            left = [
                piece
                for start, end in left
                for piece in ((start, min(end, begin)), (max(start, finish), end))
                if piece[0] < piece[1]
            ]
        return Ranges(tuple(left))

    def __and__(self, other: Ranges) -> Ranges:
        return self - (self - other)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.pairs)

    @property
    def count(self) -> int:
        """How many bytes they are."""
        return sum(end - start for start, end in self.pairs)

    @property
    def prefix(self) -> int:
        """How many bytes there are from the beginning of the file without a gap."""
        return self.pairs[0][1] if self.pairs and self.pairs[0][0] == 0 else 0

    @property
    def end(self) -> int:
        """The end of the last one."""
        return self.pairs[-1][1] if self.pairs else 0

    def below(self, end: int) -> Ranges:
        """Only what lies before `end`."""
        return self & Ranges.of(0, end)

    def well_formed(self) -> bool:
        """Whether the pairs are what the class promises; for what comes from a file."""
        ordered = all(0 <= start < end for start, end in self.pairs)
        return ordered and all(one[1] < other[0] for one, other in pairwise(self.pairs))
