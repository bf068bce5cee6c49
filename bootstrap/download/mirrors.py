"""The whole way: what is there already, every URL in turn, the checksum, the finished file."""

from __future__ import annotations

from collections import deque
from threading import Event
from typing import TYPE_CHECKING

from bootstrap.download.attempt import AttemptError, Remedy, WrongChecksumError
from bootstrap.download.disk import check_place
from bootstrap.download.part import Part
from bootstrap.download.ranges import Ranges
from bootstrap.download.source import (
    Note,
    Pace,
    Patience,
    Report,
    Source,
    host_of,
    never_backwards,
    once,
    silent_note,
    silent_report,
    without_login,
)
from bootstrap.download.verify import short
from bootstrap.errors import BootstrapError, ChecksumError, DownloadError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.download.transfer import Transfer

PATIENCE = Patience()
PACE = Pace()


def download(
    source: Source,
    target: Path,
    *,
    report: Report = silent_report,
    note: Note = silent_note,
    patience: Patience = PATIENCE,
    pace: Pace = PACE,
) -> None:
    """Bytes from the network to a verified file at `target`, which appears whole or not at all.

    What an earlier call left is used, however it ended.
    DownloadError: no URL has the file, or the disk is full; the part file stays.
    ChecksumError: every URL has another file; the part file is gone.
    FileError: the target cannot be written. LockedError: somebody else works on the same target.
    """
    check_place(target)
    progress, note = never_backwards(report), once(note)
    wake = Event()
    with Part(source, target, wake.set) as part:
        part.load()
        if not _already(part, progress, wake):
            # Here, because httpx takes its time to import, and a whole part file needs no network.
            from bootstrap.download.connection import Network
            from bootstrap.download.transfer import Transfer

            with Network(patience) as network:
                transfer = Transfer(network, source, part, pace, progress, note, wake)
                _Mirrors(source, part, transfer, note).fetch()
        progress(part.there, part.total)
        part.place()


def _already(part: Part, report: Report, wake: Event) -> bool:
    """Whether an earlier run left the whole file, verified."""
    while not part.missing and part.sha256 is None and part.total is not None and not part.damage():
        report(part.there, part.total)
        wake.wait(0.1)
        wake.clear()
    return part.verified


class _Mirrors:
    """The URLs of a source, each tried until the part file is verified."""

    def __init__(self, source: Source, part: Part, transfer: Transfer, note: Note) -> None:
        self._source = source
        self._part = part
        self._transfer = transfer
        self._note = note
        urls = list(dict.fromkeys(source.urls))
        # A first round for those that answer at once, a second one with patience.
        self._queue = deque((url, len(urls) == 1) for url in urls)
        self._repeated = False

    def fetch(self) -> None:
        """DownloadError, ChecksumError, FileError."""
        failures: dict[str, AttemptError] = {}
        while self._queue:
            url, patient = self._queue.popleft()
            error = self._try(url, patient)
            if error is None:
                return
            failures[url] = error
            if error.remedy is Remedy.AGAIN and not patient:
                self._queue.append((url, True))
            if self._queue:
                line = f"{self._source.name}: {host_of(url)}: {error.reason}"
                following = self._queue[0][0]
                again = following == url
                then = tr("trying again") if again else tr("going on with {host}", host=host_of(following))
                self._note(f"{line}, {then}")
        raise self._none_left(failures)

    def _try(self, url: str, patient: bool) -> AttemptError | None:
        """None if the part file is verified; else what is wrong with the URL."""
        part = self._part
        try:
            self._transfer.from_url(url, patient=patient)
            while not part.verified:
                # Read before they are in doubt.
                wrong = part.sha256 or ""
                if not (suspects := self._suspects(url)):
                    return self._wrong(wrong)
                self._note(
                    tr(
                        "{name}: {url}: wrong checksum, fetching again what is in doubt",
                        name=self._source.name,
                        url=host_of(url),
                    )
                )
                part.doubt(suspects)
                self._transfer.from_url(url)
        except AttemptError as error:
            return error
        return None

    def _suspects(self, url: str) -> Ranges:
        """What `url` should be asked for again."""
        without = without_login(url)
        if suspects := self._part.suspects(without):
            return suspects
        # All is from this URL. TLS would have noticed a byte that was changed on the way.
        if self._queue or self._repeated or url.startswith("https:"):
            return Ranges()
        self._repeated = True
        return self._part.everything()

    def _wrong(self, sha256: str) -> AttemptError:
        reason = tr(
            "wrong checksum {sha256} instead of {wanted}",
            sha256=short(sha256),
            wanted=short(self._source.sha256),
        )
        return WrongChecksumError(reason, Remedy.NEXT)

    def _none_left(self, failures: dict[str, AttemptError]) -> BootstrapError:
        reasons = "; ".join(f"{host_of(url)}: {error.reason}" for url, error in failures.items())
        mirror = tr("name another source with --mirror URL")
        wrong = [isinstance(error, WrongChecksumError) for error in failures.values()]
        kind: type[DownloadError] = ChecksumError if wrong and all(wrong) else DownloadError
        if kind is ChecksumError and self._part.sha256 is not None:
            self._part.drop()
        hint = tr("try again later, or {mirror}", mirror=mirror)
        if self._part.there:
            hint = tr("run the same command again (it goes on where it stopped), or {mirror}", mirror=mirror)
        hint = next((error.hint for error in failures.values() if error.hint), hint)
        name = self._source.name
        return kind(
            tr("cannot download {name}: {reasons}", name=name, reasons=reasons or tr("no address is known")),
            hint,
        )
