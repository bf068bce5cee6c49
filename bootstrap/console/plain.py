"""Lines without control characters, few enough to be read aloud."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.actions import Action
    from bootstrap.errors import BootstrapError

EVERY = 5.0  # seconds between two progress lines
MINOR = {"AwaitPort", "CreateDirectory", "Link", "Sweep"}  # told with --verbose only
SLOW = {"Download", "CheckFile", "ProveServer"}  # told before they start, too
LONG = 60.0  # seconds: and a command that may take longer


def is_minor(action: Action) -> bool:
    """Nothing that a person needs to read: it is told with --verbose only."""
    return type(action).__name__ in MINOR or not getattr(action, "argv", True)


def tidy(text: str) -> str:
    """A text with the home directory as `~`."""
    home = str(Path.home())
    return text.replace(home, "~") if home not in {"/", ""} else text


class PlainConsole:
    """Standard error for what happens, standard output for results."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._told = self._began = 0.0
        self._first = 0

    def begin(self, action: Action) -> None:
        """Name what takes time before it starts."""
        self._told = self._began = time.monotonic()
        self._first = -1
        if type(action).__name__ in SLOW or getattr(action, "timeout", 0.0) > LONG:
            self._line(f"now: {action.describe()}")

    def advance(self, done: int, total: int | None) -> None:
        """A line every few seconds."""
        now = time.monotonic()
        if self._first < 0:
            self._first = done
        if now - self._told >= EVERY and not self._quiet:
            self._told = now
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
            print(tidy(f"kept: {kept}"), file=sys.stderr)
        elif self._verbose or not (is_minor(action) or type(action).__name__ == "ProveServer"):
            self._line(f"taken back: {action.describe()}")

    def stop(self) -> None:
        """Nothing moves here."""

    def part(self, event: str, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output, as the result."""
        print(tidy(text))

    def result(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output."""
        if text:
            print(tidy(text))

    def fail(self, error: BootstrapError) -> None:
        """error: what; help: one step."""
        print(tidy(f"error: {error.message}"), file=sys.stderr)
        if error.hint:
            print(tidy(f"help: {error.hint}"), file=sys.stderr)

    def _line(self, text: str) -> None:
        if not self._quiet:
            print(tidy(text), file=sys.stderr)


def progress_words(done: int, total: int | None, speed: float) -> str:
    """Progress for people: "45 % of 2.5 GB, 12.3 MB/s, 2 min left"."""
    rate = f"{speed / 1e6:.1f} MB/s"
    if not total:
        return f"{done / 1e6:.0f} MB, {rate}"
    left = f", {_duration((total - done) / speed)} left" if speed > 0 else ""
    return f"{done * 100 // total} % of {total / 1e9:.1f} GB, {rate}{left}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
