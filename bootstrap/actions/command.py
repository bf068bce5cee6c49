"""Changes that another program makes for us."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import system, trouble
from bootstrap.errors import CommandError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress


@dataclass(frozen=True)
class RunCommand:
    """A command, what undoes it, and what tells that it is still so.

    argv may be empty: then there is something to do on undoing only. `generation` changes whenever
    the command has to run again, such as with the files that it makes another program read. unless_so:
    what was so before us is left alone, and stays so on undoing.
    """

    what: str
    argv: tuple[str, ...]
    undo: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    generation: str = ""
    hint: str = ""
    timeout: float = 60
    unless_so: bool = False

    @property
    def key(self) -> str:
        return f"command {self.what}"

    def describe(self) -> str:
        if not self.argv:
            return tr("{what}: on uninstall only", what=tr(self.what))
        what = tr(self.what)
        return what if _is_script(self.argv) else f"{what}: {shlex.join(self.argv)}"

    def report(self) -> str:
        return tr(self.what)

    def observe(self, memory: Memory) -> Memory | None:
        if self.unless_so and not memory:
            return {"generation": self.generation} if self._is_so() else None
        if memory.get("generation") != self.generation:
            return None
        return memory if not self.argv or not self.check or self._is_so() else None

    def remember(self, memory: Memory) -> Memory:
        return {name: value for name, value in memory.items() if name != "generation"}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        if self.argv:
            result = system.run(self.argv, timeout=self.timeout)
            if result.status:
                if found := trouble.explain(result.stderr):
                    raise CommandError(
                        tr("cannot {what}: {reason}", what=tr(self.what), reason=found.what),
                        found.hint,
                    )
                raise CommandError(
                    tr("cannot {what}: {reason}", what=tr(self.what), reason=result.last_words),
                    self.hint or tr("try: {program}", program=self.argv[0]),
                )
        return memory | {"generation": self.generation}

    def revert(self, _memory: Memory) -> str:
        if self.undo:
            result = system.run(self.undo, timeout=self.timeout)
            # what is gone already cannot be stopped: only a check that still holds is a failure
            if result.status and self.check and self._is_so():
                said = tr(
                    "cannot undo: {what}: {last_words}", what=tr(self.what), last_words=result.last_words
                )
                if self.unless_so:  # it harms nobody, and need not hold up the rest
                    return said
                raise CommandError(said, "" if _is_script(self.undo) else shlex.join(self.undo))
        return ""

    def _is_so(self) -> bool:
        return system.run(self.check).status == 0


def _is_script(argv: tuple[str, ...]) -> bool:
    """Whether these words are several lines that a person need not read."""
    return argv[:2] == ("/bin/sh", "-c")


@dataclass(frozen=True)
class EditCrontab:
    """One line of the user's crontab, recognised by the mark at its end; all others stay as they are."""

    line: str
    mark: str

    @property
    def key(self) -> str:
        return f"crontab {self.mark}"

    def describe(self) -> str:
        return tr("add to your crontab: {line} {mark}", line=self.line, mark=self.mark)

    def report(self) -> str:
        return tr("added to your crontab: {line}", line=self.line)

    def observe(self, memory: Memory) -> Memory | None:
        return memory if self._ours(_crontab() or "") == [self._whole] else None

    def remember(self, memory: Memory) -> Memory:
        if memory:
            return memory
        now = _crontab()
        return {"had": now is not None, "newline": now is None or now == "" or now.endswith("\n")}

    def execute(self, memory: Memory, _progress: Progress) -> Memory:
        kept = self._others(_crontab() or "")
        _install(kept + ("\n" if kept and not kept.endswith("\n") else "") + self._whole)
        if self._ours(_crontab() or "") != [self._whole]:
            raise CommandError("crontab did not keep the line", "use --no-autostart")
        return memory

    def revert(self, memory: Memory) -> str:
        now = _crontab()
        if now is None or not self._ours(now):
            return ""
        kept = self._others(now)
        if not kept and not memory.get("had"):
            system.must(["crontab", "-r"])
        elif memory.get("newline", True) or system.run(["crontab", "-"], stdin=kept[:-1]).status:
            _install(kept)  # Debian's takes no crontab without a newline at its end
        return ""

    @property
    def _whole(self) -> str:
        return f"{self.line} {self.mark}\n"

    def _ours(self, text: str) -> list[str]:
        return [line for line in text.splitlines(keepends=True) if line.rstrip("\r\n").endswith(self.mark)]

    def _others(self, text: str) -> str:
        mine = self._ours(text)
        return "".join(line for line in text.splitlines(keepends=True) if line not in mine)


def _crontab() -> str | None:
    result = system.run(["crontab", "-l"])
    return result.stdout if result.status == 0 else None


def _install(text: str) -> None:
    system.must(["crontab", "-"], stdin=text)
