"""Where the files of a plan come from: the network, another program's copy on this machine, or a folder
that was filled for it. Pure: what is where was seen before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap import settings
from bootstrap.actions import Download
from bootstrap.errors import FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bootstrap.catalogue import Artifact
    from bootstrap.settings import Settings
    from bootstrap.stores import Found


@dataclass(frozen=True)
class Item:
    """A file that is wanted at `path`; `what` names it for the user. own_for: the version of llamafile that
    has to serve a model that the user has brought, "" for everything of the catalogue."""

    what: str
    artifact: Artifact
    path: Path
    executable: bool = False
    own_for: str = ""


@dataclass(frozen=True)
class Supply:
    """What there is beside the network. found: by the path where it is wanted; linked: those of these
    paths that will take no room; given: the user's own files, by where they are wanted; folder: where
    everything has to come from, in_folder: sizes in bytes of the files in it; catalogue: the text of the
    one that came with them, if later runs need it."""

    found: Mapping[Path, tuple[Found, ...]] = field(default_factory=dict)
    linked: frozenset[Path] = frozenset()
    given: Mapping[Path, Path] = field(default_factory=dict)
    folder: Path | None = None
    in_folder: Mapping[str, int] = field(default_factory=dict)
    catalogue: str = ""


@dataclass(frozen=True)
class Amounts:
    """Bytes that a plan brings, without those that are in their place: over the network, from this
    machine or a folder, and how much of the disk both take."""

    network: int
    local: int
    disk: int


def downloads(items: Iterable[Item], chosen: Settings, supply: Supply) -> list[Download]:
    """The actions that bring these files: from the user's mirrors first, at the user's pace."""
    mirrors = [mirror.rstrip("/") for mirror in chosen.mirror]
    return [
        Download(
            what=item.what,
            urls=(
                *(f"{mirror}/{item.artifact.file}" for mirror in mirrors if not item.own_for),
                *item.artifact.urls,
            ),
            path=item.path,
            sha256=item.artifact.sha256,
            size=item.artifact.size,
            about=item.artifact.about,
            executable=item.executable,
            found=tuple((str(found.path), found.place) for found in supply.found.get(item.path, ())),
            only_from=str(_only_place(item, supply) or ""),
            own_for=item.own_for,
            connections=chosen.connections,
            bytes_per_second=(settings.rate(chosen.limit_rate) if chosen.limit_rate else 0) or None,
        )
        for item in items
    ]


def _only_place(item: Item, supply: Supply) -> Path | None:
    """Where the file has to be, if there is only one such place."""
    in_folder = supply.folder / item.artifact.file if supply.folder else None
    return supply.given.get(item.path, in_folder)


def amounts(actions: Iterable[Download], present: Mapping[Path, int], supply: Supply) -> Amounts:
    """What is still to be brought; present: bytes that are there already, in part or whole."""
    network = local = disk = 0
    for action in actions:
        missing = max(0, action.about - present.get(action.path, 0))
        if action.found or action.only_from:
            local += missing
        else:
            network += missing
        if action.path not in supply.linked:
            disk += missing
    return Amounts(network, local, disk)


def complete(items: Iterable[Item], present: Mapping[Path, int], supply: Supply) -> None:
    """Raise FileError where the folder lacks a file that is not in its place yet, or has another one."""
    if not supply.folder:
        return
    hint = tr("fill it where there is a network: bootstrap bundle {folder}", folder=supply.folder)
    for item in items:
        size, wanted = supply.in_folder.get(item.artifact.file), item.artifact
        if present.get(item.path) == wanted.about or item.path in supply.given:
            continue
        if size is None:
            raise FileError(
                tr(
                    "there is no {file} in {folder} for {what}",
                    file=wanted.file,
                    folder=supply.folder,
                    what=item.what,
                ),
                hint,
            )
        if wanted.size not in {None, size}:
            raise FileError(
                tr(
                    "{folder} has {size} bytes, and {what} has {wanted_size}",
                    folder=supply.folder / wanted.file,
                    size=size,
                    what=item.what,
                    wanted_size=wanted.size,
                ),
                hint,
            )
