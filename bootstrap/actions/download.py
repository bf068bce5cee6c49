"""A file from the network, verified."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import download, files
from bootstrap.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class Download:
    """One file of the catalogue at `path`. Its memory is size, time and checksum, so that a later
    run looks instead of reading gigabytes."""

    what: str
    urls: tuple[str, ...]
    path: Path
    sha256: str
    size: int | None = None
    about: int = 0  # bytes, for planning
    executable: bool = False

    @property
    def key(self) -> str:
        return f"download {self.path}"

    def describe(self) -> str:
        return f"download {self.what} ({files.in_words(self.about)}) to {self.path}"

    def report(self) -> str:
        return f"downloaded {self.what}, {files.in_words(self.about)}, checksum right"

    def observe(self, memory: Memory) -> Memory | None:
        now = self._stamp()
        if now is None or (self.size is not None and now["size"] != self.size):
            return None
        if now != {name: memory.get(name) for name in now} and download.sha256_of(self.path) != self.sha256:
            return None
        return memory | now

    def remember(self, memory: Memory) -> Memory:
        if not memory and self.path.exists():
            raise FileError(
                f"{self.path} is there, and it is not {self.what}", "move it, then run the same command again"
            )
        return memory | {"ours": True}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        source = download.Source(self.what, self.urls, self.sha256, self.size)
        if self.observe({}) is None:
            self._keep_a_strangers(memory, progress)
            download.download(source, self.path, report=progress.advance, note=progress.say)
        if self.executable and os.name != "nt":
            with files.explained(self.path):
                self.path.chmod(0o755)
        return {"ours": True} | (self._stamp() or {})

    def revert(self, memory: Memory) -> str:
        download.discard(self.path)
        if self.path.exists() and self.observe(memory) is None:
            return f"{self.path} is not what was downloaded, so it stays"
        files.remove(self.path)
        return ""

    def _keep_a_strangers(self, memory: Memory, progress: Progress) -> None:
        """What is there is neither what we want nor what we put there: damaged, or the user's own."""
        now = self._stamp()
        if now and (now["size"], now["mtime_ns"]) != (memory.get("size"), memory.get("mtime_ns")):
            kept = self.path.with_name(self.path.name + ".edited")
            with files.explained(kept):
                self.path.replace(kept)
            progress.say(f"{self.path} is not what was downloaded: it is now {kept.name}")

    def _stamp(self) -> Memory | None:
        """Size, time of change and the checksum that belongs to them; None where there is no file."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": self.sha256}
