"""A small file with a text of ours, among the user's own."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.errors import FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class WriteFile:
    """A small file with exactly this text. A file that was there before comes back on undoing.

    merged: what the user has written into it is part of the text; elsewhere their edits are kept in
    a file beside it. ours: a text that only a file of ours holds, so that one that is found is adopted.
    """

    path: Path
    text: str
    mode: int = 0o644
    encoding: str = "utf-8"
    merged: bool = False
    ours: str = ""

    @property
    def key(self) -> str:
        return f"file {self.path}"

    @property
    def _data(self) -> bytes:
        return self.text.encode(self.encoding)

    def describe(self) -> str:
        return tr("write {path}", path=self.path)

    def report(self) -> str:
        return tr("wrote {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        if files.read(self.path) != self._data or (self.ours and not memory):
            return None
        if os.name != "nt" and files.mode_of(self.path) != self.mode:
            return None
        return self.remember(memory) if memory else memory

    def remember(self, memory: Memory) -> Memory:
        """previous: what was there before us, base64; ours: sha256 of all that we wrote; edited: the
        user has changed it in between, so their words are in it."""
        now = files.read(self.path)
        if not memory:
            adopted = now is not None and self._is_ours(now)
            memory = {
                "previous": None if now is None or adopted else base64.b64encode(now).decode(),
                "mode": files.mode_of(self.path),
                "ours": [_sha256(now)] if now is not None and adopted else [],
            }
        elif self.merged and self._is_edited(now, memory):
            memory = memory | {"edited": True}
        mine = _sha256(self._data)
        return memory if mine in memory["ours"] else memory | {"ours": [*memory["ours"], mine]}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        if self.path.is_dir():
            raise FileError(
                "{path} is a directory", "move it, then run the same command again", path=self.path
            )
        now = files.read(self.path)
        if now is not None and not self.merged and self._is_edited(now, memory):
            kept = self.path.with_name(self.path.name + ".edited")
            files.write(kept, now, files.mode_of(self.path) or self.mode)
            progress.say(
                tr("you had edited {path}: your version is now {name}", path=self.path, name=kept.name)
            )
        files.write(self.path, self._data, self.mode)
        return memory

    def revert(self, memory: Memory) -> str:
        files.remove_unfinished(self.path)
        now = files.read(self.path)
        previous = _previous(memory)
        if now is None or now == previous:
            return ""
        if self.ours and not self._is_ours(now):
            return ""  # another program has put its own in our place
        if memory.get("edited") or _sha256(now) not in memory["ours"]:
            return tr("{path} was edited since, so it stays", path=self.path)
        if previous is None:
            # a link was there before us, and leads nowhere again
            files.remove(self.path.resolve() if self.path.is_symlink() else self.path)
        else:
            files.write(self.path, previous, memory["mode"] or 0o644)
        return ""

    def _is_ours(self, data: bytes) -> bool:
        return bool(self.ours) and self.ours.encode() in data

    def _is_edited(self, now: bytes | None, memory: Memory) -> bool:
        return now is not None and _sha256(now) not in memory["ours"] and now != _previous(memory)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _previous(memory: Memory) -> bytes | None:
    return None if memory.get("previous") is None else base64.b64decode(memory["previous"])
