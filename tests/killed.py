"""bootstrap with bad luck: `python killed.py HOW N ARGUMENTS…`

before, after   it dies of SIGKILL just before or just after it has saved the receipt for the N-th time
writing         likewise when it is to write the N-th file
full            from the N-th file on, the disk is full
failing         the N-th command of its plan fails
moving          the N-th file that is to get another name gets none

Without reaching N it ends by itself. COUNTED: a file that is to hold how far it has come; PLAYED_HOST: facts
of another machine, such as {"desktop": true}.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bootstrap import cli, files, host, receipt, system
from bootstrap.actions import RunCommand
from bootstrap.errors import FileError

how, last, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
reached = 0
save, write, execute, run = receipt.Receipt.save, files.write, RunCommand.execute, system.run


def step() -> bool:
    """Whether this is the one."""
    global reached  # noqa: PLW0603
    reached += 1
    return reached == last


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def save_and_die(self: receipt.Receipt) -> None:
    now = step()
    if how == "after":
        save(self)
    if now:
        die()
    if how == "before":
        save(self)


def write_or_die(*words: Any) -> None:
    if step():
        die()
    write(*words)


def write_as_long_as_there_is_room(*words: Any) -> None:
    step()
    if last and reached >= last:
        raise FileError(f"{words[0]}: {os.strerror(errno.ENOSPC)}", "free some space")
    write(*words)


def execute_or_fail(self: RunCommand, *words: Any) -> object:
    if self.argv and step():
        system.run = lambda *_, **__: system.Result(1, "", "played")
    try:
        return execute(self, *words)
    finally:
        system.run = run


def or_fail(move: Callable[..., None]) -> Callable[..., None]:
    def moved(*words: Any, **more: Any) -> None:
        if step():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        move(*words, **more)

    return moved


if how in {"before", "after"}:
    receipt.Receipt.save = save_and_die  # type: ignore[method-assign]
elif how == "writing":
    files.write = write_or_die
elif how == "full":
    files.write = write_as_long_as_there_is_room
elif how == "failing":
    RunCommand.execute = execute_or_fail  # type: ignore[method-assign, assignment]
elif how == "moving":
    os.replace, os.rename = or_fail(os.replace), or_fail(os.rename)
facts, detect = json.loads(os.environ.get("PLAYED_HOST", "{}")), host.detect
host.detect = lambda: replace(detect(), **facts)
status = cli.main(arguments)
if place := os.environ.get("COUNTED"):
    Path(place).write_text(str(reached))
sys.exit(status)
