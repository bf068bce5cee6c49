"""One key of the user's git configuration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files, system
from bootstrap.errors import CommandError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class EditGitConfig:
    """A key with one value, written by git itself. repository: a directory in the one whose own
    configuration it is; "" for the user's, which all repositories share."""

    name: str
    value: str
    repository: str = ""

    @property
    def key(self) -> str:
        return f"git config {self.repository or '--global'} {self.name}"

    def describe(self) -> str:
        return f"git config {self._scope} {self.name} {self.value!r}"

    def report(self) -> str:
        return tr("set git config {scope} {name}", scope=self._scope, name=self.name)

    def observe(self, memory: Memory) -> Memory | None:
        # without a memory it is of an installation that is forgotten, and becomes this one's
        return memory if memory and self._values() == [self.value] else None

    def remember(self, memory: Memory) -> Memory:
        """previous: the values before us; ours: all that we wrote; made: the file that was not there."""
        if not memory:
            before = [value for value in self._values() if value != self.value]
            memory = {"previous": before, "ours": [], "made": self._file_to_be()}
        return memory | {"ours": sorted({*memory["ours"], self.value})}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        self._must("--replace-all", self.name, self.value)
        return memory

    def revert(self, memory: Memory) -> str:
        values = self._values()
        if values and (len(values) > 1 or values[0] not in memory["ours"]):
            return tr(
                "git config {scope} {name} was changed since, so it stays", scope=self._scope, name=self.name
            )
        if values:
            self._must("--unset-all", self.name)
            for value in memory["previous"]:
                self._must("--add", self.name, value)
        made = memory["made"]
        if made and files.read(Path(made)) == b"":
            files.remove(Path(made))
        return ""

    @property
    def _scope(self) -> str:
        return "--local" if self.repository else "--global"

    def _git(self, *arguments: str) -> system.Result:
        place = ("-C", self.repository) if self.repository else ()
        return system.run(
            ["git", *place, "config", self._scope, *arguments], timeout=20, without=system.GIT_VARIABLES
        )

    def _must(self, *arguments: str) -> None:
        result = self._git(*arguments)
        if result.status:
            raise CommandError(
                "git config {scope} {name}: {last_words}",
                "look at it: git config {scope} --list --show-origin",
                scope=self._scope,
                name=self.name,
                last_words=result.last_words,
            )

    def _values(self) -> list[str]:
        result = self._git("--null", "--get-all", self.name)
        # 1: there is none; a repository that is gone has none either, but all else may be another time
        if result.status not in {0, 1} and (not self.repository or Path(self.repository).is_dir()):
            raise CommandError(
                "git config {scope} {name}: {last_words}",
                "look at it: git config {scope} --list --show-origin",
                scope=self._scope,
                name=self.name,
                last_words=result.last_words,
            )
        return result.stdout.split("\0")[:-1] if result.status == 0 else []

    def _file_to_be(self) -> str:
        """The file that git is going to make for it; "" where it has one (git-config(1), FILES)."""
        if self.repository:
            return ""
        if named := os.environ.get("GIT_CONFIG_GLOBAL"):
            candidates = [Path(named)]
        else:
            home, config = Path.home(), os.environ.get("XDG_CONFIG_HOME")
            candidates = [home / ".gitconfig", Path(config or home / ".config") / "git" / "config"]
        return "" if any(path.exists() for path in candidates) else str(candidates[0])
