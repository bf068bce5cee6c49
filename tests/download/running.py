"""A download in a test: what it said while it ran, what it left, and what must be so after every one."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import bootstrap
from bootstrap.download import Pace, Patience, Source, already, download, journal_path, part_path
from bootstrap.errors import BootstrapError, DownloadError
from tests.faults import Fault, Rule, bulk, ends_at

KIB = 1024
MIB = 1024 * KIB
BODY = random.Random(1).randbytes(200 * KIB)
SIZE = len(BODY)
HALF = SIZE // 2
SHA = hashlib.sha256(BODY).hexdigest()
# As large as parts are in tests that need many of them: with this, BODY has 12 and a half.
PART = 16 * KIB
HASTY = Patience(connect=5, stall=5, attempts=3, pause=0.01, longest_pause=0.02, longest_retry_after=0.2)
# Only where a stall is what is tested: a busy machine may well stall for half a second itself.
IMPATIENT = replace(HASTY, stall=0.5)
ALONE = Pace(connections=1)
# So slow that several connections are of use: a part takes a thirtieth of a second.
SLOW = Fault(rate=500 * KIB)
# In every address that could leak, and never in what a person reads.
SECRET = "s3cret"


@dataclass
class Outcome:
    """What a download said while it ran, and what it raised."""

    error: BootstrapError | None = None
    reports: list[tuple[int, int | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        error = f"{self.error.message}\n{self.error.hint}\n" if self.error else ""
        return error + "\n".join(self.notes)


@contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """A block that takes longer than this hangs, and fails the test instead."""
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def bark(_number, _frame):
        pytest.fail(f"no end within {seconds} s")

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(target, *urls, size=SIZE, sha256=SHA, patience=HASTY, pace=None, limit=20):
    """One download within `limit` seconds, and what must be so after every one of them."""
    outcome = Outcome()
    before = target.read_bytes() if target.is_file() else None
    try:
        with watchdog(limit):
            download(
                Source("tiny model", urls, sha256, size),
                target,
                report=lambda done, total: outcome.reports.append((done, total)),
                note=outcome.notes.append,
                patience=patience,
                pace=pace or Pace(),
            )
    except BootstrapError as error:
        outcome.error = error
        assert error.hint and error.message
        if not target.is_dir():
            assert (target.read_bytes() if target.is_file() else None) == before
    else:
        assert hashlib.sha256(target.read_bytes()).hexdigest() == sha256
        assert {path.name for path in target.parent.iterdir()} == {target.name}
        if size is not None:  # else another mirror may have promised more
            assert outcome.reports[-1:] in ([], [(size, size)])
    counts = [done for done, _ in outcome.reports]
    assert counts == sorted(counts), "progress runs backwards"
    assert all(total is None or done <= total for done, total in outcome.reports)
    assert len(set(outcome.notes)) == len(outcome.notes), f"said more than once: {outcome.notes}"
    assert SECRET not in outcome.said
    if threading.current_thread() is threading.main_thread():
        assert not [thread for thread in threading.enumerate() if _is_ours(thread)], "threads left behind"
    return outcome


def _is_ours(thread: threading.Thread) -> bool:
    work = getattr(thread, "_target", None)
    modules = (getattr(work, "__module__", None), type(thread).__module__)
    return any((module or "").startswith("bootstrap.") for module in modules)


def finished(target, *urls, body=BODY, **options):
    """A download that has to end well."""
    sizes = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    outcome = run(target, *urls, **sizes | options)
    assert outcome.error is None, outcome.said
    assert target.read_bytes() == body
    return outcome


def refused(target, *urls, because, **options):
    """A download that has to end with an error that says `because`."""
    outcome = run(target, *urls, **options)
    assert isinstance(outcome.error, DownloadError)
    assert because in outcome.error.message, outcome.said
    assert "tiny model" in outcome.error.message
    return outcome


def nothing_left(target):
    return list(target.parent.iterdir()) == []


def half_done(server, target, at=HALF, fault=None, size=SIZE):
    """A first run that got as far as `at` and then gave up: the bytes before it, no others."""
    fault = fault or Fault()
    gone = Rule(lambda request: bulk(request) and request.start >= at, Fault(status=404))
    server.play(rules=[ends_at(at, fault=fault), gone], then=fault)
    refused(target, server.url, because="answered 404", pace=ALONE, size=size)
    assert already(target) == at
    assert part_path(target).read_bytes()[:at] == (fault.body or BODY)[:at]
    server.rest()
    server.play()


def stopped(server, target, after):
    """A run with many connections that the user ends when `after` bytes are there. Returns what is kept."""

    def watch(done, _total):
        if done >= after:
            raise KeyboardInterrupt

    server.play(then=SLOW)
    with pytest.raises(KeyboardInterrupt):
        download(Source("tiny model", (server.url,), SHA, SIZE), target, report=watch)
    kept = already(target, SHA)
    assert kept >= after
    server.rest()
    server.play()
    return kept


def child(script, *arguments, prefix=()):
    """The command and the environment of a process that downloads."""
    environment = os.environ | {"PYTHONPATH": str(Path(bootstrap.__file__).parents[1])}
    return [*prefix, sys.executable, "-c", script, *map(str, arguments)], environment


def output_of(script, *arguments, prefix=()):
    """What such a process printed: one JSON value a line."""
    command, environment = child(script, *arguments, prefix=prefix)
    found = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr.decode()
    return [json.loads(line) for line in found.stdout.splitlines()]


def size_of(path):
    """Bytes of a file, 0 if there is none."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def written(target):
    """What the journal of `target` says, whatever its form."""
    with suppress(FileNotFoundError):
        return journal_path(target).read_text(errors="replace")
    return ""
