"""How fast bytes may be taken, over all connections together."""

from __future__ import annotations

import threading
import time

# Bytes are taken in steps of this many seconds' worth, so that a slow rate is no series of bursts.
STEP = 0.1
SMALLEST = 1024


class Throttle:
    """Lets `bytes_per_second` through, None for as many as there are. For several threads."""

    def __init__(self, bytes_per_second: int | None) -> None:
        self.rate = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = time.monotonic()

    def step(self, most: int) -> int:
        """How many bytes to take at once, of `most` that could be."""
        if self.rate is None:
            return most
        return max(SMALLEST, min(most, int(self.rate * STEP)))

    def took(self, count: int) -> None:
        """Waits until it was right to take `count` bytes."""
        if self.rate is None:
            return
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + count / self.rate
            wait = self._free_at - time.monotonic()
        time.sleep(max(0.0, wait))
