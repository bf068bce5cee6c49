"""An installed program that is to remove itself: a copy of it does, and then removes that copy.

Nobody can saw off the branch that they are sitting on: an interpreter reads its modules when they are needed.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import carried, files, paths, system
from bootstrap.actions import InstallProgram
from bootstrap.errors import BootstrapError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap.console import Console
    from bootstrap.paths import Paths

_COPY = "commit-polish-uninstall-"
_STALE = 600  # seconds after which nobody is at it any more


@contextlib.contextmanager
def program_of_ours(where: Paths, console: Console) -> Iterator[None]:
    """The block runs in a program that may be removed; where there is no room for a copy, in this one, as
    what is needed at the end is loaded by then."""
    own, places = carried.home(), _places(where)
    _sweep(places, own)
    if own and own.name.startswith(_COPY):
        with _removed_at_the_end(own, where, console):
            yield
        return
    for place in places if own else ():
        _go_on_in(place, console)
    yield


def _places(where: Paths) -> list[Path]:
    """Directories for it, the best one first: never the current one, which is the user's.

    Windows moves what is in use, but to no other disk.
    """
    if os.name == "nt":
        return [where.data.parent]
    wanted = [os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", str(where.home)]  # noqa: S108
    absolute = [Path(name) for name in wanted if name.startswith("/")]
    return [place for place in dict.fromkeys(absolute) if place.is_dir() and paths.starts_programs(place)]


def _go_on_in(place: Path, console: Console) -> None:
    """Become a copy of this program that is there. Returns where there can be none."""
    copy: Path | None = None
    try:
        copy = Path(tempfile.mkdtemp(prefix=_COPY, dir=place))
        launcher = carried.launcher(copy)
        program = InstallProgram(copy, carried.build(), tuple(launcher))
        program.execute(program.remember({}), console)
        system.become([*launcher, *sys.argv[1:]], {})
    except (OSError, BootstrapError):
        if copy:
            files.remove_tree(copy)
    except KeyboardInterrupt:
        if copy:
            files.remove_tree(copy)
        raise


@contextlib.contextmanager
def _removed_at_the_end(own: Path, where: Paths, console: Console) -> Iterator[None]:
    """Also by a signal; not where somebody interrupts it who would have nothing left to call."""
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    remove = _remove_later if os.name == "nt" else files.remove_tree
    atexit.register(remove, own)
    try:
        yield
    except KeyboardInterrupt:
        if not any(where.programs.glob("program/*/bootstrap")):
            atexit.unregister(remove)
            console.stop()
            console.say(tr("to go on: {launcher} uninstall", launcher=shlex.join(carried.launcher())))
        raise


def _remove_later(own: Path) -> None:
    """Windows removes no program that runs, so somebody else does when all have ended."""
    shell, name = system.windows_program("cmd.exe"), own.name  # in which nothing needs quotes
    again = f"rmdir /s /q {name} & if not exist {name} exit & ping -n 2 127.0.0.1"
    system.leave_running([shell, "/d", "/q", "/c", f"for /l %i in (1,1,60) do ({again})"], own.parent)


def _sweep(places: list[Path], own: Path | None) -> None:
    """Remove what a copy that was killed has left."""
    for place in places:
        for copy in place.glob(f"{_COPY}*"):
            with contextlib.suppress(OSError, BootstrapError):
                status = copy.lstat()
                ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
                if copy != own and ours and time.time() - status.st_mtime > _STALE:
                    files.remove_tree(copy)
