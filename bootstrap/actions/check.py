"""A file that is in its place, read once more from beginning to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import download, files
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class CheckFile:
    """Takes a file's sha256. It changes nothing, so it is in no plan and in no receipt: being an action,
    it is shown as the download was."""

    what: str
    path: Path
    about: int  # bytes, roughly

    @property
    def key(self) -> str:
        return f"check {self.path}"

    def describe(self) -> str:
        return tr(
            "check {what} ({size}), {path}", what=self.what, size=files.in_words(self.about), path=self.path
        )

    def report(self) -> str:
        return tr("checked {what}, {size}", what=self.what, size=files.in_words(self.about))

    def observe(self, _memory: Memory) -> Memory | None:
        return None

    def remember(self, memory: Memory) -> Memory:
        return memory

    def execute(self, _memory: Memory, progress: Progress) -> Memory:
        return {"sha256": download.sha256_of(self.path, progress.advance)}

    def revert(self, _memory: Memory) -> str:
        return ""
