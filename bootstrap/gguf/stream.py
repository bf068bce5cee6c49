"""The bytes of a GGUF header, one after the other: little memory, whatever a hostile file says."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from bootstrap.messages import tr

if TYPE_CHECKING:
    from typing import BinaryIO

CHUNK = 1 << 18  # bytes in memory at a time
# Vocabularies make headers long: real ones have up to some 20 MiB.
LONGEST = 64 << 20
LONGEST_TEXT = 1 << 16  # of those that are kept or are keys: the format's own limit for a key
MOST_TEXTS = 2_000_000  # in one list: real vocabularies have a quarter of a million, and twice as many merges

_LENGTH = struct.Struct("<Q")


class EndError(Exception):
    """The bytes end before the header does. It never leaves this package."""


class BrokenError(Exception):
    """The header says what cannot be; the words are for the user. It never leaves this package."""


class Stream:
    """A file of `size` bytes, read forwards. Its methods raise EndError and BrokenError; OSError."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._data = b""
        self._at = 0  # in the data
        self._start = 0  # of the data in the file

    @property
    def position(self) -> int:
        """Bytes before the next one."""
        return self._start + self._at

    def take(self, count: int) -> bytes:
        """The next bytes; for small counts."""
        end = self._at + count
        if end > len(self._data):
            self._fill(count)
            end = count
        found = self._data[self._at : end]
        self._at = end
        return found

    def skip(self, count: int) -> None:
        """Leave so many bytes out, without reading them where they are many."""
        self._move(self._at + count)

    def number(self, form: str) -> int:
        """One number, in a form of the struct module."""
        layout = struct.Struct(f"<{form}")
        return int(layout.unpack(self.take(layout.size))[0])

    def text(self) -> str:
        """One text that is worth keeping."""
        length = self.number("Q")
        if length > LONGEST_TEXT:
            raise BrokenError(tr("a text of {length} bytes where a name should be", length=length))
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Leave so many texts out."""
        if count > MOST_TEXTS:
            raise BrokenError(tr("a list of {count} texts", count=count))
        while count:
            if self._at + _LENGTH.size > len(self._data):
                self._fill(_LENGTH.size)
            data, at, end = self._data, self._at, len(self._data) - _LENGTH.size
            while count and at <= end:
                at += _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
                count -= 1
            self._move(at)

    def _move(self, at: int) -> None:
        """Go to a place, counted in the data as it is now."""
        self._check(self._start + at)
        if at <= len(self._data):
            self._at = at
            return
        self._start += at
        self._data, self._at = b"", 0
        self._file.seek(self._start)

    def _fill(self, count: int) -> None:
        """At least `count` bytes from the present position on."""
        self._check(self.position + count)
        self._start += self._at
        rest = self._data[self._at :]
        self._data, self._at = rest + self._file.read(max(count, CHUNK)), 0
        if len(self._data) < count:
            raise EndError

    def _check(self, end: int) -> None:
        if end > self._size:
            raise EndError
        if end > LONGEST:
            raise BrokenError(tr("a header of more than {longest} MiB", longest=LONGEST >> 20))
