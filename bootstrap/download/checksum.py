"""The sha256 of the first bytes of a file that still grows, in a thread of its own.

It reads behind those who write, so that there is nothing left to verify when the last byte is there.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from bootstrap.download import ranges
from bootstrap.download.source import MIB
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from hashlib import _Hash
    from io import FileIO
    from pathlib import Path

# Of the sha256 of everything up to a mark, so many hex digits are enough to notice damage.
MARK_DIGITS = 16


class PrefixChecksum:
    """Follows the file at `path` up to where `allow` lets it; a mark is left after every part.

    `expected` are the marks that an earlier run left. Where the file does not have them any more,
    `damage` says which part is to blame. `wake` is called for that, and when all that it was allowed to
    read has been read and nothing more will come.
    """

    def __init__(self, path: Path, expected: Sequence[str], wake: Callable[[], None]) -> None:
        self._path = path
        self._expected = dict(enumerate(expected))
        self._wake = wake
        self._changed = threading.Condition()
        self._states: list[_Hash] = [hashlib.sha256()]  # at the beginning and after every part
        self._sha: _Hash = self._states[0].copy()
        self._position = self._limit = 0
        self._turn = 0
        self._closed = self._last = False
        self._damaged: int | None = None
        self._trouble: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="checksum", daemon=True)

    def allow(self, limit: int, *, last: bool) -> None:
        """The first `limit` bytes are there, and can be read; `last` if they are the whole file."""
        with self._changed:
            self._last = last
            if self._damaged is not None:
                # Not past it before somebody has given it up.
                limit = min(limit, self._damaged * ranges.PART)
            if limit != self._limit:
                if limit < self._limit:
                    # Also what is being read at this moment may be beyond it.
                    self._go_back(min(limit, self._position))
                self._limit = limit
                if not self._thread.ident:
                    self._thread.start()
                self._changed.notify()

    def rewind(self, offset: int) -> None:
        """Bytes from `offset` on have changed since they were read."""
        with self._changed:
            if offset < self._position:
                self._go_back(offset)
                self._changed.notify()
            # What is being read at this moment may be half old and half new.
            elif offset < self._position + MIB:
                self._go_back(self._position)

    def expect_other(self, offset: int) -> None:
        """The marks of the earlier run are about other bytes from `offset` on."""
        with self._changed:
            first = offset // ranges.PART
            self._expected = {number: mark for number, mark in self._expected.items() if number < first}

    def damage(self) -> int | None:
        """The number of the part that is not as it was, told once. OSError if reading failed."""
        with self._changed:
            if self._trouble:
                raise self._trouble
            found, self._damaged = self._damaged, None
            return found

    def of(self, count: int) -> str | None:
        """The sha256 of the first `count` bytes; None while they have not all been read."""
        with self._changed:
            if self._position == count == self._limit:
                return self._sha.hexdigest()
        return None

    def marks(self) -> list[str]:
        """What the sha256 began with after every part so far; also of those not yet read again."""
        with self._changed:
            known = [state.hexdigest()[:MARK_DIGITS] for state in self._states[1:]]
            later = range(len(known), len(known) + len(self._expected))
            for number in later:
                if number not in self._expected:
                    break
                known.append(self._expected[number])
            return known

    def close(self) -> None:
        """Ends the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.ident:
            self._thread.join()

    def _run(self) -> None:
        room = memoryview(bytearray(MIB))
        try:
            with self._path.open("rb", buffering=0) as file:
                while self._step(file, room):
                    pass
        except OSError as error:
            self._trouble = error
            self._wake()

    def _step(self, file: FileIO, room: memoryview) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._position < self._limit)
            if self._closed:
                return False
            start, turn, sha = self._position, self._turn, self._sha
            border = (start // ranges.PART + 1) * ranges.PART
            stop = min(self._limit, start + len(room), border)
        file.seek(start)
        got = file.readinto(room[: stop - start])
        if not got:
            raise OSError(tr("it ends after {start} bytes", start=start))
        sha.update(room[:got])
        with self._changed:
            # Whoever has gone back meanwhile has put another state in the place of this one.
            if turn == self._turn:
                self._position = start + got
                if self._position == border:
                    self._mark(border // ranges.PART - 1)
            # Whoever waits for bytes need not hear of each of them: there are far too many.
            finished = self._last and self._position == self._limit
        if finished:
            self._wake()
        return True

    def _mark(self, number: int) -> None:
        wanted = self._expected.pop(number, None)
        if wanted and self._sha.hexdigest()[:MARK_DIGITS] != wanted:
            self._damaged = number
            # Until somebody has put it right.
            self._limit = number * ranges.PART
            self._go_back(self._limit)
            self._wake()
            return
        self._states.append(self._sha.copy())

    def _go_back(self, offset: int) -> None:
        number = min(offset // ranges.PART, len(self._states) - 1)
        del self._states[number + 1 :]
        self._sha = self._states[number].copy()
        self._position = number * ranges.PART
        self._turn += 1
