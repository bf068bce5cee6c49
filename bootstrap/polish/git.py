"""The one door to git: argument lists, no input, a timeout, and nothing that git could write.

The environment is git's own for its hooks: GIT_INDEX_FILE names the index of this very commit (of
`git commit PATH` it is another one than usual), so it is never unset.
"""

from __future__ import annotations

import os
import subprocess
import sys

from bootstrap.errors import CommandError

_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",  # no refreshing of the index on the side
    "GIT_NO_LAZY_FETCH": "1",  # in a partial clone nothing is fetched (git 2.45)
    "GIT_TERMINAL_PROMPT": "0",
}


def run(*arguments: str, timeout: float) -> tuple[int, bytes]:
    """Exit status and output of a git command. timeout in seconds. Raises CommandError."""
    try:
        done = subprocess.run(
            ("git", *arguments),  # noqa: S607  # for its hooks git puts its own directory first in PATH
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=max(timeout, 0.01),
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"git {arguments[0]} took too long") from error
    except OSError as error:
        raise CommandError(f"git cannot be started: {error.strerror or error}") from error
    return done.returncode, done.stdout


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
