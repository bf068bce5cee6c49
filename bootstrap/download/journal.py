"""The journal beside a part file: which bytes of it are there for sure, and where they came from.

The journal is never newer than the data: whoever writes it has fsynced the part file before.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bootstrap.download import ranges
from bootstrap.download.disk import reason_of, replace
from bootstrap.download.ranges import Ranges
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2

# 20 bytes for every part, and a few hundred for every address. What is longer is not ours, and is
# not read into memory.
LONGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Origin:
    """Where bytes came from; `total` is the size that the server promised, in bytes."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None

    @property
    def strong_etag(self) -> str | None:
        """The ETag, if equal ETags mean equal bytes (RFC 9110, section 8.8.3)."""
        if self.etag and re.fullmatch(r'"[\x21\x23-\x7e]*"', self.etag):
            return self.etag
        return None

    def differs(self, now: Origin) -> bool:
        """Whether the same address has another file now."""
        if self.etag and now.etag:
            return self.etag != now.etag
        known = None not in {self.last_modified, now.last_modified}
        return known and self.last_modified != now.last_modified


@dataclass(frozen=True)
class Journal:
    """What is known of a part file of the file with `sha256`: the safe bytes of each origin, and what
    the sha256 of all before began with after every `grain` bytes (see `checksum`)."""

    sha256: str
    safe: tuple[tuple[Origin, Ranges], ...]
    marks: tuple[str, ...] = ()
    grain: int = field(default_factory=lambda: ranges.PART)

    @property
    def there(self) -> Ranges:
        """All bytes that are safe."""
        return Ranges.union(pair for _, found in self.safe for pair in found)


def part_path(target: Path) -> Path:
    """Where the unfinished bytes of `target` are."""
    return target.with_name(target.name + ".part")


def journal_path(target: Path) -> Path:
    """Where it is written down how far `target` has come."""
    return target.with_name(target.name + ".part.json")


def already(target: Path, sha256: str | None = None) -> int:
    """Bytes of the part file that a resume can use, 0 if none.

    With `sha256`, only if they are meant to become the file with that checksum.
    """
    try:
        size = part_path(target).stat().st_size
    except OSError:
        return 0
    journal = read(target)
    if journal is None or sha256 not in {None, journal.sha256}:
        return 0
    return journal.there.below(size).count


def discard(target: Path) -> None:
    """Removes the part file, its journals and what a killed run left of a new journal. FileError."""
    try:
        # The journals go first: without them nobody believes what is left of the part file.
        remove(target)
        part_path(target).unlink(missing_ok=True)
    except OSError as error:
        raise FileError(
            f"cannot remove {error.filename}: {reason_of(error)}",
            "remove it by hand, and run the same command again",
        ) from error


def remove(target: Path) -> None:
    """Removes the journal. OSError."""
    for path in (journal_path(target), _new_path(target)):
        path.unlink(missing_ok=True)


def read(target: Path) -> Journal | None:
    """The journal of `target`; None if there is none, or none that we can believe."""
    try:
        with journal_path(target).open("rb") as file:
            return _understood(json.loads(file.read(LONGEST)))
    # RecursionError: a few thousand brackets are enough for it. The others: it is not ours.
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return None


def write(target: Path, journal: Journal) -> None:
    """Replaces the journal of `target` atomically; the part file is fsynced already. OSError."""
    safe = [{"origin": asdict(origin), "ranges": found.pairs} for origin, found in journal.safe if found]
    fields = {"version": VERSION, "sha256": journal.sha256, "safe": safe}
    new = _new_path(target)
    try:
        with new.open("w", encoding="utf-8") as file:
            # The address may hold a token in its query.
            new.chmod(0o600)
            file.write(json.dumps(fields | {"marks": " ".join(journal.marks), "grain": journal.grain}))
            file.flush()
            os.fsync(file.fileno())
        replace(new, journal_path(target))
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _new_path(target: Path) -> Path:
    return target.with_name(target.name + ".part.json.new")


def _understood(found: dict[str, Any]) -> Journal | None:
    """Raises TypeError, KeyError, ValueError or AttributeError for what we did not write."""
    if found["version"] != VERSION or not isinstance(found["sha256"], str):
        return None
    safe = tuple(_origin_and_ranges(entry) for entry in found["safe"])
    counted = sum(there.count for _, there in safe)
    # Marks of another grain say nothing about our parts.
    marks = tuple(found["marks"].split()) if found.get("grain") == ranges.PART else ()
    journal = Journal(found["sha256"], safe, marks)
    # No byte has two origins.
    return journal if journal.there.count == counted else None


def _origin_and_ranges(entry: dict[str, Any]) -> tuple[Origin, Ranges]:
    origin = Origin(**entry["origin"])
    texts = (origin.etag, origin.last_modified)
    if not isinstance(origin.url, str) or not all(isinstance(text, str | None) for text in texts):
        raise ValueError("an origin with other things than texts")
    if origin.total is not None and type(origin.total) is not int:
        raise ValueError("a size that is no number")
    pairs = tuple((start, end) for start, end in entry["ranges"])
    if not all(type(number) is int for pair in pairs for number in pair):
        raise ValueError("places that are no numbers")
    there = Ranges(pairs)
    if not there.well_formed():
        raise ValueError("places in disorder")
    return origin, there
