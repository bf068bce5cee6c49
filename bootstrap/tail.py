"""The end of a log, and what comes after it: for systems without a program that shows that."""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING

from bootstrap.files import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LINES, _LONGEST = 100, 1 << 20  # of so many bytes at most
_POLL = 0.2  # seconds


def show(path: Path, *, follow: bool) -> None:
    """Write the last lines to stdout; with follow, go on with what is added, until interrupted, also when
    a new file has taken its place. Raises FileError."""
    for data in _pieces(path, follow=follow):
        sys.stdout.write(data.decode("utf-8", "replace").replace("\r\n", "\n"))
        sys.stdout.flush()


def lines(path: Path, *, follow: bool) -> Iterator[str]:
    """The same lines, one by one. Raises FileError."""
    rest = b""
    for data in _pieces(path, follow=follow):
        *whole, rest = (rest + data).split(b"\n")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")


def _pieces(path: Path, *, follow: bool) -> Iterator[bytes]:
    """Raises FileError."""
    while True:
        with explained(path), path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST))
            yield b"".join(file.readlines()[-_LINES:])
            if not follow:
                return
            yield from _added(file, path)


def last(path: Path) -> str:
    """The last lines; "" where there are none to read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LONGEST))
            return b"".join(file.readlines()[-_LINES:]).decode("utf-8", "replace")
    except OSError:
        return ""


def _added(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """Until the file is shorter than what was read, or another one."""
    while path.exists() and path.stat().st_size >= file.tell():
        yield file.read()
        time.sleep(_POLL)
