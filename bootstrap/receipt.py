"""What was done on this machine, in order: written before every change, read to resume and to undo."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bootstrap import actions, files, lock, moved
from bootstrap.errors import BrokenReceiptError, ReceiptError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FORMAT = 1
Status = Literal["started", "done", "skipped"]


@dataclass
class Entry:
    """One action and how far it got. `group` is what it belongs to: "install", "service" or "hook DIR"."""

    action: actions.Action
    group: str
    status: Status
    memory: actions.Memory = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The action's."""
        return self.action.key


@dataclass(frozen=True)
class Proved:
    """An installation that had proved itself, to go back to: its facts, and what it was made of, in order,
    each with its group."""

    about: dict[str, Any]
    steps: tuple[tuple[str, actions.Action], ...]


@dataclass
class Receipt:
    """The entries in the order in which they were done.

    about: facts for `status` (versions, names, backend); made: directories that saving it created; proved:
    the last installation that had proved itself, while what takes its place has not; moved: the home in which
    it was and the one in which it is, where that is another one and no run has seen to it;
    rebuilding: it was lost, and what is here is being found out again.
    """

    path: Path
    entries: list[Entry] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    proved: Proved | None = None
    moved: tuple[str, str] | None = None
    rebuilding: bool = False

    def find(self, key: str) -> Entry | None:
        """The entry of an action with this key."""
        return next((entry for entry in self.entries if entry.key == key), None)

    @property
    def is_proved(self) -> bool:
        """Whether what `about` tells of has shown that it works."""
        generation, proof = self.about.get("generation"), self.find(actions.PROOF)
        if not generation or proof is None or proof.status == "started":
            return False
        return bool(proof.memory.get("generation") == generation)

    def add(self, entry: Entry, after: Entry | None) -> None:
        """Put an entry behind another one (None: first), so that undoing keeps the plan's order."""
        place = next((n for n, present in enumerate(self.entries, 1) if present is after), 0)
        self.entries.insert(place, entry)

    def groups(self) -> list[str]:
        """The groups in it, in order."""
        return list(dict.fromkeys(entry.group for entry in self.entries))

    def paths(self, kind: str, group: str) -> Iterable[Path]:
        """The paths of the actions of one kind in one group."""
        for entry in self.entries:
            if type(entry.action).__name__ == kind and entry.group == group:
                yield entry.action.path  # type: ignore[attr-defined]  # the kinds asked for have one

    @property
    def broken(self) -> Path:
        """Where one goes that nobody can read."""
        return self.path.with_name(self.path.name + ".broken")

    def save(self) -> None:
        """Write it, atomically and only for this user's eyes. Raises FileError."""
        files.write(self.path, self._text(), 0o600)

    def create(self) -> None:
        """Write the first one, with the directories that it needs: all of it or nothing, so that no
        directory is ever there of which nobody knows that we made it. Raises FileError."""
        with self._alone():
            missing = files.missing(self.path.parent)
            if not missing:
                if not self.path.exists():
                    self.save()
                return
            self.made = [str(path) for path in missing]
            outermost = missing[0]
            building = outermost.with_name(outermost.name + files.NEW)
            inside = building / self.path.parent.relative_to(outermost)
            inside.mkdir(parents=True)
            inside.chmod(0o700)
            files.write(inside / self.path.name, self._text(), 0o600)
            building.rename(outermost)

    def delete(self) -> None:
        """Remove it and the directories that it needed, as far as nothing else is in them."""
        files.remove_unfinished(self.path)
        ours = {self.path, *map(Path, self.made)}
        with self._alone():
            for outermost in map(Path, self.made):
                if ours.issuperset(outermost.rglob("*")):
                    building = outermost.with_name(outermost.name + files.NEW)
                    outermost.rename(building)
                    files.remove_tree(building)
                    return
            files.remove(self.path)

    def sweep(self) -> None:
        """Remove what a `create` or `delete` that was killed has left half done."""
        with self._alone():
            pass

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other run creates or deletes a receipt meanwhile, and what a killed one left is gone."""
        outside = next(directory for directory in self.path.parents if directory.is_dir())
        if self.made:
            outside = Path(self.made[0]).parent
        with files.explained(self.path), lock.waiting(outside):
            for directory in self.path.parents[:-1]:
                files.remove_tree(directory.with_name(directory.name + files.NEW))
            yield

    def _text(self) -> bytes:
        data = {
            "format": FORMAT,
            "at": str(self.path),
            "about": self.about,
            "made": self.made,
            **({"rebuilding": True} if self.rebuilding else {}),
            **({"proved": _proved_to_json(self.proved)} if self.proved else {}),
            "entries": [
                {
                    "group": e.group,
                    "status": e.status,
                    "memory": e.memory,
                    "action": actions.to_json(e.action),
                }
                for e in self.entries
            ],
        }
        return (json.dumps(data, indent=1) + "\n").encode()


def engine_of(about: Mapping[str, Any]) -> str:
    """What serves the model, by a receipt's facts, in words."""
    if llamafile := about["llamafile"]:
        return f"llamafile {llamafile['version']}"
    return str(about["image"] or tr("the server at {api_base}", api_base=about["api_base"]))


def load(path: Path) -> Receipt:
    """The receipt of this machine; an empty one where nothing was installed.

    Raises BrokenReceiptError, or ReceiptError when it is from a newer version; it is left untouched.
    """
    data = files.read(path)
    if data is None:
        return Receipt(path)
    try:
        content = json.loads(data)
        found = int(content["format"])
        if found > FORMAT:
            raise ReceiptError(
                "{path} was written by a newer bootstrap (format {found})",
                "run that newer bootstrap instead",
                path=path,
                found=found,
            )
        moved_ = moved.between(Path(content.get("at", path)), path, Path.home())
        content = moved.follow(content, *moved_) if moved_ else content
        entries = [
            Entry(actions.from_json(e["action"]), e["group"], e["status"], e["memory"])
            for e in content["entries"]
        ]
        proved = _proved_from_json(content["proved"]) if "proved" in content else None
        about, made, rebuilding = content["about"], content["made"], "rebuilding" in content
        return Receipt(path, entries, about, made, proved, moved_, rebuilding)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenReceiptError(
            "{path} is broken: {error}",
            "have it found out again what is installed: bootstrap",
            path=path,
            error=error,
        ) from error


def _proved_to_json(proved: Proved) -> dict[str, Any]:
    steps = [{"group": group, "action": actions.to_json(action)} for group, action in proved.steps]
    return {"about": proved.about, "entries": steps}


def _proved_from_json(data: dict[str, Any]) -> Proved:
    steps = ((entry["group"], actions.from_json(entry["action"])) for entry in data["entries"])
    return Proved(data["about"], tuple(steps))
