"""The only door to other programs: argument lists, never a shell, always a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from bootstrap import frozen
from bootstrap.errors import CommandError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# for Windows, 0 elsewhere: a program that speaks to nobody gets no window, and one that is to outlive us
# belongs to none of the groups of processes that end with us
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_OWN_JOB: int = getattr(subprocess, "CREATE_BREAKAWAY_FROM_JOB", 0)
_INTERRUPTED = {130, 0xC000013A}  # the second: STATUS_CONTROL_C_EXIT of Windows


@dataclass(frozen=True)
class Result:
    """How a program ended and what it said."""

    status: int
    stdout: str
    stderr: str

    @property
    def last_words(self) -> str:
        """The last line it wrote, for an error message."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1].strip() if lines else tr("exit status {status}", status=self.status)


# what ties git to the repository whose hook or alias called us (`git rev-parse --local-env-vars`)
GIT_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
)  # fmt: skip
MISSING = 127  # what a shell says for a program that is not there


def run(argv: Sequence[str], *, timeout: float = 60, stdin: str = "", without: Sequence[str] = ()) -> Result:
    """Run a program to its end and collect what it says, whatever its status. without: variables of our
    environment that it must not see.

    A program that is missing or cannot be started is status 127, as in a shell. Raises CommandError
    when it takes longer than `timeout` seconds. It runs in a session of its own, so that a Ctrl-C
    meant for us does not end what it has started.
    """
    try:
        done = subprocess.run(
            argv,
            input=stdin.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=timeout,
            env={name: value for name, value in environment().items() if name not in without},
            start_new_session=True,
            creationflags=_NO_WINDOW,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            "{program} did not end within {timeout:g} s",
            "run it by hand to see why",
            program=argv[0],
            timeout=timeout,
        ) from error
    except OSError as error:
        return Result(MISSING, "", f"{argv[0]}: {error.strerror}")
    # what is not UTF-8, such as a line of somebody else's crontab, goes back as it came
    stdout, stderr = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return Result(done.returncode, stdout, stderr)


def must(argv: Sequence[str], *, timeout: float = 60, stdin: str = "") -> Result:
    """Run a program that has to succeed. Raises CommandError with its last words."""
    result = run(argv, timeout=timeout, stdin=stdin)
    if result.status:
        raise CommandError(
            "{program}: {last_words}",
            "run that command by hand to see more",
            program=" ".join(argv),
            last_words=result.last_words,
        )
    return result


def become(argv: Sequence[str], extra: Mapping[str, str]) -> NoReturn:
    """Replace this process by a program; on Windows, which cannot, wait for it and end as it does."""
    try:
        if os.name == "nt":
            sys.exit(_to_its_end(argv, extra))
        os.execve(argv[0], list(argv), environment(extra))  # noqa: S606  # no shell, on purpose
    except OSError as error:
        raise CommandError(
            "{program}: {strerror}", "install again to repair it", program=argv[0], strerror=error.strerror
        ) from error


def _to_its_end(argv: Sequence[str], extra: Mapping[str, str]) -> int:
    """The status of a program in our own console, where Ctrl-C is for it and for us."""
    from bootstrap import processes

    processes.end_children_with_us()
    with subprocess.Popen(argv, env=environment(extra)) as process:
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:  # it has heard that too, and ends in its own time
                continue
            return 130 if status & 0xFFFFFFFF in _INTERRUPTED else status


def start(argv: Sequence[str], extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program without a window; what it says is in `stdout`. Raises OSError."""
    return subprocess.Popen(
        argv,
        env=environment(extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        creationflags=_NO_WINDOW,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program that we have started, by force after 10 s; it may have ended already."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def leave_running(argv: Sequence[str], directory: Path | None = None) -> None:
    """Start a program that goes on when we have ended, in our directory or another. Raises CommandError."""
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    # whoever has put us into a job may forbid to leave it
    for flags in (_NO_WINDOW | _OWN_GROUP | _OWN_JOB, _NO_WINDOW | _OWN_GROUP):
        try:
            process = subprocess.Popen(
                argv,
                env=environment(),
                cwd=directory,
                start_new_session=True,
                creationflags=flags,
                **quiet,
            )
        except PermissionError:
            continue
        except OSError as error:
            raise CommandError(
                "{program}: {strerror}",
                "install again to repair it",
                program=argv[0],
                strerror=error.strerror,
            ) from error
        process.returncode = 0  # nobody waits for it, which is no mistake
        return
    raise CommandError("{program} may not be started", "install again to repair it", program=argv[0])


def find(name: str) -> str | None:
    """The absolute path of a program, None where it is not installed."""
    return shutil.which(name)


def windows_program(name: str) -> str:
    """The path of a program that comes with Windows: one of the same name elsewhere must not be taken."""
    return os.path.join(os.environ.get("SystemRoot", r"C:\Windows"), "System32", name)  # noqa: PTH118, SIM112


def environment(extra: Mapping[str, str] = {}) -> dict[str, str]:
    """Our environment as a child should see it."""
    result = frozen.restored(os.environ)
    if hasattr(os, "getuid") and not _is_ours(result.get("XDG_RUNTIME_DIR", "")):
        # ssh, sudo and cron do not set it, su leaves another user's: systemctl --user then finds no bus
        result.pop("XDG_RUNTIME_DIR", None)
        directory = f"/run/user/{os.getuid()}"
        if _is_ours(directory):
            result["XDG_RUNTIME_DIR"] = directory
    return result | dict(extra)


def _is_ours(directory: str) -> bool:
    return os.path.isdir(directory) and os.stat(directory).st_uid == os.getuid()  # noqa: PTH112, PTH116
