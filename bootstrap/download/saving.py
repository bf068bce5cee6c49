"""When a part file is made safe: in a thread of its own, and never far behind those who write."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from bootstrap.download import journal
from bootstrap.download.source import MIB

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

# The journal is written after so many bytes or seconds. Writers wait for it at the last figure: that,
# and what is on its way to them, is all that a kill or a power cut can cost.
SAVE_BYTES = 3 * MIB
SAVE_SECONDS = 1.0
UNSAVED_BYTES = 6 * MIB


class Saving:
    """Of one part file. `state` tells what is in it, under `lock`. All methods raise OSError."""

    def __init__(
        self,
        file: FileIO,
        target: Path,
        lock: threading.RLock,
        state: Callable[[], journal.Journal],
        wake: Callable[[], None],
    ) -> None:
        self._file = file
        self._target = target
        self._state = state
        self._wake = wake
        self._changed = threading.Condition(lock)
        self._saving = threading.Lock()
        self._unsaved = 0
        self._saved_at = time.monotonic()
        self._hurry = False
        self._failed = False
        self._pool = ThreadPoolExecutor(1, "saving")
        self._running: Future[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether there is anything that a kill would take."""
        return self._unsaved > 0 or self._failed

    def wrote(self, count: int) -> None:
        """`count` bytes have been written; waits where that is too far ahead. Under the lock."""
        before, self._unsaved = self._unsaved, self._unsaved + count
        if before < SAVE_BYTES <= self._unsaved:
            self._wake()
        self._changed.wait_for(lambda: self._hurry or self._unsaved < UNSAVED_BYTES)

    def hurry(self, yes: bool) -> None:
        """Whether writers do not wait any more, because all are to stop."""
        with self._changed:
            self._hurry = yes
            self._changed.notify_all()

    def keep(self) -> None:
        """Begins to save if it is time, and nobody does."""
        if self._running and self._running.done():
            self.wait()
        waited = time.monotonic() - self._saved_at >= SAVE_SECONDS
        due = self._unsaved >= SAVE_BYTES or (self._unsaved > 0 and waited)
        if due and self._running is None:
            self._running = self._pool.submit(self.save)
            # Where there is more by then, it is time again.
            self._running.add_done_callback(lambda _: self._wake())

    def save(self) -> None:
        """Makes everything safe that is there now, then says so in the journal. For any thread."""
        with self._saving:
            with self._changed:
                state, unsaved = self._state(), self._unsaved
            self._failed = True
            try:
                os.fsync(self._file.fileno())
                journal.write(self._target, state)
                self._failed = False
            finally:
                with self._changed:
                    # Also after a failure, or whoever waits would wait for ever.
                    self._unsaved -= unsaved
                    self._saved_at = time.monotonic()
                    self._changed.notify_all()

    def wait(self) -> None:
        """Until nobody saves any more."""
        if self._running:
            done, self._running = self._running, None
            done.result()

    def forget(self) -> None:
        """Begins anew, without a journal."""
        self.wait()
        self._unsaved = 0
        self._failed = False
        journal.remove(self._target)

    def close(self) -> None:
        """Ends the thread."""
        self._pool.shutdown()
