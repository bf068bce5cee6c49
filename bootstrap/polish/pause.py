"""The breaker: after the server has failed, no commit waits for it again for a while.

The file holds the moment until which nothing is asked, in seconds since 1970. The hook's script reads
it first, so that a commit then costs no start of a program.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60


def is_on(file: Path) -> bool:
    """Whether the server has failed a moment ago. What is no such moment, or too far away, is none."""
    try:
        until = int(file.read_text("ascii")[:12])
    except (OSError, ValueError):
        return False
    return 0 < until - time.time() <= SECONDS


def begin(file: Path) -> None:
    """From now on. Where nothing is installed there is no directory for it, and no pause."""
    new = file.with_name(f"{file.name}.new")
    with contextlib.suppress(OSError):
        try:
            new.write_text(f"{int(time.time()) + SECONDS}\n", "ascii")
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
