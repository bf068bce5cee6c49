"""The keeper itself: one at a time, the server again after a crash, what it says in a log of limited size."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

from bootstrap import lock, processes, system
from bootstrap.errors import LockedError
from bootstrap.keeper.kept import note

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from bootstrap.keeper.kept import Kept

LONGEST_LOG = 5_000_000  # bytes; as much again is kept of what was before
CRASHES = 5  # in a row are the end
HEALTHY = 60  # seconds that are no crash in a row any more
# it was asked to end: status 0, SIGINT, SIGTERM, STATUS_CONTROL_C_EXIT of Windows
_ASKED = {0, -signal.SIGINT, -signal.SIGTERM, 130, 143, 0xC000013A}


def run(kept: Kept) -> int:
    """Be the keeper until the server has ended for good; at once if there is one already."""
    kept.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chdir(kept.logs)  # or else nobody could remove the directory in which somebody has started us
    signal.signal(signal.SIGTERM, _leave)
    for _ in range(5):
        with contextlib.suppress(LockedError), lock.held(kept.lock) as file:
            processes.end_children_with_us()
            with contextlib.closing(Log(kept.log)) as log:
                _keep(kept, log, lambda server: note(file, os.getpid(), server))
            return 0
        time.sleep(0.1)  # somebody may just have looked whether there is one
    return 0


def next_pause(crashes: int, first: float) -> float | None:
    """Seconds until it is started again after so many crashes in a row; None if it is not."""
    return None if crashes >= CRASHES else first * 2 ** (crashes - 1)


def _keep(kept: Kept, log: Log, tell: Callable[[int], None]) -> None:
    crashes = 0
    while True:
        tell(0)
        began = time.monotonic()
        status = _serve(kept, log, tell)
        tell(0)
        if status in _ASKED:
            return
        crashes = 1 if time.monotonic() - began > HEALTHY else crashes + 1
        pause = next_pause(crashes, kept.pause)
        if pause is None:
            log.write(
                f"the server ended {crashes} times in a row, last with status {status}: given up\n".encode()
            )
            return
        time.sleep(pause)


def _serve(kept: Kept, log: Log, tell: Callable[[int], None]) -> int:
    """Start the server and wait for its end: its status."""
    try:
        process = system.start(kept.argv, kept.environment)
    except OSError as error:
        log.write(f"{kept.argv[0]} cannot be started: {error.strerror or error}\n".encode())
        return system.MISSING
    tell(process.pid)
    # in a thread: what the server has started may keep the pipe open after it
    reader = threading.Thread(target=_read, args=(process, log), daemon=True)
    reader.start()
    try:
        status = process.wait()
    finally:
        system.end(process)  # if we are asked to end before it has; where we are killed, the job does it
        reader.join(2)
    return status


def _read(process: subprocess.Popen[bytes], log: Log) -> None:
    assert process.stdout
    while data := process.stdout.read1(1 << 16):  # type: ignore[attr-defined]  # a BufferedReader
        log.write(data)


def _leave(*_: object) -> None:
    sys.exit(0)


class Log:
    """A file that is appended to; when it is too long, it becomes NAME.1 and a new one begins."""

    def __init__(self, path: Path, longest: int = LONGEST_LOG) -> None:
        self._path = path
        self._longest = longest
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        """A full disk is no reason to end the server: then nothing is written."""
        with contextlib.suppress(OSError):
            file = self._file = self._file or self._path.open("ab")
            if file.tell() > self._longest:
                self.close()
                with contextlib.suppress(OSError):  # Windows moves no file that somebody reads
                    self._path.replace(self._path.with_name(self._path.name + ".1"))
                file = self._file = self._path.open("ab")
            file.write(data)
            file.flush()

    def close(self) -> None:
        """It may be written to again."""
        if self._file:
            self._file.close()
            self._file = None
