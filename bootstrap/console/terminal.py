"""A terminal: bars for what takes time, a line for what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console as Terminal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column

from bootstrap.console.folding import folded
from bootstrap.console.plain import PlainConsole, is_minor, tidy
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.errors import BootstrapError


class RichConsole(PlainConsole):
    """A terminal: bars for what takes time, a line for what is done."""

    def __init__(self, *, verbose: bool = False) -> None:
        super().__init__(verbose=verbose)
        self._terminal = Terminal(stderr=True, highlight=False)
        self._mark = "✓" if "utf" in self._terminal.encoding.lower() else "ok"
        self._progress: Progress | None = None

    def begin(self, action: Action) -> None:
        """A bar for a download, a spinner for waiting."""
        kind = type(action).__name__
        if is_minor(action):
            return
        if self._terminal.is_dumb_terminal:  # it cannot take back what it has shown
            return
        if kind in {"Download", "CheckFile"}:
            self._progress = Progress(
                TextColumn("  {task.description}"), BarColumn(bar_width=None), DownloadColumn(),
                TransferSpeedColumn(), TimeRemainingColumn(True, table_column=Column(min_width=5)),
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
            self._progress.add_task(
                tr("loading the model") if kind == "ProveServer" else tidy(action.report())
            )
            self._progress.start()

    def advance(self, done: int, total: int | None) -> None:
        """Rich draws at most ten times a second by itself."""
        if self._progress:
            self._progress.update(self._progress.task_ids[0], completed=done, total=total)

    def end(self, action: Action) -> None:
        """A mark and what was done."""
        self.stop()
        if self._verbose or not is_minor(action):
            self._front(f"{self._mark} ", "green", action.report())

    def fail(self, error: BootstrapError) -> None:
        """In colour, and in the same words."""
        self.stop()
        self._front("error: ", "bold red", error.message)
        if error.hint:
            self._front("help: ", "bold", error.hint)

    def _line(self, text: str) -> None:
        self._front("", "", text)

    def _front(self, front: str, style: str, text: str) -> None:
        """A text behind a word in colour, in lines that fit."""
        lines = folded(front + tidy(text), self._terminal.width)
        self._terminal.print(front, style=style, end="", markup=False)
        self._terminal.print(lines[len(front) :], markup=False, soft_wrap=True)

    def stop(self) -> None:
        """The bar goes, and the cursor comes back."""
        if self._progress:
            self._progress.stop()
            self._progress = None
