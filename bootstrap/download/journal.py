"""The journal beside a part file: where its bytes came from, and how many are on the disk for sure.

The journal is never newer than the data: whoever writes it has fsynced the part file before.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bootstrap.download.disk import reason_of
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1

# A journal has a few hundred bytes. What is longer is not ours, and is not read into memory.
LONGEST = 64 * 1024


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


@dataclass(frozen=True)
class Journal:
    """What is known of a part file: `safe` bytes of the file with `sha256`, from `origin`."""

    sha256: str
    origin: Origin
    safe: int


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
    return min(journal.safe, size)


def discard(target: Path) -> None:
    """Removes the part file, its journal and what a killed run left of a new journal. FileError."""
    # The journal goes first: without it nobody believes what is left of the part file.
    for path in (journal_path(target), _new_path(target), part_path(target)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FileError(
                f"cannot remove {path}: {reason_of(error)}",
                "remove it by hand, and run the same command again",
            ) from error


def read(target: Path) -> Journal | None:
    """The journal of `target`; None if there is none, or none that we can believe."""
    try:
        with journal_path(target).open("rb") as file:
            found = json.loads(file.read(LONGEST))
    # RecursionError: a few thousand brackets are enough for it.
    except (OSError, ValueError, RecursionError):
        return None
    return _understood(found)


def write(target: Path, journal: Journal) -> None:
    """Replaces the journal of `target` atomically; the part file is fsynced already. OSError."""
    new = _new_path(target)
    text = json.dumps({"version": VERSION, **asdict(journal)}, indent=1)
    try:
        with new.open("w", encoding="utf-8") as file:
            # The address may hold a token in its query.
            new.chmod(0o600)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(journal_path(target))
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _new_path(target: Path) -> Path:
    return target.with_name(target.name + ".part.json.new")


def _understood(found: object) -> Journal | None:
    if not isinstance(found, dict) or found.get("version") != VERSION:
        return None
    try:
        journal = Journal(found["sha256"], Origin(**found["origin"]), found["safe"])
    except (TypeError, KeyError):
        return None
    return journal if _well_formed(journal) else None


def _well_formed(journal: Journal) -> bool:
    origin = journal.origin
    counts = [journal.safe] if origin.total is None else [journal.safe, origin.total]
    maybe = [text for text in (origin.etag, origin.last_modified) if text is not None]
    return all(isinstance(text, str) for text in [journal.sha256, origin.url, *maybe]) and all(
        type(count) is int and count >= 0 for count in counts
    )
