"""What sets right what has gone wrong since: nothing of it is undone on uninstall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import files, system, tail
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress

_MARK = "com.apple.quarantine"


@dataclass(frozen=True)
class Unquarantine:
    """A file that macOS must start is not marked as just downloaded, by whatever program has marked it."""

    path: Path

    @property
    def key(self) -> str:
        return f"quarantine {self.path}"

    def describe(self) -> str:
        return f"let macOS start {self.path}"

    def report(self) -> str:
        return f"had macOS start {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        return None if is_quarantined(self.path) else memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if is_quarantined(self.path):
            system.must(["xattr", "-d", _MARK, str(self.path)])
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""


def is_quarantined(path: Path) -> bool:
    """Whether it is marked so. There is no xattr(1) but on a Mac, nor such a mark."""
    return system.run(["xattr", "-p", _MARK, str(path)], timeout=10).status == 0


@dataclass(frozen=True)
class Discard:
    """A file of ours that is made anew whenever it is needed. It is in no plan and in no receipt."""

    path: Path

    @property
    def key(self) -> str:
        return f"discard {self.path}"

    def describe(self) -> str:
        return f"remove {self.path}"

    def report(self) -> str:
        return f"removed {self.path}"

    def observe(self, memory: Memory) -> Memory | None:
        return None if self.path.exists() else memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        files.remove(self.path)
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""


@dataclass(frozen=True)
class Close:
    """Others lose the rights to a file of ours that they never needed. In no plan and no receipt.

    rights: the bits to take away, as chmod(2) has them.
    """

    path: Path
    rights: int = 0o022

    @property
    def key(self) -> str:
        return f"close {self.path}"

    def describe(self) -> str:
        if self.rights & 0o044:
            return tr("keep others from reading {path}", path=self.path)
        return tr("keep others from changing {path}", path=self.path)

    def report(self) -> str:
        if self.rights & 0o044:
            return tr("kept others from reading {path}", path=self.path)
        return tr("kept others from changing {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        return None if (files.mode_of(self.path) or 0) & self.rights else memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        with files.explained(self.path):
            self.path.chmod((files.mode_of(self.path) or 0) & ~self.rights)
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""


@dataclass(frozen=True)
class Shorten:
    """A log keeps its last lines only, also while somebody appends to it. In no plan and no receipt."""

    path: Path

    @property
    def key(self) -> str:
        return f"shorten {self.path}"

    def describe(self) -> str:
        return tr("keep only the last lines of {path}", path=self.path)

    def report(self) -> str:
        return tr("kept only the last lines of {path}", path=self.path)

    def observe(self, memory: Memory) -> Memory | None:
        return memory

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        last = tail.last(self.path)
        with files.explained(self.path), self.path.open("r+b") as file:
            file.truncate(0)
            file.write(last.encode())
        return memory

    def revert(self, _memory: Memory) -> str:
        return ""
