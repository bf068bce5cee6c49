"""The one door to git: argument lists, no input, a timeout, and nothing that git could write.

The environment is git's own for its hooks: GIT_INDEX_FILE names the index of this very commit (of
`git commit PATH` it is another one than usual), so it is never unset.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading

from bootstrap import frozen
from bootstrap.errors import CommandError

MOST = 8 * 1024 * 1024  # bytes of output
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",  # no refreshing of the index on the side
    "GIT_NO_LAZY_FETCH": "1",  # in a partial clone nothing is fetched
    "GIT_ALLOW_PROTOCOL": "none",  # also not by a git that does not know the former
    "GIT_TERMINAL_PROMPT": "0",
}


def run(*arguments: str, timeout: float, most: int = MOST) -> tuple[int, bytes]:
    """Exit status and the first `most` bytes of the output of a git command; status 0 if it was cut short.

    timeout in seconds. Raises CommandError.
    """
    try:
        process = subprocess.Popen(
            ("git", *arguments),  # noqa: S607  # for its hooks git puts its own directory first in PATH
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=frozen.restored(os.environ) | _QUIET,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise CommandError("git cannot be started: {strerror}", strerror=error.strerror or error) from error
    output: list[bytes] = []
    # In a thread, since what git has started may keep the pipe open for as long as it likes.
    reader = threading.Thread(target=_read, args=(process, most, output), daemon=True)
    reader.start()
    try:
        reader.join(max(timeout, 0.01))
    except KeyboardInterrupt:
        _stop(process)
        raise
    if not output:
        _stop(process)
        raise CommandError("git {arguments} took too long", arguments=arguments[0])
    if len(output[0]) == most:
        _stop(process)
        return 0, output[0]
    return process.wait(), output[0]


def _read(process: subprocess.Popen[bytes], most: int, output: list[bytes]) -> None:
    assert process.stdout
    with process.stdout:
        output.append(process.stdout.read(most))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends git with all that it has started, where the system knows of such families."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
