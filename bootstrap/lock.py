"""One run at a time: locks held by the operating system, so a killed run never leaves one behind."""

from __future__ import annotations

import contextlib
import os
from typing import IO, TYPE_CHECKING

from bootstrap.errors import LockedError
from bootstrap.files import explained
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT = "kept"  # the file that stands for a directory where directories cannot be locked

if os.name == "nt":
    import ctypes
    import msvcrt

    # Nobody else can read or write a locked byte there, so it is one that no file of ours has. The C
    # library's own locking counts in 32 bits.
    _FAR = 1 << 28  # times 4 GiB
    _EXCLUSIVE, _AT_ONCE = 2, 1

    class _Overlapped(ctypes.Structure):
        _fields_ = (
            ("internal", ctypes.c_size_t * 2),
            ("low", ctypes.c_uint32),
            ("high", ctypes.c_uint32),
            ("event", ctypes.c_void_p),
        )

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))  # type: ignore[attr-defined,unused-ignore]
        flags = _AT_ONCE if shared else _AT_ONCE | _EXCLUSIVE
        place = ctypes.byref(_Overlapped(high=_FAR))
        if not getattr(ctypes, "windll").kernel32.LockFileEx(handle, flags, 0, 1, 0, place):  # noqa: B009
            raise BlockingIOError(tr("it is locked"))
else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool = False) -> None:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def take(descriptor: int, path: Path) -> None:
    """Locks an open file until it is closed. OSError if somebody else has it, or if `path` does not
    lead to it any more: whoever had it has just moved or removed it."""
    _lock(descriptor)
    if not os.path.samestat(os.fstat(descriptor), path.stat()):
        raise FileNotFoundError(path)


@contextlib.contextmanager
def held(path: Path) -> Iterator[IO[bytes]]:
    """Hold the lock of this file, whose directory must exist. Raises LockedError, FileError.

    Its file may be closed by whoever is about to remove it: Windows removes no open one.
    """
    with explained(path):
        file = path.open("ab")
    with file:
        try:
            take(file.fileno(), path)
        except OSError as error:
            raise LockedError("another bootstrap is at work", "wait until it has finished") from error
        yield file


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
    """Lock a directory for the rest of this process and of the program that it becomes.

    Raises LockedError if another process keeps it, FileError.
    """
    with explained(directory):
        descriptor = _opened(directory)
    try:
        _lock(descriptor)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LockedError(
            "another process keeps {directory}", "wait until it has ended", directory=directory
        ) from error
    except OSError:  # a file system without locks
        os.close(descriptor)
        return
    os.set_inheritable(descriptor, os.name != "nt")  # there it becomes nothing, it waits


def is_kept(directory: Path) -> bool:
    """Whether a process keeps it."""
    if not directory.is_dir() or (os.name == "nt" and not (directory / KEPT).exists()):
        return False
    return is_taken(directory)


def is_taken(path: Path) -> bool:
    """Whether a process holds the lock of this file or directory, which must exist."""
    descriptor = _opened(path)
    try:
        _lock(descriptor, shared=True)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _opened(path: Path) -> int:
    """Windows opens no directories: there it is a file in it."""
    if os.name == "nt" and path.is_dir():
        return os.open(path / KEPT, os.O_RDWR | os.O_CREAT)
    return os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
