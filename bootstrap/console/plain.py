"""Lines without control characters, few enough to be read aloud."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bootstrap.console.folding import folded
from bootstrap.messages import tr
from bootstrap.redaction import NOT_LONGER, harmless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.actions import Action
    from bootstrap.errors import BootstrapError

# seconds between two progress lines: at each tenth of the whole, and where that takes long
EVERY, AT_LEAST = 5.0, 30.0
MINOR = {"AwaitPort", "CreateDirectory", "Link", "Sweep"}  # told with --verbose only
SLOW = {"Download", "CheckFile", "ProveServer"}  # told before they start, too
LONG = 60.0  # seconds: and a command that may take longer


def is_minor(action: Action) -> bool:
    """Nothing that a person needs to read: it is told with --verbose only."""
    return type(action).__name__ in MINOR or not getattr(action, "argv", True)


def tidy(text: str) -> str:
    """A text with the home directory as `~`, and without what would steer a terminal."""
    home, text = str(Path.home()), harmless(text)
    if home in {"/", ""}:
        return text
    # as it is only: in quotes it would be no home for a shell that somebody pastes it into
    return re.sub(re.escape(home) + NOT_LONGER, "~", text)


def put(text: str, stream: TextIO | None) -> None:
    """Write it as it fits there."""
    width = _width(stream)
    print(folded(tidy(text), width) if width else tidy(text), file=stream)


def _width(stream: TextIO | None) -> int:
    """Columns of a terminal, 0 where it is none: a closed output is nothing at all."""
    if not (stream and stream.isatty()):
        return 0
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return 0


class PlainConsole:
    """Standard error for what happens, standard output for results."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._told = self._began = 0.0
        self._first = self._tenth = 0

    def begin(self, action: Action) -> None:
        """Name what takes time before it starts."""
        self._told = self._began = time.monotonic()
        self._first = self._tenth = -1
        if type(action).__name__ in SLOW or getattr(action, "timeout", 0.0) > LONG:
            self._line(f"now: {action.describe()}")

    def advance(self, done: int, total: int | None) -> None:
        """A line at every tenth, but few enough to be read aloud."""
        now = time.monotonic()
        if self._first < 0:
            self._first = done
        tenth = done * 10 // total if total else self._tenth
        if now - self._told >= (AT_LEAST if tenth == self._tenth else EVERY):
            self._told, self._tenth = now, tenth
            speed = (done - self._first) / (now - self._began)
            self._line("  " + progress_words(done, total, speed))

    def say(self, text: str) -> None:
        """One line."""
        self._line(text)

    def end(self, action: Action) -> None:
        """What took no time is told when it is done."""
        if self._verbose or not is_minor(action):
            self._line(f"done: {action.report()}")

    def undone(self, action: Action, kept: str) -> None:
        """What was taken back, and what stays."""
        if kept:
            put(f"kept: {kept}", sys.stderr)
        elif self._verbose or not (is_minor(action) or type(action).__name__ == "ProveServer"):
            self._line(tr("taken back: {action}", action=action.describe()))

    def stop(self) -> None:
        """Nothing moves here."""

    def part(self, event: str, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output, as the result."""
        put(text, sys.stdout)

    def result(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output."""
        if text:
            put(text, sys.stdout)

    def verbatim(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output, as it is."""
        print(text)

    def fail(self, error: BootstrapError) -> None:
        """error: what; help: one step."""
        put(f"error: {error.message}", sys.stderr)
        if error.hint:
            put(f"help: {error.hint}", sys.stderr)

    def _line(self, text: str) -> None:
        if not self._quiet:
            put(text, sys.stderr)


def progress_words(done: int, total: int | None, speed: float) -> str:
    """Progress for people: "45 % of 2.5 GB, 12.3 MB/s, 2 min left"."""
    rate = f"{speed / 1e6:.1f} MB/s"
    if not total:
        return tr("{done:.0f} MB, {rate}", done=done / 1e6, rate=rate)
    left = tr(", {duration} left", duration=_duration((total - done) / speed)) if speed > 0 else ""
    return tr(
        "{done} % of {total:.1f} GB, {rate}{left}",
        done=done * 100 // total,
        total=total / 1e9,
        rate=rate,
        left=left,
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
