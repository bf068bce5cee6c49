"""The sha256 of files that are on the disk."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from bootstrap.download.disk import reason_of
from bootstrap.download.source import MIB, Report, silent_report
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from hashlib import _Hash
    from io import FileIO
    from pathlib import Path


def sha256_of(path: Path, report: Report = silent_report) -> str:
    """The sha256 of the whole file at `path`, as 64 lower-case hex digits.

    FileError if the file cannot be read.
    """
    sha = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            feed(sha, file, os.fstat(file.fileno()).st_size, report)
    except OSError as error:
        raise FileError(
            "cannot read {path}: {error}",
            "make the file readable, and run the same command again",
            path=path,
            error=reason_of(error),
        ) from error
    return sha.hexdigest()


def feed(sha: _Hash, file: FileIO, count: int, report: Report) -> int:
    """The next `count` bytes of `file` into `sha`; returns how many there really were."""
    room = memoryview(bytearray(MIB))
    done = 0
    while done < count:
        got = file.readinto(room[: min(len(room), count - done)])
        if not got:
            break
        sha.update(room[:got])
        done += got
        report(done, count)
    return done


def short(sha256: str) -> str:
    """Enough of `sha256` for a person to compare."""
    return sha256[:12] + "…"
