"""What can go wrong on the disk, in our words."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.download.source import MIB
from bootstrap.errors import DownloadError, FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import threading
    from io import FileIO
    from pathlib import Path


def is_full(error: OSError) -> bool:
    """Whether the disk, or what this user may use of it, is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def full_error(name: str, folder: Path, missing: int | None) -> DownloadError:
    """For a full disk at `folder`, where `name` lacks `missing` bytes, if known."""
    if missing is None:
        need, more = tr("some room"), tr("more room")
    else:
        # One more for the journal and for blocks that are not quite full.
        need = f"{missing // MIB + 1} MiB"
        more = tr("{need} more", need=need)
    return DownloadError(
        "disk full: {name} needs {more} in {folder}",
        "free {need} and run the same command again: it goes on where it stopped",
        name=name,
        more=more,
        folder=folder,
        need=need,
    )


def write_error(error: OSError, path: Path) -> FileError:
    """For anything else that keeps `path` from being written."""
    denied = error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}
    what = (
        tr("make {parent} writable", parent=path.parent)
        if denied
        else tr("check {parent}", parent=path.parent)
    )
    return FileError(
        "cannot write {path}: {error}",
        "{what}, and run the same command again",
        path=path,
        error=reason_of(error),
        what=what,
    )


def reason_of(error: OSError) -> str:
    """What the operating system says, in our style: `permission denied`."""
    return (error.strerror or str(error)).lower()


def replace(old: Path, new: Path) -> None:
    """`old` in the place of `new`. OSError; on Windows only if it lasts: virus scanners look into new
    files, and nobody can move a file that is being looked into."""
    for pause in (0.01, 0.05, 0.2):
        try:
            old.replace(new)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
        else:
            return
    old.replace(new)


def sync_directory(folder: Path) -> None:
    """Makes a rename outlive a power cut, where that can be had: some file systems sync no directories."""
    with suppress(OSError):
        files.sync_directory(folder)


def check_place(target: Path) -> None:
    """FileError if nothing can be put at `target`: found out before the first byte."""
    with files.explained(target):
        taken, missing = target.is_dir(), not target.parent.is_dir()
    if taken:
        raise FileError(
            "{target} is a directory, not a file",
            "move it away, and run the same command again",
            target=target,
        )
    if missing:
        raise FileError(
            "no directory {parent}, where {name} should go",
            "create it, and run the same command again",
            parent=target.parent,
            name=target.name,
        )


def write_at(file: FileIO, lock: threading.Lock, offset: int, data: memoryview) -> None:
    """All of `data` into the file at `offset`, also while others do the same elsewhere. OSError."""
    while data:
        # A write without a buffer may be short.
        if hasattr(os, "pwrite"):
            done = os.pwrite(file.fileno(), data, offset)
        else:
            with lock:
                file.seek(offset)
                done = file.write(data)
        data, offset = data[done:], offset + done


def read_at(file: FileIO, lock: threading.Lock, offset: int, count: int) -> bytes:
    """Up to `count` bytes of the file at `offset`. OSError."""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), count, offset)
    with lock:
        file.seek(offset)
        return file.read(count)
