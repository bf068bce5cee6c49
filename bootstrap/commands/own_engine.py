"""Sees a llamafile that the user has as a file: it is taken for the version whose checksum it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bootstrap import files, settings
from bootstrap.actions.check import CheckFile
from bootstrap.errors import CatalogueError, FileError

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.catalogue import Catalogue
    from bootstrap.console import Console
    from bootstrap.paths import Paths
    from bootstrap.settings import Settings


def resolve(
    chosen: Settings, entries: Catalogue, paths: Paths, console: Console
) -> tuple[Settings, dict[Path, Path]]:
    """The settings with the file's version, and the file by where it is wanted.

    Raises FileError, and CatalogueError for a file that nobody vouches for: it would be executed.
    """
    word = chosen.llamafile or ""
    is_path = bool({"/", os.sep} & set(word)) or files.is_file(word)
    if word in {entry.version for entry in entries.llamafiles} or not is_path:
        return chosen, {}
    path = files.named(word)
    with files.explained(path):
        if not path.is_file():
            raise FileError(
                "--llamafile: {path} is no file", "name a llamafile, or a version of the catalogue", path=path
            )
        checking = CheckFile(path.name, path, path.stat().st_size)
    console.begin(checking)
    sha256 = checking.execute({}, console)["sha256"]
    console.end(checking)
    for entry in entries.llamafiles:
        if entry.sha256 == sha256:
            given = {paths.llamafile(entry.version): path}
            return settings.overlay(chosen, {"llamafile": entry.version}), given
    raise CatalogueError(
        "{path} has the checksum {sha256}, which no llamafile of the catalogue has",
        "if you trust it, name it with that checksum in a catalogue of your own: --catalogue FILE",
        path=path,
        sha256=sha256,
    )
