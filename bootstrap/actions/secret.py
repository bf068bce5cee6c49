"""The key of the server: a file whose content no receipt, plan or log ever holds."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.errors import FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress

_MODE = 0o600
KEY_MARK = "cp-"  # with which the keys begin that we make


def fingerprint(data: bytes) -> str:
    """By which a file with a key is known; of a key that is long and random it tells nothing."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class KeepKey:
    """A file with one key, for this user's eyes only. fingerprint: of the file; secret: the key, where this
    run makes it."""

    path: Path
    fingerprint: str
    secret: str = field(default="", repr=False, compare=False, metadata={"unspoken": True})

    @property
    def key(self) -> str:
        return f"key {self.path}"

    def describe(self) -> str:
        return (
            tr("make a key for the server: {path}", path=self.path)
            if self.secret
            else tr("keep the key in {path}", path=self.path)
        )

    def report(self) -> str:
        return (
            tr("made a key for the server: {path}", path=self.path)
            if self.secret
            else tr("kept the key in {path}", path=self.path)
        )

    def observe(self, memory: Memory) -> Memory | None:
        now = files.read(self.path)
        if now is None or fingerprint(now) != self.fingerprint:
            return None
        return memory if os.name == "nt" or files.mode_of(self.path) == _MODE else None

    def remember(self, memory: Memory) -> Memory:
        """ours: fingerprints of all that we made; mode: of one that was there before us, and is not ours."""
        ours, mode = memory.get("ours", []), memory.get("mode", files.mode_of(self.path))
        return {"ours": [*ours, self.fingerprint] if self.secret else ours, "mode": mode}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if self.path.is_dir():
            raise FileError(
                "{path} is a directory", "move it, then run the same command again", path=self.path
            )
        if self.secret:
            files.write(self.path, f"{self.secret}\n".encode("ascii"), _MODE)
        else:
            with files.explained(self.path):
                self.path.chmod(_MODE)
        return memory

    def revert(self, memory: Memory) -> str:
        files.remove_unfinished(self.path)
        now = files.read(self.path)
        if now is not None and fingerprint(now) in memory["ours"]:
            files.remove(self.path)
            return ""
        if now is not None and memory.get("mode"):
            with files.explained(self.path):
                self.path.chmod(memory["mode"])
            return ""
        return "" if now is None else tr("{path} holds a key that is not ours, so it stays", path=self.path)
