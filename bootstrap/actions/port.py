"""A port that its last server has just left, when the next one is of another kind."""

from __future__ import annotations

import errno
import os
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress

SHARING = "SO_REUSEPORT"  # llamafile and llama.cpp's server
REUSING = "SO_REUSEADDR"  # what docker and podman listen with
_LEFT = 70  # seconds: TIME_WAIT is 60 of Linux', and less elsewhere
_POLL = 0.2


@dataclass(frozen=True)
class AwaitPort:
    """For a minute after its end a server's connections keep the port (TIME_WAIT), and only for one that
    listens with the same option. Another one would not start, or, as llamafile does, take the next port.

    option: of the socket, by which the coming one listens.
    """

    host: str
    port: int
    option: str

    @property
    def key(self) -> str:
        return "port"

    def describe(self) -> str:
        return f"wait until the server before has left port {self.port}, for up to a minute"

    def report(self) -> str:
        return f"waited for port {self.port}"

    def observe(self, memory: Memory) -> Memory | None:
        return None if self._is_kept() else memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        progress.say(f"{self.describe()}")
        end = time.monotonic() + _LEFT
        while self._is_kept() and time.monotonic() < end:
            time.sleep(_POLL)
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""

    def _is_kept(self) -> bool:
        """By nobody who listens: whoever does is for others to judge."""
        if os.name == "nt":  # which keeps none from who comes next
            return False
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, getattr(socket, self.option, socket.SO_REUSEADDR), 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE and self._nobody_listens(family)
        return False

    def _nobody_listens(self, family: socket.AddressFamily) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        with socket.socket(family, socket.SOCK_STREAM) as caller:
            caller.settimeout(2)
            return caller.connect_ex((host, self.port)) == errno.ECONNREFUSED
