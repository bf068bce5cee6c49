"""The log of the last run that failed: one file, for nobody but its user, of limited size, fit to be pasted.

It is beside the receipt, and goes with it. Where there is none, nothing of ours is to stay in the home: then
it is in the directory for temporary files.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files, lock, paths, redaction
from bootstrap.errors import BootstrapError, ReceiptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINES = 200  # that were said, at most
_LONGEST, _MOST = 500, 100_000  # characters of one of them, and bytes of all


def text(header: str, said: Iterable[str], error: BaseException, secrets: Iterable[str] = ()) -> str:
    """All of it, with nothing that others must not know. said: the lines that the run has said; secrets: of
    ours, such as a key that a server has repeated."""
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    hide = redaction.of_here(secrets)
    lines = [line[:_LONGEST] for part in said for line in hide(part).splitlines()][-LINES:]
    parts = [header, f"ended: {when}", *(["", "said:", *lines] if lines else []), "", *_ending(error)]
    return hide("\n".join(parts) + "\n")


def keep(content: str, error: BaseException) -> Path | None:
    """Take the place of the last one: where that is, None where it cannot be. Raises nothing."""
    data = content.encode("utf-8", "backslashreplace")[:_MOST]
    with contextlib.suppress(OSError, RuntimeError, BootstrapError):  # no home, a full disk, another run
        where = paths.find()
        # whoever removes the receipt removes this, too: nobody does with one that cannot be read
        if where.receipt_file.exists() and not isinstance(error, ReceiptError):
            with lock.held(where.lock_file):
                if where.receipt_file.exists():
                    files.write(where.failure_file, data, 0o600)
                    return where.failure_file
    with contextlib.suppress(OSError):
        return _keep_for_now(data)
    return None


def last() -> str:
    """The log of the last run that failed, "" where there is none."""
    found: list[tuple[float, str]] = []
    with contextlib.suppress(OSError, RuntimeError):  # neither HOME nor an entry for this user
        found.append(_read(paths.find().failure_file))
    with contextlib.suppress(OSError):
        found.append(_read(_for_now()))
    return max(found)[1] if found else ""


def forget() -> None:
    """Remove the one among temporary files, of which no receipt knows. Raises nothing."""
    with contextlib.suppress(OSError):
        _read(_for_now())  # somebody else's stays
        _for_now().unlink()


def _ending(error: BaseException) -> Iterator[str]:
    """How it ended, and what that came from."""
    if isinstance(error, KeyboardInterrupt):
        yield "interrupted by its user"
        return
    if not isinstance(error, BootstrapError):
        yield from "".join(traceback.format_exception(error)).splitlines()
        return
    yield f"error: {error.message}"
    if error.hint:
        yield f"help: {error.hint}"
    yield from ("", "because of:")
    cause: BaseException | None = error
    while cause:
        yield f"{type(cause).__name__}: {cause}{_place(traceback.extract_tb(cause.__traceback__))}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _place(stack: Sequence[traceback.FrameSummary]) -> str:
    if not stack:
        return ""
    path = Path(stack[-1].filename)
    return f" ({path.parent.name}/{path.name}, line {stack[-1].lineno}, in {stack[-1].name})"


def _for_now() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(tempfile.gettempdir(), f"bootstrap-last-failure-{user}.log")


def _keep_for_now(data: bytes) -> Path:
    """Others may write to that directory: a file of theirs, or a link, is never followed. Raises OSError."""
    path = _for_now()
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
    return path


def _read(path: Path) -> tuple[float, str]:
    """When it was written, and what. Raises OSError, also for what is not a file of ours."""
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise PermissionError(f"{path} is not ours")
        return status.st_mtime, file.read(_MOST).decode("utf-8", "replace")
