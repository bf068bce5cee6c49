"""What Windows starts when the user logs on: a task of the Task Scheduler, or a value of the Run key where
that takes no task of ours. Never both."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import registry, system
from bootstrap.errors import CommandError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions.action import Memory, Progress

RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
# "Run and RunOnce Registry Keys" in Microsoft's documentation: "no longer than 260 characters"
LONGEST_RUN_VALUE = 260


@dataclass(frozen=True)
class RegisterLogon:
    """Registers a task, or a Run value. xml: the file that describes the task; command: what both start,
    as one command line; generation: changes with the text of that file."""

    name: str
    xml: Path
    command: str
    generation: str

    @property
    def key(self) -> str:
        return f"logon {self.name}"

    def describe(self) -> str:
        return tr(
            "have Windows start it when you log on: the task {name}, or a value of the Run key",
            name=self.name,
        )

    def report(self) -> str:
        return tr("registered {name} to start when you log on", name=self.name)

    def observe(self, memory: Memory) -> Memory | None:
        if memory.get("generation") != self.generation:
            return None
        found = self._run_value() if memory.get("way") == "run" else self._task()
        return memory if found is not None and plain(self.command) == plain(found) else None

    def remember(self, memory: Memory) -> Memory:
        """previous: the Run value of this name that was there before us."""
        if not memory:
            memory = {"previous": self._run_value()}
        return {name: text for name, text in memory.items() if name != "generation"}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        made = _schtasks("/create", "/tn", self.name, "/xml", str(self.xml), "/f")
        if made.status == 0:
            self._take_run_value_back(memory)
            return memory | {"way": "task", "generation": self.generation}
        self._remove_task()
        if len(self.command) > LONGEST_RUN_VALUE:
            raise CommandError(
                "the Task Scheduler refuses ({last_words}), and for the Run key "
                "{command} characters are too many",
                "use --no-autostart",
                last_words=made.last_words,
                command=len(self.command),
            )
        progress.say(
            tr(
                "the Task Scheduler refuses ({last_words}), so the Run key starts it",
                last_words=made.last_words,
            )
        )
        try:
            registry.write(RUN_KEY, self.name, self.command)
        except OSError as error:
            raise CommandError(
                "the Run key: {strerror}", "use --no-autostart", strerror=error.strerror
            ) from error
        return memory | {"way": "run", "generation": self.generation}

    def revert(self, memory: Memory) -> str:
        self._remove_task()
        self._take_run_value_back(memory)
        return ""

    def _task(self) -> str | None:
        """The command line of the task as it is now; None where there is none."""
        asked = _schtasks("/query", "/tn", self.name, "/xml")
        return command_in(asked.stdout) if asked.status == 0 else None

    def _remove_task(self) -> None:
        """Raises CommandError where one stays: it would be the second that starts a server."""
        if _schtasks("/query", "/tn", self.name).status == 0:
            gone = _schtasks("/delete", "/tn", self.name, "/f")
            if gone.status:
                raise CommandError(
                    "the task {name} stays: {last_words}",
                    "as administrator: schtasks /delete /tn {name}",
                    name=self.name,
                    last_words=gone.last_words,
                )

    def _take_run_value_back(self, memory: Memory) -> None:
        if memory.get("way") != "run" and self._run_value() != self.command:
            return  # it is not ours
        try:
            if memory.get("previous") is None:
                registry.remove(RUN_KEY, self.name)
            else:
                registry.write(RUN_KEY, self.name, memory["previous"])
        except OSError as error:
            raise CommandError("the Run key: {strerror}", "try it again", strerror=error.strerror) from error

    def _run_value(self) -> str | None:
        return registry.value(RUN_KEY, self.name)


def is_registered(name: str) -> bool:
    """Whether there is a task or a Run value of this name."""
    return registry.value(RUN_KEY, name) is not None or _schtasks("/query", "/tn", name).status == 0


def _schtasks(*arguments: str) -> system.Result:
    return system.run([system.windows_program("schtasks.exe"), *arguments])


def command_in(xml: str) -> str:
    """The command line in a task's XML; "" for another kind of task."""
    found = [re.search(f"<{name}>(.*?)</{name}>", xml, re.DOTALL) for name in ("Command", "Arguments")]
    words = [html.unescape(match[1]) for match in found if match]
    return " ".join([f'"{words[0].strip(chr(34))}"', *words[1:]]) if words else ""


def plain(command: str) -> str:
    """What schtasks tells faithfully of a command line: it writes in the console's code page, which lacks
    many letters, and `?` for those. Quotes around a program that needs none are no difference."""
    return re.sub(r"[^!#->@-~]", "", command)
