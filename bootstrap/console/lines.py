"""One JSON object a line, for programs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from bootstrap import actions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.actions import Action
    from bootstrap.errors import BootstrapError


class JsonConsole:
    """One object a line; the last one says how it ended."""

    def begin(self, action: Action) -> None:
        """The action as data."""
        self._told, self._key = 0.0, action.key
        self._event("begin", key=action.key, action=actions.to_json(action), description=action.describe())

    def advance(self, done: int, total: int | None) -> None:
        """At most one a second."""
        now = time.monotonic()
        if now - self._told >= 1:
            self._told = now
            self._event("progress", key=self._key, done=done, total=total)

    def say(self, text: str) -> None:
        """One line for people."""
        self._event("note", message=text)

    def end(self, action: Action) -> None:
        """It is done."""
        self._event("end", key=action.key)

    def undone(self, action: Action, kept: str) -> None:
        """It was taken back."""
        self._event("undone", key=action.key, kept=kept)

    def stop(self) -> None:
        """Nothing moves here."""

    def part(self, event: str, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for people
        """The data, under its own event."""
        self._event(event, **data)

    def result(self, text: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002  # for people
        """The data, as the last line."""
        self._event("done", **data)

    verbatim = result

    def fail(self, error: BootstrapError) -> None:
        """The error, as the last line."""
        self._event("error", message=error.message, hint=error.hint)

    def _event(self, name: str, /, **data: object) -> None:
        print(json.dumps({"event": name, **data}), flush=True)
