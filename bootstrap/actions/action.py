"""What an action is: plain data that can describe itself, see whether it is already so, be carried out,
and be undone.

What undoing needs is the action's *memory*, JSON that the receipt keeps: taken before the first
change, and never replaced by what a later run sees, or undoing would restore our own work.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

Memory = dict[str, Any]


class Progress(Protocol):
    """Who is told how far an action is."""

    def advance(self, done: int, total: int | None) -> None:
        """So many bytes of so many are there."""

    def say(self, text: str) -> None:
        """One line worth reading."""


class Action(Protocol):
    """One reversible change. Implementations are frozen dataclasses of texts, numbers and paths."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def key(self) -> str:
        """What it is about, such as a path: two actions with one key replace each other."""

    def describe(self) -> str:
        """The change in a few words, for a person."""

    def report(self) -> str:
        """What was done, in a few words, for a person."""

    def observe(self, memory: Memory) -> Memory | None:
        """None if it is not so yet; otherwise the memory, with what may save the next look.

        `memory` is empty when we never carried it out.
        """

    def remember(self, memory: Memory) -> Memory:
        """What undoing will need; `memory` is what an earlier run remembered. Changes nothing."""

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        """Make it so; the memory with what was learnt. Also finishes what a killed run began."""

    def revert(self, memory: Memory) -> str:
        """Undo it, however far it got. The reason in words if something is to stay for good, else "";
        what may work the next time is an error, and the entry stays in the receipt."""
