"""The part file of one download: its bytes, their checksum, its happy end.

Several threads may write; the rest is for the thread that made it, or for the only one at work.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from bootstrap import lock
from bootstrap.download import journal, ranges
from bootstrap.download.checksum import PrefixChecksum
from bootstrap.download.disk import (
    full_error,
    is_full,
    read_at,
    reason_of,
    replace,
    sync_directory,
    write_at,
    write_error,
)
from bootstrap.download.holdings import Holdings
from bootstrap.download.ranges import Ranges
from bootstrap.download.saving import Saving
from bootstrap.errors import BootstrapError, FileError, LockedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bootstrap.download.journal import Origin
    from bootstrap.download.source import Source

# What a full disk gives back, so that the journal can still be written.
ROOM = 64 * 1024

UNKNOWN = journal.Origin("")

# What a lock says that somebody else has, or a path that somebody else has just moved.
LOCKED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK, errno.ENOENT}


class Part:
    """Open for writing. `total` is the size of the whole file, if known; `busy` are the seconds that
    writers have spent here, altogether. `wake` is called from other threads when there is something
    to save or the checksum has been worked out."""

    def __init__(self, source: Source, target: Path, wake: Callable[[], None]) -> None:
        """Opens or creates the part file, for this process alone. FileError, DownloadError if the disk is
        full, LockedError."""
        self._source = source
        self._target = target
        self._path = journal.part_path(target)
        self._wake = wake
        self._lock = threading.RLock()
        self._seeking = threading.Lock()
        self._held = Holdings()
        self.busy = 0.0
        self.total = source.size
        try:
            self._path.touch()
            self._file = self._path.open("r+b", buffering=0)
        except OSError as error:
            raise self._translated(error) from error
        try:
            lock.take(self._file.fileno(), self._path)
        except OSError as error:
            self._file.close()
            if error.errno not in LOCKED:
                raise self._translated(error) from error
            raise LockedError(
                "{name} is being downloaded to {target} already",
                "wait until that has finished",
                name=source.name,
                target=target,
            ) from error
        self._checksum = PrefixChecksum(self._path, (), wake)
        self._saving = Saving(self._file, target, self._lock, self._state, wake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        """Leaves a part file that can be resumed, or nothing if there is not one byte."""
        self._checksum.close()
        if not self._file.closed:
            self._leave()
        self._saving.close()

    def load(self) -> None:
        """Takes over what an earlier run left, as far as it can be believed. FileError."""
        with self._edge():
            size = os.fstat(self._file.fileno()).st_size
        found = journal.read(self._target)
        by: dict[Origin, Ranges] = {}
        if found and found.sha256 == self._source.sha256:
            self._checksum.close()
            self._checksum = PrefixChecksum(self._path, found.marks, self._wake)
            known = size if self.total is None else min(size, self.total)
            by = {origin: there.below(known) for origin, there in found.safe}
            self._checksum.expect_other(known)
            if self.total is None:
                totals = {origin.total for origin, there in found.safe if there}
                self.total = totals.pop() if len(totals) == 1 else None
        elif size and size == self.total:
            # A whole file needs no journal: its sha256 says it all.
            by = {UNKNOWN: Ranges.of(0, size)}
        self._held = Holdings(by)
        self._held.earlier = self._held.there
        self._allow()

    @property
    def missing(self) -> Ranges | None:
        """What has to be fetched; None while nobody knows the size."""
        if self.total is None:
            return None
        with self._lock:
            return (Ranges.of(0, self.total) - self._held.there) | self._held.doubtful

    @property
    def size(self) -> int | None:
        """The size that is wanted, if it is known for sure."""
        return self._source.size

    @property
    def there(self) -> int:
        """How many bytes are there."""
        return self._held.there.count

    @property
    def solid(self) -> int:
        """How many bytes are there and not in doubt."""
        with self._lock:
            return self._held.there.count - self._held.doubtful.count

    @property
    def sha256(self) -> str | None:
        """The checksum of the whole file; None until it has been worked out, or bytes are missing."""
        if self.total is None or self._held.there.prefix != self.total:
            return None
        return self._checksum.of(self.total)

    @property
    def verified(self) -> bool:
        """Whether the whole file is there and is what was wanted."""
        return self.sha256 == self._source.sha256

    def welcome(self, origin: Origin) -> bool:
        """Bytes of `origin` are to come: whether others had to go, because they are of another file."""
        known = self.total if self._held.there else None
        another_size = None not in {known, origin.total} and known != origin.total
        changed = any(earlier.differs(origin) for earlier in self._held.of(origin.url))
        if another_size or changed:
            self.forget(None if another_size else origin.url)
        if self.total is None or not self._held.there:
            self.total = self._source.size if origin.total is None else origin.total
        if self.total is not None and self._held.there.end > self.total:
            self.forget()
            self.total = origin.total
            return True
        return another_size or changed

    def write(self, offset: int, data: memoryview, origin: Origin) -> None:
        """Bytes of `origin` at `offset`. FileError, or DownloadError if the disk is full.

        Doubtful bytes are compared first, and stay if they are the same.
        """
        began = time.monotonic()
        new = Ranges.of(offset, offset + len(data))
        with self._lock:
            compare = bool(new & self._held.doubtful)
        with self._edge():
            same = compare and read_at(self._file, self._seeking, offset, len(data)) == data
            if compare and not same:
                # Before, because a write may fail half way; after it, for what has been read meanwhile.
                self._checksum.rewind(offset)
            if not same:
                write_at(self._file, self._seeking, offset, data)
        with self._lock:
            self._held.take(new, origin)
            if compare and not same:
                self._held.wrong(offset)
                self._checksum.rewind(offset)
            self._allow()
            self._saving.wrote(len(data))
            self.busy += time.monotonic() - began

    def keep(self) -> None:
        """Saves if it is time. FileError, DownloadError."""
        with self._edge():
            self._saving.keep()

    def hurry(self, yes: bool) -> None:
        """Whether writers go on without waiting for the journal, because all are to stop."""
        self._saving.hurry(yes)

    def damage(self) -> int:
        """Gives up what is not as an earlier run left it; how many bytes that were. FileError."""
        with self._edge():
            number = self._checksum.damage()
        if number is None:
            return 0
        with self._lock:
            bad = self._held.there & Ranges.of(number * ranges.PART, (number + 1) * ranges.PART)
            self._lose(bad)
        return bad.count

    def forget(self, url: str | None = None) -> None:
        """What came from `url` (None: from anywhere) does not count any more. FileError, DownloadError."""
        with self._lock:
            lost = [
                pair for origin, there in self._held.by.items() if url in {None, origin.url} for pair in there
            ]
            if not lost:
                return
            self._lose(Ranges.union(lost))
            self._checksum.expect_other(min(start for start, _ in lost))
            if not self._held.there:
                self.total = self._source.size
        # Before there are other bytes in their place.
        with self._edge():
            self._saving.save()

    def drop(self) -> None:
        """Nothing that is there counts, and it goes at once: it is known to be wrong. FileError."""
        with self._lock:
            self._lose(self._held.there)
        with self._edge():
            self._saving.forget()
            self._file.truncate(0)

    def suspects(self, url: str) -> Ranges:
        """Where the wrong bytes may be if `url` is to be believed. Nobody writes meanwhile."""
        return self._held.suspects(url)

    def everything(self) -> Ranges:
        """All bytes that are there."""
        return self._held.there

    def doubt(self, suspects: Ranges) -> None:
        """Has these bytes fetched again and compared, until the checksum is right."""
        with self._lock:
            self._held.doubt(suspects)

    def place(self) -> None:
        """The verified bytes become the target. FileError."""
        with self._edge():
            self._saving.wait()
            # An earlier run may have left more than what was read and verified.
            self._file.truncate(self._held.there.prefix)
            self._held.doubt(Ranges())
            self._saving.save()
        self._checksum.close()
        try:
            if os.name == "nt":  # which moves no open file
                self._file.close()
            replace(self._path, self._target)
            journal.remove(self._target)
            self._file.close()
        except OSError as error:
            raise FileError(
                "cannot replace {target}: {error}",
                "close the programs that use it, and run the same command again",
                target=self._target,
                error=reason_of(error),
            ) from error
        sync_directory(self._target.parent)

    def _state(self) -> journal.Journal:
        marks = () if self._held.doubtful else tuple(self._checksum.marks())
        return journal.Journal(self._source.sha256, self._held.good, marks)

    def _lose(self, lost: Ranges) -> None:
        self._held.lose(lost)
        self._allow()

    def _leave(self) -> None:
        try:
            self._saving.wait()
            if self._saving.pending:
                self._saving.save()
        except OSError:
            with suppress(OSError):
                self._make_room()
                self._saving.save()
        with suppress(BootstrapError):
            if os.name == "nt":  # which removes no open file
                self._file.close()
            if not self._held.there:
                journal.discard(self._target)
        self._file.close()

    def _allow(self) -> None:
        prefix = self._held.there.prefix
        self._checksum.allow(prefix, last=prefix == self.total)

    def _make_room(self) -> None:
        """Gives a little back at the end of the file, for the journal. Nobody writes any more."""
        end = max(0, self._held.there.end - ROOM)
        self._lose(Ranges.of(end, max(self._held.there.end, end)))
        self._file.truncate(end)

    @contextmanager
    def _edge(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._translated(error) from error

    def _translated(self, error: OSError) -> BootstrapError:
        if not is_full(error):
            return write_error(error, self._path)
        missing = None if self.total is None else self.total - self._held.there.count
        return full_error(self._source.name, self._path.parent, missing)
