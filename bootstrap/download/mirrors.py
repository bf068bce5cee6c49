"""The whole way: what is there already, every URL in turn, the checksum, the finished file."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bootstrap.download.attempt import AttemptError, Remedy, WrongChecksumError
from bootstrap.download.disk import reason_of
from bootstrap.download.part import Part
from bootstrap.download.source import (
    Note,
    Patience,
    Report,
    Source,
    host_of,
    never_backwards,
    silent_note,
    silent_report,
)
from bootstrap.download.verify import short
from bootstrap.errors import BootstrapError, ChecksumError, DownloadError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.download.transfer import Transfer

PATIENCE = Patience()


def download(
    source: Source,
    target: Path,
    *,
    report: Report = silent_report,
    note: Note = silent_note,
    patience: Patience = PATIENCE,
) -> None:
    """Bytes from the network to a verified file at `target`, which appears whole or not at all.

    What an earlier call left is used, however it ended. Nobody else may work on the same target.
    DownloadError: no URL has the file, or the disk is full; the part file stays.
    ChecksumError: every URL has another file; the part file is gone.
    FileError: the target cannot be written.
    """
    _check_place(target)
    progress = never_backwards(report)
    with Part(source, target) as part:
        part.load(progress)
        if not part.verified:
            # Here, because httpx takes its time to import.
            from bootstrap.download.connection import open_client
            from bootstrap.download.transfer import Transfer

            with open_client(patience) as client:
                _from_mirrors(Transfer(client, source, part, patience, progress, note))
        part.place()


def _from_mirrors(transfer: Transfer) -> None:
    """Tries the URLs until the part file is verified. DownloadError, ChecksumError, FileError."""
    queue = deque(dict.fromkeys(transfer.source.urls))
    failures: dict[str, AttemptError] = {}
    second_chance: set[str] = set()
    while queue:
        url = queue.popleft()
        error = _try(transfer, url)
        if error is None:
            return
        failures[url] = error
        wrong = isinstance(error, WrongChecksumError)
        if wrong and error.remedy is Remedy.START_OVER and url not in second_chance:
            second_chance.add(url)
            queue.append(url)
        if queue:
            line = f"{transfer.source.name}: {host_of(url)}: {error.reason}"
            transfer.note(f"{line}, going on with {host_of(queue[0])}")
    raise _none_left(transfer, failures)


def _try(transfer: Transfer, url: str) -> AttemptError | None:
    """None if the part file is verified; else what is wrong with the URL."""
    part = transfer.part
    try:
        transfer.from_url(url)
    except AttemptError as error:
        return error
    if part.verified:
        return None
    # Where not all bytes came from this URL just now, the others may be the wrong ones.
    remedy = Remedy.NEXT if part.pure else Remedy.START_OVER
    wanted = transfer.source.sha256
    reason = f"wrong checksum {short(part.sha256)} instead of {short(wanted)}"
    part.drop()
    return WrongChecksumError(reason, remedy)


def _none_left(transfer: Transfer, failures: dict[str, AttemptError]) -> BootstrapError:
    reasons = "; ".join(f"{host_of(url)}: {error.reason}" for url, error in failures.items())
    mirror = "name another source with --mirror URL"
    hint = f"try again later, or {mirror}"
    if transfer.part.position:
        hint = f"run the same command again (it goes on where it stopped), or {mirror}"
    hint = next((error.hint for error in failures.values() if error.hint), hint)
    wrong = [isinstance(error, WrongChecksumError) for error in failures.values()]
    kind = ChecksumError if wrong and all(wrong) else DownloadError
    return kind(f"cannot download {transfer.source.name}: {reasons or 'no address is known'}", hint)


def _check_place(target: Path) -> None:
    """FileError if nothing can be put at `target`: found out before the first byte."""
    parent = target.parent
    try:
        taken, missing = target.is_dir(), not parent.is_dir()
    except OSError as error:
        raise FileError(
            f"cannot look into {parent}: {reason_of(error)}",
            f"make {parent} readable, and run the same command again",
        ) from error
    if taken:
        raise FileError(
            f"{target} is a directory, not a file",
            "move it away, and run the same command again",
        )
    if missing:
        raise FileError(
            f"no directory {parent}, where {target.name} should go",
            "create it, and run the same command again",
        )
