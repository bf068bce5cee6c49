"""One run at a time: the receipt, with the lock held, and found out again where it is lost or broken."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from bootstrap import files, lock, receipt, recovery
from bootstrap.errors import BrokenReceiptError
from bootstrap.receipt import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap.paths import Paths


@contextlib.contextmanager
def begin(paths: Paths, *, rebuild: bool = False) -> Iterator[Receipt]:
    """One run: the receipt, with the lock held. Nothing is left of a run that changed nothing. rebuild: one
    that is lost or broken is made anew; the broken one is kept.

    Raises LockedError, ReceiptError, FileError.
    """
    if not paths.receipt_file.exists():
        Receipt(paths.receipt_file).create()
    with lock.held(paths.lock_file) as held:
        # read under the lock: another run may just have finished
        present = look(paths) if rebuild else receipt.load(paths.receipt_file)
        lost = rebuild and _move_broken(present)
        try:
            yield present
        finally:
            if lost and not present.entries:
                present.broken.replace(present.path)
            elif not present.entries:
                if os.name == "nt":  # which removes no open file
                    held.close()
                files.remove(paths.lock_file)
                files.remove(paths.failure_file)
                present.delete()


def look(paths: Paths) -> Receipt:
    """The receipt, or the beginning of a new one where it is lost or broken. Raises ReceiptError."""
    try:
        present = receipt.load(paths.receipt_file)
    except BrokenReceiptError:
        present = Receipt(paths.receipt_file, rebuilding=True)
    if not present.entries and recovery.is_installed(paths):
        present.rebuilding = True
    if present.rebuilding and not present.entries:
        present.made = [str(paths.state)] if recovery.is_ours(paths.state) else []
    return present


def _move_broken(present: Receipt) -> bool:
    """Whether there was one that nobody can read, which is kept."""
    try:
        receipt.load(present.path)
    except BrokenReceiptError:
        with files.explained(present.path):
            present.path.replace(present.broken)
        present.save()
        return True
    return False
