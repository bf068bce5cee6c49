"""A console that remembers what was said, for the log of a run that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from bootstrap.actions import Action
    from bootstrap.console import Console
    from bootstrap.errors import BootstrapError


class RememberingConsole:
    """Passes everything on, and keeps the lines in `said`."""

    def __init__(self, console: Console, said: deque[str]) -> None:
        self._console = console
        self._said = said

    def begin(self, action: Action) -> None:
        """What was begun is the last thing to be seen of what fails."""
        self._said.append(f"now: {action.describe()}")
        self._console.begin(action)

    def advance(self, done: int, total: int | None) -> None:
        """Not worth remembering."""
        self._console.advance(done, total)

    def say(self, text: str) -> None:
        """One line."""
        self._said.append(text)
        self._console.say(text)

    def end(self, action: Action) -> None:
        """It is done."""
        self._said.append(f"done: {action.report()}")
        self._console.end(action)

    def undone(self, action: Action, kept: str) -> None:
        """It was taken back, or not."""
        self._said.append(f"kept: {kept}" if kept else tr("taken back: {action}", action=action.describe()))
        self._console.undone(action, kept)

    def stop(self) -> None:
        """Nothing moves any more."""
        self._console.stop()

    def part(self, event: str, text: str, data: Mapping[str, Any]) -> None:
        """One of several things."""
        self._said.append(text)
        self._console.part(event, text, data)

    def result(self, text: str, data: Mapping[str, Any]) -> None:
        """What the command was asked for."""
        self._said.append(text)
        self._console.result(text, data)

    def verbatim(self, text: str, data: Mapping[str, Any]) -> None:
        """What is to be copied is not for a log."""
        self._console.verbatim(text, data)

    def fail(self, error: BootstrapError) -> None:
        """It is in the log by itself."""
        self._console.fail(error)
