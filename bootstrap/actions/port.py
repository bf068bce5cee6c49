"""A port that its last server has just left, when the next one is of another kind."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.host import ports
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress

_LEFT = 70  # seconds: TIME_WAIT is 60 of Linux', and less elsewhere
_POLL = 0.2


@dataclass(frozen=True)
class AwaitPort:
    """The port is left by the server before, so that one can listen there that sets another option. It would
    not start, or, as llamafile does, take the next port.

    option: of sockets, which the coming one sets: SO_REUSEPORT or SO_REUSEADDR.
    """

    host: str
    port: int
    option: str

    @property
    def key(self) -> str:
        return "port"

    def describe(self) -> str:
        return tr("wait until the server before has left port {port}, for up to a minute", port=self.port)

    def report(self) -> str:
        return tr("waited for port {port}", port=self.port)

    def observe(self, memory: Memory) -> Memory | None:
        return None if self._is_kept() else memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        progress.say(self.describe())
        end = time.monotonic() + _LEFT
        while self._is_kept() and time.monotonic() < end:
            time.sleep(_POLL)
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""

    def _is_kept(self) -> bool:
        """By nobody who listens: whoever does is for others to judge. Windows keeps none from a successor."""
        if os.name == "nt":
            return False
        return not ports.is_shared(self.host, self.port, self.option) and ports.refuses(self.host, self.port)
