"""bootstrap, killed with SIGKILL: `python killed.py before|after N ARGUMENTS…` dies just before or just
after it has saved the receipt for the N-th time. Without reaching N it ends by itself."""

import os
import signal
import sys

from bootstrap import cli, receipt

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


receipt.Receipt.save = save_and_die  # type: ignore[method-assign]
sys.exit(cli.main(arguments))
