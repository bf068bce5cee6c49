"""bootstrap with bad luck: `python killed.py before|after|writing|full N ARGUMENTS…`

It dies of SIGKILL just before or just after it has saved the receipt for the N-th time, or when it is to
write the N-th file; or from that one on the disk is full. Without reaching N it ends by itself.
"""

import errno
import os
import signal
import sys

from bootstrap import cli, files, receipt
from bootstrap.errors import FileError

when, number, arguments = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
save = receipt.Receipt.save
saved = 0


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


write = files.write
if when in {"writing", "full"}:
    files.write = write_or_die
else:
    receipt.Receipt.save = save_and_die  # type: ignore[method-assign]
sys.exit(cli.main(arguments))
