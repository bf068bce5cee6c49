"""Small, exact changes to files: whole or not at all, with the error in words."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.errors import FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEW = ".commit-polish-new"  # suffix of a file that is being written; one name, so that undo finds it


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a file in place atomically and durably; through a link, as into somebody's dotfiles.

    Raises FileError.
    """
    path = path.resolve() if path.is_symlink() else path
    new = path.with_name(path.name + NEW)
    with explained(path):
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:  # on a full disk half of a file helps nobody
            new.unlink()
            raise
        new.chmod(mode)  # the umask may have taken bits away
        patiently(lambda: new.replace(path))
        sync_directory(path.parent)


def remove_unfinished(path: Path) -> None:
    """Remove what a `write` that was killed has left."""
    path = path.resolve() if path.is_symlink() else path
    remove(path.with_name(path.name + NEW))


def in_words(size: int) -> str:
    """A number of bytes for people: "2.5 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def sync_directory(path: Path) -> None:
    """Make a rename durable. Windows has no such thing and needs none."""
    if os.name != "nt":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path) -> bytes | None:
    """What a file holds, None where there is none. Raises FileError."""
    with explained(path):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def named(word: str) -> Path:
    """The path that a user has written, who may mean a home by ~. Raises FileError."""
    try:
        return Path(word).expanduser().absolute()
    except RuntimeError as error:
        raise FileError(
            "nobody here has the home that {word} is in", "write the whole path", word=word
        ) from error


def is_file(word: str) -> bool:
    """Whether there is a file that a user may mean by it."""
    try:
        return Path(word).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have
        return False


def mode_of(path: Path) -> int | None:
    """The permission bits of a file, None where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def missing(directory: Path) -> list[Path]:
    """The directories that creating this one would make, outermost first."""
    chain = []
    while not directory.exists() and directory != directory.parent:
        chain.append(directory)
        directory = directory.parent
    return chain[::-1]


def remove(path: Path) -> None:
    """Unlink a file or link; it may be gone already. Raises FileError."""
    with explained(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        patiently(path.unlink)


def remove_empty(directory: Path) -> bool:
    """Remove a directory if nothing is in it; whether it is gone."""
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def remove_tree(directory: Path) -> None:
    """Remove a directory of ours with everything in it; it may be gone already. Raises FileError."""
    with explained(directory), contextlib.suppress(FileNotFoundError):
        patiently(lambda: shutil.rmtree(directory))


def patiently(change: Callable[[], object]) -> None:
    """Windows changes no file that somebody has open, such as a virus scanner or a program that is just
    ending: there it is tried for some seconds. Raises OSError."""
    for pause in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if os.name == "nt" else ():
        try:
            change()
        except PermissionError:
            time.sleep(pause)
        else:
            return
    change()


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError about this path into a FileError that says what to do."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}", _HINTS.get(error.errno or 0, "")) from error


_HINTS = {
    errno.EACCES: tr("make it writable for you, then run the same command again"),
    errno.EPERM: tr("make it writable for you, then run the same command again"),
    errno.EROFS: tr("that file system is read-only: choose another place with XDG_DATA_HOME"),
    errno.ENOSPC: tr("free some space, then run the same command again"),
    errno.EDQUOT: tr("your quota is used up: free some space, then run the same command again"),
    errno.EISDIR: tr("a directory is in the way: move it, then run the same command again"),
    errno.ENOTDIR: tr("a file is where a directory must be: move it, then run the same command again"),
    errno.EEXIST: tr("something is in the way: move it, then run the same command again"),
}
