"""Directories, links, and files that are swept; small files with a text are in `textfile`."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.errors import FileError
from bootstrap.messages import tr

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
        return tr("create the directory {path}", path=self.path)

    def report(self) -> str:
        return tr("created the directory {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        if self.path.exists() and not self.path.is_dir():
            raise FileError(
                "{path} is in the way of a directory",
                "move it, then run the same command again",
                path=self.path,
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
                return tr("{made} is not empty", made=made) if Path(made) == self.path else ""
        return ""


@dataclass(frozen=True)
class Sweep:
    """On undoing, removes what programs of ours leave in a directory: patterns as in Path.glob. Nothing
    else of the directory is touched, whoever made it. sha256: only files with this checksum."""

    path: Path
    patterns: tuple[str, ...]
    sha256: str = ""

    @property
    def key(self) -> str:
        return f"sweep {self.path}"

    def describe(self) -> str:
        return tr(
            "on uninstall only: remove {patterns} from {path}",
            patterns=", ".join(self.patterns),
            path=self.path,
        )

    def report(self) -> str:
        return tr("will tidy up {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        return memory if memory.get("patterns") == list(self.patterns) else None

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, _memory: Memory, _progress: Progress) -> Memory:
        return {"patterns": list(self.patterns)}

    def revert(self, _memory: Memory) -> str:
        for pattern in self.patterns:
            for path in list(self.path.glob(pattern)):
                if path.is_dir() and not path.is_symlink():
                    files.remove_tree(path)
                elif not self.sha256 or _sha256(path) == self.sha256:
                    files.remove(path)
        return ""


@dataclass(frozen=True)
class Link:
    """A symbolic link of ours. Never planned where something else is."""

    path: Path
    target: Path

    @property
    def key(self) -> str:
        return f"link {self.path}"

    def describe(self) -> str:
        return tr("link {path} to {target}", path=self.path, target=self.target)

    def report(self) -> str:
        return tr("linked {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        return memory if self._is(str(self.target)) else None

    def remember(self, memory: Memory) -> Memory:
        return {"ours": sorted({*memory.get("ours", []), str(self.target)})}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        new = self.path.with_name(self.path.name + files.NEW)
        if os.path.lexists(self.path) and not any(self._is(target) for target in memory["ours"]):
            raise FileError("{path} is not ours", "move it, then run the same command again", path=self.path)
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
            return tr("{path} leads elsewhere by now, so it stays", path=self.path)
        return ""

    def _is(self, target: str) -> bool:
        return self.path.is_symlink() and str(self.path.readlink()) == target


def _sha256(path: Path) -> str:
    return hashlib.sha256(files.read(path) or b"").hexdigest() if path.is_file() else ""
