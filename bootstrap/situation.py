"""What a plan is made from, and what it is: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bootstrap import access
from bootstrap.actions import PROOF
from bootstrap.supply import Supply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.catalogue import Catalogue, Model
    from bootstrap.hook.repository import Repository
    from bootstrap.host import Host
    from bootstrap.paths import Paths
    from bootstrap.program import Program
    from bootstrap.receipt import Receipt
    from bootstrap.settings import Settings


@dataclass(frozen=True)
class Situation:
    """What the user wants and what this machine looks like, as far as the plan depends on it."""

    settings: Settings
    host: Host
    catalogue: Catalogue
    paths: Paths
    receipt: Receipt
    program: Program
    config_text: str = ""
    key: access.Seen = field(default_factory=access.Seen)
    named: bool = False  # the model was chosen for this run
    container_program: str = ""  # where podman or docker is, if one is asked for
    container_asks: tuple[tuple[str, str], ...] = ()  # variables that tell docker which daemon is meant
    port_is_free: bool = True
    serving: tuple[str, ...] = ()  # names of the models at the address that the server is to have
    is_ours: bool = False  # that server
    foreground: bool = False  # it is `bootstrap run`
    out_of_reach: bool = False  # ours runs, and nobody here can say so or stop it
    holder: str = ""  # who has the port, in words
    other_port: int = 0  # one that is free, near the one that is not
    disk_free: int = 1 << 62
    present: Mapping[Path, int] = field(default_factory=dict)  # bytes that need no download any more
    supply: Supply = field(default_factory=Supply)
    foreign: frozenset[Path] = frozenset()  # places for our links where something else is
    repositories: tuple[Repository, ...] = ()
    everywhere: bool = False  # the hook goes into git's own configuration
    force_fit: bool = False
    start: bool = True
    notes: tuple[str, ...] = ()  # what the look has to say


@dataclass(frozen=True)
class Planned:
    """An action and the group of the receipt that it belongs to."""

    action: Action
    group: str


@dataclass(frozen=True)
class Change:
    """What is not as it was: its name, and both, in words."""

    what: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} -> {self.now}"


def group(name: str, actions: Iterable[Action]) -> list[Planned]:
    """These actions, as parts of that group."""
    return [Planned(action, name) for action in actions]


def once(actions: Iterable[Planned]) -> tuple[Planned, ...]:
    """Without repetitions: on Windows, settings, data and state are in one directory."""
    found: dict[str, Planned] = {}
    for planned in actions:
        found.setdefault(planned.action.key, planned)
    return tuple(found.values())


@dataclass(frozen=True)
class Plan:
    """What to do, in order. covers: groups whose entries are undone afterwards when they are no longer
    in the plan; first_undo: groups that have to go before; changes: why, where something is installed
    already. Sizes are bytes."""

    actions: tuple[Planned, ...]
    covers: frozenset[str]
    about: dict[str, Any]
    aliases: tuple[str, ...] = ()
    first_undo: frozenset[str] = frozenset()
    whole: bool = False  # it is about everything that is to be here
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    promise: str = ""  # what the user can expect of autostart
    model: Model | None = None
    download_bytes: int = 0
    reused_bytes: int = 0  # on this machine already, elsewhere
    disk_needed: int = 0
    disk_free: int = 0

    @property
    def proves(self) -> bool:
        """Whether it ends with a proof that the server works."""
        return any(planned.action.key == PROOF for planned in self.actions)
