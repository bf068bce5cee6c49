"""Changes to files and directories."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class CreateDirectory:
    """A directory, and those above it that are missing."""

    path: Path
    mode: int = 0o755

    @property
    def key(self) -> str:
        return f"directory {self.path}"

    def describe(self) -> str:
        return f"create the directory {self.path}"

    def report(self) -> str:
        return f"created the directory {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        if self.path.exists() and not self.path.is_dir():
            raise FileError(
                f"{self.path} is in the way of a directory",
                "move it, then run the same command again",
            )
        return memory if self.path.is_dir() else None

    def remember(self, memory: Memory) -> Memory:
        made = [str(path) for path in files.missing(self.path)]
        return {"made": sorted({*memory.get("made", []), *made}, key=len)}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        with files.explained(self.path):
            self.path.mkdir(mode=self.mode, parents=True, exist_ok=True)
        return memory

    def revert(self, memory: Memory) -> str:
        for made in reversed(memory.get("made", [])):
            if not files.remove_empty(Path(made)):
                # above our own directories others have moved in: theirs by now, nothing to report
                return f"{made} is not empty" if Path(made) == self.path else ""
        return ""


@dataclass(frozen=True)
class Sweep:
    """On undoing, removes what programs of ours leave in a directory: patterns as in Path.glob. Nothing
    else of the directory is touched, whoever made it."""

    path: Path
    patterns: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"sweep {self.path}"

    def describe(self) -> str:
        return f"on uninstall only: remove {', '.join(self.patterns)} from {self.path}"

    def report(self) -> str:
        return f"will tidy up {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        return memory if memory.get("patterns") == list(self.patterns) else None

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, _memory: Memory, _progress: Progress) -> Memory:
        return {"patterns": list(self.patterns)}

    def revert(self, _memory: Memory) -> str:
        for pattern in self.patterns:
            for path in list(self.path.glob(pattern)):
                files.remove(path)
        return ""


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
        return f"write {self.path}"

    def report(self) -> str:
        return f"wrote {self.path}"

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
            adopted = self._is_ours(now)
            now = None if adopted else now
            memory = {
                "adopted": adopted,
                "previous": None if now is None else base64.b64encode(now).decode(),
                "mode": files.mode_of(self.path),
                "ours": [],
            }
        elif self.merged and self._is_edited(now, memory):
            memory = memory | {"edited": True}
        mine = _sha256(self._data)
        return memory if mine in memory["ours"] else memory | {"ours": [*memory["ours"], mine]}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        if self.path.is_dir():
            raise FileError(f"{self.path} is a directory", "move it, then run the same command again")
        now = files.read(self.path)
        if now is not None and not self.merged and self._is_edited(now, memory) and not memory.get("adopted"):
            kept = self.path.with_name(self.path.name + ".edited")
            files.write(kept, now, files.mode_of(self.path) or self.mode)
            progress.say(f"you had edited {self.path}: your version is now {kept.name}")
        files.write(self.path, self._data, self.mode)
        return memory | {"adopted": False}

    def revert(self, memory: Memory) -> str:
        files.remove_unfinished(self.path)
        now = files.read(self.path)
        previous = _previous(memory)
        if now is None or now == previous:
            return ""
        if memory.get("edited") or _sha256(now) not in memory["ours"]:
            return f"{self.path} was edited since, so it stays"
        if previous is None:
            # a link was there before us, and leads nowhere again
            files.remove(self.path.resolve() if self.path.is_symlink() else self.path)
        else:
            files.write(self.path, previous, memory["mode"] or 0o644)
        return ""

    def _is_ours(self, data: bytes | None) -> bool:
        return bool(self.ours) and data is not None and self.ours.encode() in data

    def _is_edited(self, now: bytes | None, memory: Memory) -> bool:
        return now is not None and _sha256(now) not in memory["ours"] and now != _previous(memory)


@dataclass(frozen=True)
class Link:
    """A symbolic link of ours. Never planned where something else is."""

    path: Path
    target: Path

    @property
    def key(self) -> str:
        return f"link {self.path}"

    def describe(self) -> str:
        return f"link {self.path} to {self.target}"

    def report(self) -> str:
        return f"linked {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        return memory if self._is(str(self.target)) else None

    def remember(self, memory: Memory) -> Memory:
        return {"ours": sorted({*memory.get("ours", []), str(self.target)})}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        new = self.path.with_name(self.path.name + files.NEW)
        if os.path.lexists(self.path) and not any(self._is(target) for target in memory["ours"]):
            raise FileError(f"{self.path} is not ours", "move it, then run the same command again")
        with files.explained(self.path):
            files.remove(new)
            new.symlink_to(self.target)
            new.replace(self.path)
        return memory

    def revert(self, memory: Memory) -> str:
        files.remove(self.path.with_name(self.path.name + files.NEW))
        if any(self._is(target) for target in memory["ours"]):
            files.remove(self.path)
        elif os.path.lexists(self.path):
            return f"{self.path} leads elsewhere by now, so it stays"
        return ""

    def _is(self, target: str) -> bool:
        return self.path.is_symlink() and str(self.path.readlink()) == target


@dataclass(frozen=True)
class MoveAside:
    """The user's own file, moved to make room for ours, and back again on undoing.

    `ours`: a text that only a file of ours holds.
    """

    path: Path
    to: Path
    ours: str

    @property
    def key(self) -> str:
        return f"aside {self.path}"

    def describe(self) -> str:
        return f"keep the present {self.path} as {self.to.name}"

    def report(self) -> str:
        return f"kept the present {self.path} as {self.to.name}"

    def observe(self, memory: Memory) -> Memory | None:
        if os.path.lexists(self.to) and not memory:
            return None  # moved by us, for an installation that is forgotten
        return memory if self._made_room() else None

    def remember(self, memory: Memory) -> Memory:
        return memory | {"moved": True}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if self._made_room():
            return memory
        if os.path.lexists(self.to):
            raise FileError(f"{self.to} is in the way", "move it, then run the same command again")
        with files.explained(self.path):
            self.path.rename(self.to)
            files.sync_directory(self.path.parent)
        return memory

    def _made_room(self) -> bool:
        now = files.read(self.path)
        return self.ours.encode() in now if now is not None else not os.path.lexists(self.path)

    def revert(self, _memory: Memory) -> str:
        if not os.path.lexists(self.to):
            return ""
        if os.path.lexists(self.path):
            return f"{self.path} is taken, so your earlier file stays at {self.to}"
        with files.explained(self.to):
            self.to.rename(self.path)
        return ""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _previous(memory: Memory) -> bytes | None:
    return None if memory.get("previous") is None else base64.b64decode(memory["previous"])
