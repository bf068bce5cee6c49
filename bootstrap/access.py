"""Who may use the server: where the key is that clients need, if they need one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.actions import KeepKey
from bootstrap.errors import UsageError
from bootstrap.messages import tr
from bootstrap.server import is_open

if TYPE_CHECKING:
    from bootstrap.paths import Paths
    from bootstrap.server import Dialect
    from bootstrap.settings import Settings

AUTO, OFF = "auto", "off"
IN_A_FILE = tr("write the key into a file, and name that one: --api-key FILE")


@dataclass(frozen=True)
class Seen:
    """What was seen of the file that `key_file` names. stamp: changes whenever the file does; problem: why
    its content is no key, in words; secret: a new key, where one has to be made."""

    stamp: str = ""
    problem: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Access:
    """The decision. path: of the file with the key, None for none; actions: what brings it there."""

    path: Path | None = None
    stamp: str = ""
    actions: tuple[KeepKey, ...] = ()
    notes: tuple[str, ...] = ()


def wanted(settings: Settings, dialect: Dialect | None = None) -> str:
    """ "auto", "off", or the user's own file; of a server that knows no key none is wanted by default."""
    if settings.api_key:
        return settings.api_key
    able = dialect is None or dialect.can("key_file")
    return AUTO if settings.strict or (is_open(settings.host) and able) else OFF


def key_file(settings: Settings, paths: Paths) -> Path | None:
    """Where the key is, or is to be; None where there may be none."""
    choice = wanted(settings)
    if choice == OFF:
        return None
    return paths.key_file if choice == AUTO else Path(choice)


def decide(settings: Settings, paths: Paths, dialect: Dialect, seen: Seen) -> Access:
    """Raises UsageError where the wishes contradict each other, or there is no key in the file."""
    choice = wanted(settings, dialect)
    if choice == OFF and settings.strict:
        raise UsageError("--strict and --api-key off contradict each other", "choose one of them")
    if choice == OFF:
        if not is_open(settings.host):
            return Access()
        if not settings.api_key:
            raise UsageError(
                "{name} knows no key, and others reach a server on {host}",
                "choose --host 127.0.0.1, or --api-key off if everybody may use it",
                name=dialect.name,
                host=settings.host,
            )
        return Access(
            notes=(
                tr(
                    "Everybody who reaches {host} can use the model: better --api-key auto",
                    host=settings.host,
                ),
            )
        )
    path = key_file(settings, paths)
    assert path
    if seen.problem:
        hint = tr("remove it, then: bootstrap --api-key {file}", file=choice) if choice == AUTO else IN_A_FILE
        raise UsageError(f"{path} {seen.problem}", hint)
    notes = []
    if is_open(settings.host):
        notes.append(
            tr(
                "Others reach the server on {host}; who has the key in {path} can use the model",
                host=settings.host,
                path=path,
            )
        )
    making = (KeepKey(path, seen.stamp, seen.secret),) if choice == AUTO else ()
    return Access(path, seen.stamp, making, tuple(notes))
