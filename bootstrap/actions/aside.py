"""A file of the user's that is moved to make room for ours."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class MoveAside:
    """The user's own file, moved to make room for ours, and back again on undoing.

    A later run may find a newer file of theirs in our place: then that one is kept as `to`. What has
    that name by then goes to the next free one, such as `to`.2, or away if it is the very same.
    `ours`: a text that only a file of ours holds.
    """

    path: Path
    to: Path
    ours: str

    @property
    def key(self) -> str:
        return f"aside {self.path}"

    def describe(self) -> str:
        return tr("keep the present {path} as {name}", path=self.path, name=self.to.name)

    def report(self) -> str:
        return tr("kept the present {path} as {name}", path=self.path, name=self.to.name)

    def observe(self, memory: Memory) -> Memory | None:
        if os.path.lexists(self.to) and not memory:
            return None  # moved by us for an installation that is forgotten, or not ours at all
        return memory if self._made_room() else None

    def remember(self, memory: Memory) -> Memory:
        """found: where that went which had the name before us; older: where earlier hooks went."""
        result = memory | {"moved": True}
        if not os.path.lexists(self.to) or not self._is_in_the_way(memory):
            return result
        spare = str(self._spare())
        if not memory:
            return result | {"found": spare}
        return result | {"older": list(dict.fromkeys([*memory.get("older", []), spare]))}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        spare = [memory.get("found", ""), *memory.get("older", [])][-1]
        with files.explained(self.path):
            if spare and os.path.lexists(self.to) and not os.path.lexists(spare):
                self.to.rename(spare)
                progress.say(tr("{to} is now {name}, and is not run", to=self.to, name=Path(spare).name))
            if not self._made_room():
                self.path.replace(self.to)
            files.sync_directory(self.path.parent)
        return memory

    def revert(self, memory: Memory) -> str:
        if os.path.lexists(self.to):
            if os.path.lexists(self.path):
                if not self._is_same():
                    return tr(
                        "{path} is taken, so your earlier file stays at {to}", path=self.path, to=self.to
                    )
                files.remove(self.to)
            else:
                with files.explained(self.to):
                    self.to.rename(self.path)
        found = memory.get("found")
        if found and os.path.lexists(found):
            with files.explained(self.to):
                Path(found).rename(self.to)
        older = [name for name in memory.get("older", []) if os.path.lexists(name)]
        return tr("an older file of yours stays at {older}", older=", ".join(older)) if older else ""

    def _made_room(self) -> bool:
        now = files.read(self.path)
        return self.ours.encode() in now if now is not None else not os.path.lexists(self.path)

    def _is_in_the_way(self, memory: Memory) -> bool:
        """Whether what has the name `to` is to lose it."""
        if self._made_room():
            # with ours in place it is the hook that we moved; with nothing there, git never ran it
            return not memory and not os.path.lexists(self.path)
        return not self._is_same()

    def _is_same(self) -> bool:
        both = (self.path, self.to)
        return all(path.is_file() for path in both) and files.read(self.path) == files.read(self.to)

    def _spare(self) -> Path:
        """The next free name."""
        number = 2
        while os.path.lexists(spare := self.to.with_name(f"{self.to.name}.{number}")):
            number += 1
        return spare
