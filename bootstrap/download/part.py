"""The part file of one download: its bytes, their running sha256, its journal, its happy end."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from bootstrap.download import journal
from bootstrap.download.disk import full_error, is_full, reason_of, sync_directory, write_error
from bootstrap.download.source import MIB
from bootstrap.download.verify import feed
from bootstrap.errors import BootstrapError, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bootstrap.download.source import Report, Source

# The journal is written after so many bytes or seconds: that much is lost to a power cut.
JOURNAL_BYTES = 16 * MIB
JOURNAL_SECONDS = 1.5

# What a full disk gives back, so that the journal can still be written.
ROOM = 64 * 1024


class Part:
    """Open for writing; the bytes up to `position` are there and are in the running sha256.

    `pure` says that they all came from one unchanged file of one server in this very call: if they
    are wrong then, that server is to blame, and nobody else.
    """

    def __init__(self, source: Source, target: Path) -> None:
        """Opens or creates the part file. FileError, or DownloadError if the disk is full."""
        self._source = source
        self._target = target
        self._path = journal.part_path(target)
        self._sha = hashlib.sha256()
        self._saved = 0
        self._saved_at = time.monotonic()
        self.position = 0
        self.pure = True
        self.origin: journal.Origin | None = None
        try:
            self._path.touch()
            self._file = self._path.open("r+b", buffering=0)
        except OSError as error:
            raise self._translated(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        """Leaves a part file that can be resumed, or nothing if there is not one byte."""
        if self._file.closed:
            return
        if self.position != self._saved:
            with suppress(BootstrapError):
                self.checkpoint()
        with suppress(OSError, BootstrapError):
            empty = os.fstat(self._file.fileno()).st_size == 0
            self._file.close()
            if empty:
                journal.discard(self._target)

    @property
    def total(self) -> int | None:
        """The size of the whole file, as far as known."""
        if self._source.size is not None:
            return self._source.size
        return self.origin.total if self.origin else None

    def is_complete(self) -> bool:
        """Whether no byte is missing, as far as known."""
        return self.position == self.total

    @property
    def sha256(self) -> str:
        """The sha256 of what is there."""
        return self._sha.hexdigest()

    @property
    def verified(self) -> bool:
        """Whether what is there is what was wanted."""
        return self.sha256 == self._source.sha256

    def load(self, report: Report) -> None:
        """Takes over what an earlier run left, as far as it can be believed. FileError."""
        with self._edge():
            size = os.fstat(self._file.fileno()).st_size
            # A whole file needs no journal: its sha256 says it all.
            if size and size == self._source.size:
                self._read(size, report)
                if self.verified:
                    return
                self.forget()
            found = journal.read(self._target)
            usable = journal.already(self._target, self._source.sha256)
            fits = self._source.size is None or usable < self._source.size
            if found and usable and fits:
                self._read(usable, report)
                self.origin = found.origin

    def forget(self) -> None:
        """Nothing that is there counts. It stays on the disk until `begin` has something better."""
        self._sha = hashlib.sha256()
        self.position = self._saved = 0
        self.pure = True
        self.origin = None

    def drop(self) -> None:
        """Nothing that is there counts, and it goes at once: it is known to be wrong."""
        self.forget()
        with self._edge():
            journal.journal_path(self._target).unlink(missing_ok=True)
            self._file.truncate(0)

    def begin(self, origin: journal.Origin, start: int) -> None:
        """Bytes from `origin` follow, for `start`: 0, or `position`."""
        if start == 0:
            # The old journal must be gone before the bytes that it speaks of.
            self.drop()
        else:
            unchanged = origin == self.origin and origin.strong_etag is not None
            self.pure = self.pure and unchanged
        self.origin = origin
        with self._edge():
            self._file.seek(self.position)
        self.checkpoint()

    def append(self, chunk: bytes) -> None:
        """The next bytes. FileError, or DownloadError if the disk is full."""
        with self._edge():
            left = memoryview(chunk)
            while left:
                # Without a buffer a write may be short.
                left = left[self._file.write(left) :]
        self._sha.update(chunk)
        self.position += len(chunk)
        fresh = self.position - self._saved
        if fresh >= JOURNAL_BYTES or time.monotonic() - self._saved_at >= JOURNAL_SECONDS:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Makes all bytes safe, then says so in the journal."""
        if self.origin is None:
            return
        with self._edge():
            os.fsync(self._file.fileno())
            state = journal.Journal(self._source.sha256, self.origin, self.position)
            journal.write(self._target, state)
        self._saved = self.position
        self._saved_at = time.monotonic()

    def place(self) -> None:
        """The verified bytes become the target. FileError."""
        with self._edge():
            # An earlier run may have left more than what was read and verified.
            self._file.truncate(self.position)
            os.fsync(self._file.fileno())
        self.checkpoint()
        self._file.close()
        try:
            self._path.replace(self._target)
        except OSError as error:
            raise FileError(
                f"cannot replace {self._target}: {reason_of(error)}",
                "close the programs that use it, and run the same command again",
            ) from error
        sync_directory(self._target.parent)
        journal.discard(self._target)

    def _read(self, count: int, report: Report) -> None:
        self._file.seek(0)
        self.position = self._saved = feed(self._sha, self._file, count, report)
        self.pure = False

    @contextmanager
    def _edge(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if is_full(error):
                self._make_room()
            raise self._translated(error) from error

    def _make_room(self) -> None:
        """Gives a little back. The running sha256 is wrong from here on: the download ends."""
        with suppress(OSError):
            self._file.truncate(max(0, self.position - ROOM))
            self.position = max(0, self.position - ROOM)

    def _translated(self, error: OSError) -> BootstrapError:
        if not is_full(error):
            return write_error(error, self._path)
        missing = None if self.total is None else self.total - self.position
        return full_error(self._source.name, self._path.parent, missing)
