"""Everything that a person reads: progress, results and errors; plain lines where there is no
terminal, JSON for programs. Results go to standard output, all else to standard error."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bootstrap import actions
from bootstrap.engine import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress

    from bootstrap.actions import Action
    from bootstrap.errors import BootstrapError

_EVERY = 5.0  # seconds between two progress lines where there is no terminal
_MINOR = {"CreateDirectory", "Link"}  # told with --verbose only


class Console(Listener, Protocol):
    """Where a command speaks."""

    def result(self, text: str, data: Mapping[str, Any]) -> None:
        """What the command was asked for: the text for people, the data for programs."""

    def fail(self, error: BootstrapError) -> None:
        """What went wrong, and one step that helps."""


def open_console(*, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> Console:
    """The console that fits where the output goes."""
    if as_json:
        return JsonConsole()
    if quiet or not sys.stderr.isatty():
        return PlainConsole(quiet=quiet, verbose=verbose)
    return RichConsole(verbose=verbose)


def tidy(text: str) -> str:
    """A text with the home directory as `~`."""
    home = str(Path.home())
    return text.replace(home, "~") if home not in {"/", ""} else text


class PlainConsole:
    """Lines without control characters, few enough to be read aloud."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._told = self._began = 0.0
        self._first = 0

    def begin(self, action: Action) -> None:
        """Name what takes time before it starts."""
        self._told = self._began = time.monotonic()
        self._first = -1
        if type(action).__name__ in {"Download", "ProveServer"}:
            self._line(action.describe())

    def advance(self, done: int, total: int | None) -> None:
        """A line every few seconds."""
        now = time.monotonic()
        if self._first < 0:
            self._first = done
        if now - self._told >= _EVERY and not self._quiet:
            self._told = now
            speed = (done - self._first) / (now - self._began)
            self._line("  " + progress_words(done, total, speed))

    def say(self, text: str) -> None:
        """One line."""
        self._line(text)

    def end(self, action: Action) -> None:
        """What took no time is told when it is done."""
        kind = type(action).__name__
        if kind not in {"Download", "ProveServer"} and (self._verbose or kind not in _MINOR):
            self._line(f"done: {action.describe()}")

    def undone(self, action: Action, kept: str) -> None:
        """What was taken back, and what stays."""
        if kept:
            print(tidy(f"kept: {kept}"), file=sys.stderr)
        elif self._verbose or type(action).__name__ not in _MINOR:
            self._line(f"taken back: {action.describe()}")

    def result(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for programs
        """To standard output."""
        print(tidy(text))

    def fail(self, error: BootstrapError) -> None:
        """error: what; help: one step."""
        print(tidy(f"error: {error.message}"), file=sys.stderr)
        if error.hint:
            print(tidy(f"help: {error.hint}"), file=sys.stderr)

    def _line(self, text: str) -> None:
        if not self._quiet:
            print(tidy(text), file=sys.stderr)


class JsonConsole:
    """One object a line; the last one says how it ended."""

    def begin(self, action: Action) -> None:
        """The action as data."""
        self._told = 0.0
        self._event("begin", action=actions.to_json(action), description=action.describe())

    def advance(self, done: int, total: int | None) -> None:
        """At most one a second."""
        now = time.monotonic()
        if now - self._told >= 1:
            self._told = now
            self._event("progress", done=done, total=total)

    def say(self, text: str) -> None:
        """One line for people."""
        self._event("note", message=text)

    def end(self, action: Action) -> None:
        """It is done."""
        self._event("end", key=action.key)

    def undone(self, action: Action, kept: str) -> None:
        """It was taken back."""
        self._event("undone", key=action.key, kept=kept)

    def result(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for people
        """The data, as the last line."""
        self._event("done", **data)

    def fail(self, error: BootstrapError) -> None:
        """The error, as the last line."""
        self._event("error", message=error.message, hint=error.hint)

    def _event(self, name: str, **data: object) -> None:
        print(json.dumps({"event": name, **data}, ensure_ascii=False), flush=True)


class RichConsole(PlainConsole):
    """A terminal: bars for what takes time, a line for what is done."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        from rich.console import Console as Terminal

        self._terminal = Terminal(stderr=True, highlight=False)
        self._mark = "✓" if "utf" in self._terminal.encoding.lower() else "ok"
        self._progress: Progress | None = None

    def begin(self, action: Action) -> None:
        """A bar for a download, a spinner for waiting."""
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )  # fmt: skip

        kind = type(action).__name__
        if self._terminal.is_dumb_terminal:  # it cannot take back what it has shown
            return
        if kind == "Download":
            self._progress = Progress(
                TextColumn("  {task.description}"), BarColumn(bar_width=None), DownloadColumn(),
                TransferSpeedColumn(), TimeRemainingColumn(compact=True),
                console=self._terminal, transient=True, expand=True,
            )  # fmt: skip
            self._progress.add_task(action.what, total=action.about or None)  # type: ignore[attr-defined]
            self._progress.start()
        elif kind in {"ProveServer", "RunCommand"}:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                console=self._terminal,
                transient=True,
            )
            self._progress.add_task("loading the model" if kind == "ProveServer" else tidy(action.describe()))
            self._progress.start()

    def advance(self, done: int, total: int | None) -> None:
        """Rich draws at most ten times a second by itself."""
        if self._progress:
            self._progress.update(self._progress.task_ids[0], completed=done, total=total)

    def end(self, action: Action) -> None:
        """A mark and what was done."""
        self._stop()
        if self._verbose or type(action).__name__ not in _MINOR:
            self._terminal.print(f"[green]{self._mark}[/] ", end="")
            self._terminal.print(tidy(action.describe()), markup=False, overflow="fold")

    def fail(self, error: BootstrapError) -> None:
        """In colour, and in the same words."""
        self._stop()
        self._terminal.print("[bold red]error:[/] ", end="")
        self._terminal.print(tidy(error.message), markup=False)
        if error.hint:
            self._terminal.print("[bold]help:[/] ", end="")
            self._terminal.print(tidy(error.hint), markup=False)

    def _line(self, text: str) -> None:
        self._terminal.print(tidy(text), markup=False)

    def _stop(self) -> None:
        if self._progress:
            self._progress.stop()
            self._progress = None


def progress_words(done: int, total: int | None, speed: float) -> str:
    """Progress for people: "45 % of 2.5 GB, 12.3 MB/s, 2 min left"."""
    rate = f"{speed / 1e6:.1f} MB/s"
    if not total:
        return f"{done / 1e6:.0f} MB, {rate}"
    left = f", {_duration((total - done) / speed)} left" if speed > 0 else ""
    return f"{done * 100 // total} % of {total / 1e9:.1f} GB, {rate}{left}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
