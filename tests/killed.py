"""bootstrap with bad luck: `python killed.py before|after|writing|full|failing N ARGUMENTS…`

It dies of SIGKILL just before or just after it has saved the receipt for the N-th time, or when it is to
write the N-th file; or from that one on the disk is full, or the N-th command of a plan fails. Without
reaching N it ends by itself. PLAYED_HOST: facts of another machine, such as {"desktop": true}.
"""

import errno
import json
import os
import signal
import sys
from dataclasses import replace

from bootstrap import cli, files, host, receipt, system
from bootstrap.actions import RunCommand
from bootstrap.errors import FileError

when, number, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
save = receipt.Receipt.save
saved = 0
facts, detect = json.loads(os.environ.get("PLAYED_HOST", "{}")), host.detect
host.detect = lambda: replace(detect(), **facts)


def save_and_die(self: receipt.Receipt) -> None:
    global saved  # noqa: PLW0603
    saved += 1
    if when == "after":
        save(self)
    if saved == number:
        os.kill(os.getpid(), signal.SIGKILL)
    if when == "before":
        save(self)


def write_or_die(*arguments: object) -> None:
    global saved  # noqa: PLW0603
    saved += 1
    if saved >= number and when == "full":
        raise FileError(f"{arguments[0]}: {os.strerror(errno.ENOSPC)}", "free some space")
    if saved == number:
        os.kill(os.getpid(), signal.SIGKILL)
    write(*arguments)


def run_or_fail(self: RunCommand, *arguments: object) -> object:
    global saved  # noqa: PLW0603
    saved += bool(self.argv)
    if saved == number and self.argv:
        system.run = lambda *_, **__: system.Result(1, "", "played")
    try:
        return execute(self, *arguments)
    finally:
        system.run = run


write, run, execute = files.write, system.run, RunCommand.execute
if when in {"writing", "full"}:
    files.write = write_or_die
elif when == "failing":
    RunCommand.execute = run_or_fail  # type: ignore[method-assign]
elif when in {"before", "after"}:
    receipt.Receipt.save = save_and_die  # type: ignore[method-assign]
sys.exit(cli.main(arguments))
