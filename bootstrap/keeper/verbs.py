"""`bootstrap keep FILE run | start | stop | restart | status | pid | enabled`, as run.sh has them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import carried, processes, system
from bootstrap.errors import BootstrapError
from bootstrap.keeper import loop
from bootstrap.keeper.kept import NAME, Kept, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PATIENCE = 10  # seconds


def main(argv: Sequence[str]) -> int:
    """argv: FILE VERB; the exit status."""
    if len(argv) != 2 or argv[1] not in _VERBS:
        sys.stderr.write(f"usage: bootstrap keep FILE {' | '.join(_VERBS)}\n")
        return 2
    try:
        return _VERBS[argv[1]](read(Path(argv[0])))
    except BootstrapError as error:
        if sys.stderr:  # without a window there is none
            sys.stderr.write(f"error: {error.message}\n")
        return error.exit_status


def _start(kept: Kept) -> int:
    """Have it kept by a process that outlives this one, and wait until it runs."""
    if not kept.lives():
        system.leave_running([*carried.windowless(), "keep", str(kept.file), "run"])
    return 0 if _comes(lambda: bool(kept.server())) else 1


def _stop(kept: Kept) -> int:
    keeper, server = kept.numbers()
    if kept.lives():
        processes.end(keeper, seconds=_PATIENCE)
    gone = _comes(lambda: not kept.lives())
    if server:  # it is with its keeper, unless that was killed where there are no jobs
        processes.end(server, kept.argv[0])
    return 0 if gone else 1


def _restart(kept: Kept) -> int:
    return _stop(kept) or _start(kept)


def _status(kept: Kept) -> int:
    return 0 if kept.server() else 1


def _pid(kept: Kept) -> int:
    server = kept.server()
    if server:
        sys.stdout.write(f"{server}\n")
    return 0 if server else 1


def _enabled(_kept: Kept) -> int:
    """Whether something starts it at logon. Only `bootstrap status` asks, so it may load what it likes."""
    from bootstrap.actions.logon import is_registered

    return 0 if is_registered(NAME) else 1


def _comes(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


_VERBS: dict[str, Callable[[Kept], int]] = {
    "run": loop.run,
    "start": _start,
    "stop": _stop,
    "restart": _restart,
    "status": _status,
    "pid": _pid,
    "enabled": _enabled,
}
