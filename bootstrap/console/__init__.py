"""Everything that a person reads: progress, results and errors; plain lines where there is no
terminal, JSON for programs. Results go to standard output, all else to standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from bootstrap.console.lines import JsonConsole
from bootstrap.console.memory import RememberingConsole
from bootstrap.console.plain import PlainConsole, tidy
from bootstrap.engine import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.errors import BootstrapError

__all__ = ["Console", "RememberingConsole", "open_console", "tidy"]


class Console(Listener, Protocol):
    """Where a command speaks."""

    def part(self, event: str, text: str, data: Mapping[str, Any]) -> None:
        """One of several things that the command was asked for, before the result."""

    def result(self, text: str, data: Mapping[str, Any]) -> None:
        """What the command was asked for: the text for people, the data for programs."""

    def verbatim(self, text: str, data: Mapping[str, Any]) -> None:
        """The same of a text that is to be copied: no line of it is broken."""

    def fail(self, error: BootstrapError) -> None:
        """What went wrong, and one step that helps."""


def open_console(*, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> Console:
    """The console that fits where the output goes."""
    if as_json:
        return JsonConsole()
    if quiet or not sys.stderr.isatty():
        return PlainConsole(quiet=quiet, verbose=verbose)
    from bootstrap.console.terminal import RichConsole  # rich takes a while to load

    return RichConsole(verbose=verbose)
