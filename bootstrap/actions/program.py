"""This very program, put where it stays."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import carried, files, system
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class InstallProgram:
    """This program, in a directory of its own, from where it starts at once.

    build: what it is, see `carried.build`; launcher: the words that start it there, which is tried before
    anything relies on it. The memory: the build, the names of its files, and how they looked.
    """

    path: Path
    build: str
    launcher: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"program {self.path}"

    def describe(self) -> str:
        return f"install bootstrap itself in {self.path}"

    def report(self) -> str:
        return f"installed bootstrap itself in {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        is_so = memory.get("build") == self.build and memory["look"] == self._look(memory["files"])
        return memory if is_so else None

    def remember(self, memory: Memory) -> Memory:
        return {"files": sorted({*memory.get("files", []), *carried.parts()})}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if carried.home() == self.path:
            raise FileError(
                f"{self.path} is damaged, and it holds the bootstrap that you call",
                "run the one that you have downloaded",
            )
        parts = carried.parts()
        self._remove(set(memory["files"]) - parts.keys())
        for name, read in parts.items():
            target, data = self.path / name, read()
            mode = 0o644 if "/" in name else 0o755
            with files.explained(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            if files.read(target) != data:
                _make_way(target)
                files.write(target, data, mode)
            with files.explained(target):
                target.chmod(mode)
        system.must([*self.launcher, "--version"])
        return {"build": self.build, "files": sorted(parts), "look": self._look(parts)}

    def revert(self, memory: Memory) -> str:
        self._remove(memory["files"])
        return ""

    def _remove(self, names: Collection[str]) -> None:
        """These files, and the directories in which nothing else is."""
        for name in names:
            _remove(self.path / name)
            _remove(_earlier(self.path / name))
            files.remove_unfinished(self.path / name)
        directories = {self.path / parent for name in names for parent in Path(name).parents}
        for directory in sorted(directories - {self.path}, reverse=True):  # inner ones first
            files.remove_tree(directory / "__pycache__")  # what Python has left
            files.remove_empty(directory)

    def _look(self, names: Iterable[str]) -> str:
        """Sizes and times of all its files: to read them takes longer than all the rest of a run."""
        sight = hashlib.sha256()
        for name in sorted(names):
            try:
                status = (self.path / name).stat()
            except OSError:
                return ""
            sight.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return sight.hexdigest()


def _make_way(path: Path) -> None:
    """Windows lets nobody write to a program that runs, nor remove it, but move it."""
    if os.name == "nt" and path.exists():
        _remove(_earlier(path))
        with files.explained(path):
            path.replace(_earlier(path))


def _earlier(path: Path) -> Path:
    return path.with_name(path.name + ".earlier")


def _remove(path: Path) -> None:
    """For good, or, while somebody who waits for us runs it, to where it will be removed with us."""
    home = carried.home()
    if os.name == "nt" and home and home not in path.parents:
        with contextlib.suppress(PermissionError, FileNotFoundError):
            path.unlink()
        if path.exists():
            with files.explained(path):
                path.replace(home / f"{len(os.listdir(home))} {path.name}")  # noqa: PTH208
    else:
        files.remove(path)
