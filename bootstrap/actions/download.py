"""A file from the network, or from this machine where it has it already, verified."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import download, files
from bootstrap.errors import FileError, ModelError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class Download:
    """One file of the catalogue at `path`. Its memory is size, time and checksum, so that a later
    run looks instead of reading gigabytes.

    found: paths on this machine where the file may be already, each with whose it is, in words; they come
    before the network. only_from: the path where it has to be, the network being out of the question.
    own_for: the version of llamafile that has to serve this model of the user's own. How a file is brought
    makes it no other file, so two downloads are equal without it.
    """

    what: str
    urls: tuple[str, ...]
    path: Path
    sha256: str
    size: int | None = None
    about: int = 0  # bytes, for planning
    executable: bool = False
    found: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    only_from: str = field(default="", compare=False)
    own_for: str = field(default="", compare=False)
    connections: int | None = field(default=None, compare=False)  # at most; None: as many as are good
    bytes_per_second: int | None = field(default=None, compare=False)  # at most

    @property
    def key(self) -> str:
        return f"download {self.path}"

    def describe(self) -> str:
        size = files.in_words(self.about)
        if self.only_from or self.found:
            return tr(
                "bring {what} ({size}) from {where} to {path}",
                what=self.what,
                size=size,
                where=self.only_from or tr(self.found[0][1]),
                path=self.path,
            )
        return tr("download {what} ({size}) to {path}", what=self.what, size=size, path=self.path)

    def report(self) -> str:
        done = tr("brought") if self.only_from or self.found else tr("downloaded")
        return tr(
            "{done} {what}, {size}, checksum right",
            done=done,
            what=self.what,
            size=files.in_words(self.about),
        )

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
                "{path} is there, and it is not {what}",
                "move it, then run the same command again",
                path=self.path,
                what=self.what,
            )
        return memory | {"ours": True}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        if self.observe({}) is None:
            self._keep_a_strangers(memory, progress)
            source = download.Source(self.what, self.urls, self.sha256, self.size)
            if self.only_from:
                self._from_there(source, progress)
            elif not self._found_here(source, progress):
                self._from_network(source, progress)
            self._check_own()
        if self.executable and os.name != "nt":
            with files.explained(self.path):
                self.path.chmod(0o755)
        return {"ours": True} | (self._stamp() or {})

    def revert(self, memory: Memory) -> str:
        download.discard(self.path)
        if self.path.exists() and self.observe(memory) is None:
            return tr("{path} is not what was downloaded, so it stays", path=self.path)
        files.remove(self.path)
        return ""

    def _from_network(self, source: download.Source, progress: Progress) -> None:
        pace = download.Pace(self.connections, self.bytes_per_second)
        download.download(source, self.path, report=progress.advance, note=progress.say, pace=pace)

    def _found_here(self, source: download.Source, progress: Progress) -> bool:
        return any(
            download.adopt(
                Path(path), source, self.path, place=place, report=progress.advance, note=progress.say
            )
            for path, place in self.found
        )

    def _from_there(self, source: download.Source, progress: Progress) -> None:
        """Raises FileError where that is not the file."""
        there = Path(self.only_from)
        problems: list[str] = []
        if not download.adopt(there, source, self.path, report=progress.advance, note=problems.append):
            hint = tr(
                "fill the folder where there is a network: bootstrap bundle {parent}", parent=there.parent
            )
            raise FileError(
                problems[0] if problems else tr("there is no {there}", there=there),
                tr("give it again: --model FILE.gguf") if self.own_for else hint,
            )

    def _check_own(self) -> None:
        """What llamafile cannot serve goes at once. Raises ModelError."""
        if not self.own_for:
            return
        try:
            from bootstrap import gguf

            gguf.check(self.path, self.what, self.own_for)
        except ModelError:
            files.remove(self.path)
            raise

    def _keep_a_strangers(self, memory: Memory, progress: Progress) -> None:
        """What is there is neither what we want nor what we put there: damaged, or the user's own."""
        now = self._stamp()
        if now and (now["size"], now["mtime_ns"]) != (memory.get("size"), memory.get("mtime_ns")):
            kept = self.path.with_name(self.path.name + ".edited")
            with files.explained(kept):
                self.path.replace(kept)
            progress.say(
                tr("{path} is not what was downloaded: it is now {name}", path=self.path, name=kept.name)
            )

    def _stamp(self) -> Memory | None:
        """Size, time of change and the checksum that belongs to them; None where there is no file."""
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": self.sha256}
