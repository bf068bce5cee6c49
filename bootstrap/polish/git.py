"""The one door to git: argument lists, no input, a timeout, and nothing that git could write.

The environment is git's own for its hooks: GIT_INDEX_FILE names the index of this very commit (of
`git commit PATH` it is another one than usual), so it is never unset.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from bootstrap.errors import CommandError

MOST = 8 * 1024 * 1024  # bytes of output
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",  # no refreshing of the index on the side
    "GIT_NO_LAZY_FETCH": "1",  # in a partial clone nothing is fetched (git 2.45)
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
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise CommandError(f"git cannot be started: {error.strerror or error}") from error
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(max(timeout, 0.01), stop)
    timer.daemon = True
    timer.start()
    with process:
        assert process.stdout
        output = process.stdout.read(most)
        if cut := len(output) == most:
            process.kill()
        process.wait()
        timer.cancel()
    if late.is_set():
        raise CommandError(f"git {arguments[0]} took too long")
    return 0 if cut else process.returncode, output


def _environment() -> dict[str, str]:
    environment = os.environ | _QUIET
    if getattr(sys, "frozen", False):
        # https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html: the frozen program
        # finds its own libraries this way, and git must not
        for name in ("LD_LIBRARY_PATH", "LIBPATH"):
            environment.pop(name, None)
            if original := environment.get(f"{name}_ORIG"):
                environment[name] = original
    return environment
