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
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class InstallProgram:
    """This program, in a directory of its own, from where it starts at once.

    build: what it is, see `carried.build`; launcher: the words that start it there, which is tried before
    anything relies on it. The memory: the build, the names of its files, a checksum of all of them, and how
    they looked then, which saves to read them again.
    """

    path: Path
    build: str
    launcher: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"program {self.path}"

    def describe(self) -> str:
        return tr("install bootstrap in {path}", path=self.path)

    def report(self) -> str:
        return tr("installed bootstrap in {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        if memory.get("build") != self.build:
            return None
        look = self._look(memory["files"])
        if look == memory["look"]:
            return memory
        # a home that was copied or restored has other times, and the same content
        return memory | {"look": look} if self._checksum(memory["files"]) == memory["checksum"] else None

    def remember(self, memory: Memory) -> Memory:
        # where we run from here, there may be files of others in it
        parts = () if self._runs_here() else carried.parts()
        return {"files": sorted({*memory.get("files", []), *parts})}

    def found_again(self) -> Memory:
        """What is to be remembered of a directory that only we fill, where nobody has: all of this program,
        which is as it should be where it is running."""
        names = sorted(carried.parts())
        known = {"build": self.build, "checksum": self._checksum(names), "look": self._look(names)}
        return {"files": names} | (known if self._runs_here() else {})

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if self._runs_here():
            raise FileError(
                f"{self.path} is damaged, and it holds the bootstrap that you call",
                "run the one that you have downloaded",
            )
        for name, read in carried.parts().items():
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
        names = memory["files"]
        return {
            "build": self.build,
            "files": names,
            "checksum": self._checksum(names),
            "look": self._look(names),
        }

    def revert(self, memory: Memory) -> str:
        names = memory["files"]
        stays = [name for name in names if not self._remove(name)]
        directories = {self.path / parent for name in names for parent in Path(name).parents}
        for directory in sorted(directories - {self.path}, reverse=True):  # inner ones first
            files.remove_tree(directory / "__pycache__")  # what Python has left
            files.remove_empty(directory)
        return tr("{names} in {path} is not ours", names=", ".join(stays), path=self.path) if stays else ""

    def _runs_here(self) -> bool:
        home = carried.home()
        return bool(home and self.path.exists() and home.samefile(self.path))

    def _remove(self, name: str) -> bool:
        """Whether what has this name was ours to remove."""
        path = self.path / name
        files.remove_unfinished(path)
        for ours in (path, _earlier(path)):
            if ours.is_dir():
                return False
            _discard(ours)
        return True

    def _look(self, names: Iterable[str]) -> str:
        """Sizes, times and whether they can be started, of all its files."""
        sight = hashlib.sha256()
        for name in sorted(names):
            try:
                status = (self.path / name).stat()
            except OSError:
                sight.update(f"{name} is not there\n".encode())
                continue
            words = f"{name} {status.st_size} {status.st_mtime_ns} {bool(status.st_mode & 0o100)}\n"
            sight.update(words.encode())
        return sight.hexdigest()

    def _checksum(self, names: Collection[str]) -> str:
        content = hashlib.sha256()
        for name in sorted(names):
            path = self.path / name
            data, can_start = files.read(path), bool((files.mode_of(path) or 0) & 0o100)
            digest = "not there" if data is None else hashlib.sha256(data).hexdigest()
            content.update(f"{name} {can_start} {digest}\n".encode())
        return content.hexdigest()


def _make_way(path: Path) -> None:
    """Windows lets nobody write to a program that runs, nor remove it, but move it."""
    if os.name == "nt" and path.exists():
        _discard(_earlier(path))
        with files.explained(path):
            path.replace(_earlier(path))


def _earlier(path: Path) -> Path:
    return path.with_name(path.name + ".earlier")


def _discard(path: Path) -> None:
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
