"""One run at a time: locks held by the operating system, so a killed run never leaves one behind."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from bootstrap.errors import LockedError
from bootstrap.files import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if os.name == "nt":
    import msvcrt

    # Nobody else can read a locked byte there, so it is one that no file of ours has.
    FAR = 1 << 60

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def take(descriptor: int, path: Path) -> None:
    """Locks an open file until it is closed. OSError if somebody else has it, or if `path` does not
    lead to it any more: whoever had it has just moved or removed it."""
    _lock(descriptor)
    if not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise FileNotFoundError(path)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of this file, whose directory must exist. Raises LockedError, FileError."""
    with explained(path):
        file = path.open("ab")
    with file:
        try:
            take(file.fileno(), path)
        except OSError as error:
            raise LockedError("another bootstrap is at work", "wait until it has finished") from error
        yield


@contextlib.contextmanager
def waiting(directory: Path) -> Iterator[None]:
    """Be alone in a directory for a moment: for the few steps before there is a file to lock.

    Windows cannot lock directories; there two first runs at the same moment may meet.
    """
    if os.name == "nt":
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def keep(directory: Path) -> None:
    """Lock a directory for the rest of this process and of the program that it becomes. Windows cannot.

    Raises LockedError if another process keeps it, FileError.
    """
    if os.name == "nt":
        return
    with explained(directory):
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        _lock(descriptor)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LockedError(f"another process keeps {directory}", "wait until it has ended") from error
    except OSError:  # a file system without locks
        os.close(descriptor)
        return
    os.set_inheritable(descriptor, True)


def is_kept(directory: Path) -> bool:
    """Whether a process keeps it."""
    if os.name == "nt" or not directory.is_dir():
        return False
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False
