"""Sees what there is beside the network: the models of other programs, and the folder of --from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import catalogue, download, files, stores
from bootstrap.errors import CatalogueError, FileError
from bootstrap.supply import Supply

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from bootstrap.catalogue import Artifact, Catalogue
    from bootstrap.paths import Paths
    from bootstrap.settings import Settings


def folder_of(arguments: argparse.Namespace) -> Path | None:
    """The folder of --from. Raises FileError if it is none."""
    if not arguments.folder:
        return None
    folder = Path(arguments.folder).absolute()
    if not folder.is_dir():
        raise FileError(
            "--from: {folder} is not a directory", "name the folder that `bundle` has filled", folder=folder
        )
    return folder


def catalogue_of(
    arguments: argparse.Namespace, chosen: Settings, paths: Paths, folder: Path | None
) -> tuple[Catalogue, str]:
    """The catalogue of this run, and its text if it has to be kept for later runs: that of the folder, if
    it has one that says more than the usual one, and the user has named none. Raises CatalogueError."""
    usual = Path(chosen.catalogue) if chosen.catalogue else None
    own = folder / "catalogue.toml" if folder else None
    if own and own.is_file() and not arguments.catalogue:
        entries = catalogue.load(own)
        if not _adds_nothing(entries, usual):
            return entries, _text(own)
    else:
        entries = catalogue.load(usual)
    return entries, _text(usual) if usual == paths.catalogue_file else ""


def supply(
    chosen: Settings, wanted: Iterable[tuple[Artifact, Path]], folder: Path | None, kept: str
) -> Supply:
    """What is here of the wanted artifacts, each with the path where it is to go."""
    if folder:
        return Supply(folder=folder, in_folder=sizes(folder), catalogue=kept)
    missing = [(artifact, path) for artifact, path in wanted if chosen.reuse and not path.exists()]
    found = {path: elsewhere(artifact) for artifact, path in missing}
    linked = frozenset(
        path for artifact, path in missing if found[path] and _is_linked(artifact, path, found)
    )
    return Supply(found=found, linked=linked, catalogue=kept)


def elsewhere(artifact: Artifact) -> tuple[stores.Found, ...]:
    """Where other programs have this file, perhaps."""
    wanted = stores.Wanted(artifact.sha256, artifact.file, artifact.size)
    return stores.find(wanted, Path.home(), os.environ)


def _is_linked(artifact: Artifact, path: Path, found: Mapping[Path, tuple[stores.Found, ...]]) -> bool:
    source = download.Source(artifact.name, (), artifact.sha256, artifact.size)
    try:
        return download.may_link(found[path][0].path, source, path)
    except OSError:
        return False


def _adds_nothing(own: Catalogue, usual: Path | None) -> bool:
    try:
        known = _pins(catalogue.load(usual))
    except CatalogueError:  # such as one on a disk that is not there any more
        return False
    return _pins(own) <= known


def _pins(entries: Catalogue) -> set[tuple[str, str]]:
    everything: tuple[Artifact, ...] = (*entries.llamafiles, *entries.models, *entries.packaged)
    return {(entry.name, entry.sha256) for entry in everything}


def sizes(folder: Path) -> dict[str, int]:
    """The files in a folder and their sizes in bytes. Raises FileError."""
    with files.explained(folder), os.scandir(folder) as entries:
        return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}


def _text(path: Path) -> str:
    with files.explained(path):
        return path.read_text("utf-8")
