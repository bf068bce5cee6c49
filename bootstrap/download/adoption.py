"""A file that is on this machine already, instead of its bytes from the network: cloned, linked or copied.

A hard link is the very same file under a second name, also in memory, so only a file that its owner never
writes to again is linked: one of a content store, which names its files by their sha256. A clone shares
the bytes on the disk until one side writes. Everything else is copied.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.download.disk import check_place, full_error, is_full, reason_of, sync_directory, write_error
from bootstrap.download.journal import already, discard, part_path
from bootstrap.download.source import MIB, Note, Report, Source, never_backwards, silent_note, silent_report
from bootstrap.download.verify import feed, short
from bootstrap.files import in_words
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

if os.name == "nt":

    def _share(source: FileIO, to: FileIO) -> None:
        raise OSError(tr("{to} cannot be a clone of {source} on Windows", to=to, source=source))
else:
    import fcntl

    # Linux, ioctl_ficlone(2), for btrfs, XFS and others; in Python's fcntl since 3.12. Where it means
    # nothing the system says ENOTTY.
    _FICLONE = 0x40049409

    def _share(source: FileIO, to: FileIO) -> None:
        fcntl.ioctl(to.fileno(), _FICLONE, source.fileno())


def adopt(
    candidate: Path,
    source: Source,
    target: Path,
    *,
    place: str = "",
    report: Report = silent_report,
    note: Note = silent_note,
) -> bool:
    """Makes `target` from a file on this machine; False if it is not the file that is wanted.

    The target appears whole and verified, or not at all. The candidate is only read; a link to a file
    will do. place: where it was found, for the user, who is then told what became of it.
    DownloadError if the disk is full, FileError if the target cannot be written.
    """
    check_place(target)
    try:
        with _opened(candidate) as file:
            how = _Adoption(file, candidate, source, target, never_backwards(report)).make()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        note(
            tr(
                "{name}: cannot use {candidate}: {error}",
                name=source.name,
                candidate=candidate,
                error=reason_of(error),
            )
        )
        return False
    except _UnfitError as error:
        note(
            tr("{name}: cannot use {candidate}: {error}", name=source.name, candidate=candidate, error=error)
        )
        return False
    if place:
        note(
            tr(
                "{name}: found in {place}, {how} instead of {size} downloaded",
                name=source.name,
                place=tr(place),
                how=how,
                size=in_words(target.stat().st_size),
            )
        )
    return True


def may_link(candidate: Path, source: Source, target: Path) -> bool:
    """Whether a hard link is safe and likely to be possible. OSError if one of them cannot be looked at.

    Nobody but this user can write to the candidate, and this user's programs do not, because they named it
    by its content; nor do we: a model is only read, while a program's mode is changed.
    """
    named_by_content = source.sha256 in candidate.resolve().name
    if not hasattr(os, "geteuid") or not named_by_content or target.suffix.lower() != ".gguf":
        return False
    status, folder = candidate.stat(), next(folder for folder in target.parents if folder.exists())
    private = status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return private and status.st_dev == folder.stat().st_dev and not os.path.lexists(target)


class _UnfitError(Exception):
    """The candidate is not the file that is wanted. It never leaves this module."""


@dataclass(frozen=True)
class _Adoption:
    """One open candidate on its way to the target. An OSError is about the candidate: what goes wrong
    with the target is translated where it happens."""

    file: FileIO
    candidate: Path
    source: Source
    target: Path
    report: Report

    def make(self) -> str:
        """How the target was made: cloned, linked or copied. _UnfitError, OSError, BootstrapError."""
        size = os.fstat(self.file.fileno()).st_size
        if self.source.size not in {None, size}:
            raise _UnfitError(
                tr("it has {size} bytes instead of {source_size}", size=size, source_size=self.source.size)
            )
        if already(self.target, self.source.sha256):
            # What a download has brought so far is given up only for something better.
            self._check(self._sha256(self.file, size))
        discard(self.target)
        if self._linked(size):
            return tr("linked")
        try:
            how = self._filled(size)
            with self._writing(size):
                part_path(self.target).replace(self.target)
        finally:
            with suppress(OSError):
                part_path(self.target).unlink(missing_ok=True)
        sync_directory(self.target.parent)
        return how

    def _filled(self, size: int) -> str:
        """The part file with the candidate's bytes, verified and on the disk."""
        with self._writing(size):
            part = part_path(self.target).open("x+b", buffering=0)
        with part:
            if shared := _shared(self.file, part):
                sha256 = self._sha256(part, size)  # of the clone, which nobody can change any more
            else:
                sha256 = self._copied(part, size)
            self._check(sha256)
            with self._writing(size):
                os.fsync(part.fileno())
        return tr("cloned") if shared else tr("copied")

    def _linked(self, size: int) -> bool:
        """Whether the target is now a hard link; not where that is not safe, or not possible.

        It is made in its place at once: under the part file's name, a download that goes on after a
        power cut would write into the candidate.
        """
        if not may_link(self.candidate, self.source, self.target):
            return False
        before = os.fstat(self.file.fileno())
        self._check(self._sha256(self.file, size))
        try:
            os.link(self.candidate.resolve(), self.target)
        except OSError:
            return False
        now = self.target.stat()
        if os.path.samestat(now, before) and now.st_mtime_ns == before.st_mtime_ns:
            sync_directory(self.target.parent)
            return True
        self.target.unlink()
        return False

    def _copied(self, part: FileIO, size: int) -> str:
        """The sha256 of the bytes, which are in `part` now."""
        sha = hashlib.sha256()
        room = memoryview(bytearray(MIB))
        done = 0
        while got := self.file.readinto(room):
            sha.update(room[:got])
            left = room[:got]
            while left:
                with self._writing(size):
                    left = left[part.write(left) :]
            done += got
            self.report(done, size)
        return sha.hexdigest()

    def _sha256(self, file: FileIO, size: int) -> str:
        sha = hashlib.sha256()
        file.seek(0)
        feed(sha, file, size, self.report)
        file.seek(0)
        return sha.hexdigest()

    def _check(self, sha256: str) -> None:
        wanted = self.source.sha256
        if sha256 != wanted:
            raise _UnfitError(
                tr("its checksum is {sha256} instead of {wanted}", sha256=short(sha256), wanted=short(wanted))
            )

    @contextmanager
    def _writing(self, size: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if is_full(error):
                # The part goes, so all of it is missing.
                raise full_error(self.source.name, self.target.parent, size) from error
            raise write_error(error, self.target) from error


def _shared(file: FileIO, part: FileIO) -> bool:
    """Whether `part` is a clone of `file` now; most file systems have no clones."""
    try:
        _share(file, part)
    except OSError:
        return False
    return True


def _opened(candidate: Path) -> FileIO:
    """Open for reading. _UnfitError for what is no file: opening a pipe would wait for its writer."""
    if not stat.S_ISREG(candidate.stat().st_mode):
        raise _UnfitError(tr("it is not a file"))
    return candidate.open("rb", buffering=0)
