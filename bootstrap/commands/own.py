"""Sees a model of the user's own: reads the file that --model names, or asks where its address leads."""

from __future__ import annotations

import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files, settings, wish
from bootstrap.actions.check import CheckFile
from bootstrap.catalogue import HUGGING_FACE
from bootstrap.errors import BootstrapError, ChecksumError, FileError, ModelError, UsageError
from bootstrap.messages import tr
from bootstrap.stores import Found

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bootstrap import gguf
    from bootstrap.catalogue import Catalogue, Model
    from bootstrap.console import Console
    from bootstrap.paths import Paths
    from bootstrap.settings import Settings
    from bootstrap.supply import Supply


@dataclass(frozen=True)
class Own:
    """What came of --model. settings: with a name for it; catalogue: with that model in it.

    given: the user's file, by where it is wanted; found: likewise, where the catalogue has that file.
    """

    settings: Settings
    catalogue: Catalogue
    notes: tuple[str, ...] = ()
    given: Mapping[Path, Path] = field(default_factory=dict)
    found: Mapping[Path, Found] = field(default_factory=dict)


@dataclass(frozen=True)
class _Look:
    """What a look at a model depends on. wanted: the checksum that the user has given, "" for none."""

    settings: Settings
    catalogue: Catalogue
    paths: Paths
    console: Console
    wanted: str
    offline: bool

    @property
    def version(self) -> str:
        return self.catalogue.llamafile(self.settings.llamafile).version


def resolve(
    arguments: argparse.Namespace, chosen: Settings, entries: Catalogue, paths: Paths, console: Console
) -> Own:
    """The model that is wished for, if it is one of the user's own; one of an earlier run is known by name.

    Raises UsageError, ModelError, DownloadError, FileError where it cannot be had.
    """
    wanted = _checksum(arguments.sha256)
    look = _Look(chosen, entries, paths, console, wanted, offline=bool(arguments.folder))
    earlier = remembered(chosen, entries)
    named = _read(chosen.model, [*_names(entries), earlier.name if earlier else ""])
    if isinstance(named, wish.Local):
        return _of_file(named, look)
    if isinstance(named, wish.Address):
        return _of_address(named, look)
    if wanted:
        raise UsageError("--sha256 belongs to a file or an address", "give it with --model FILE or URL")
    if earlier is None or named.name.lower() != earlier.name:
        return Own(chosen, _with(earlier, entries))
    return _again(earlier, look)


def remembered(chosen: Settings, entries: Catalogue) -> Model | None:
    """The user's own model that config.toml tells of; None if it tells of none."""
    source, sha256 = chosen.model_source, chosen.model_sha256
    if not source or not sha256:
        return None
    place = wish.Address(source) if source.startswith(("http://", "https://")) else wish.Local(Path(source))
    file = wish.file_of(place)
    name = wish.name_of(file, _names(entries))
    return wish.model(source, file, name, sha256.lower(), chosen.model_size or 0)


def added_to(supply: Supply, own: Own, engines: Mapping[Path, Path]) -> Supply:
    """What there is beside the network, with what the user has named before everything else. engines: their
    llamafile, by where it is wanted."""
    found = {place: (file, *supply.found.get(place, ())) for place, file in own.found.items()}
    return replace(
        supply,
        found={**supply.found, **found},
        linked=supply.linked - found.keys(),
        given={**own.given, **engines},
    )


def measured(entry: Model, paths: Paths) -> Model:
    """The entry with the memory that the file in its place will take."""
    return _measured(entry, _installed(entry, paths))


def _read(word: str | None, names: list[str]) -> wish.Named | wish.Local | wish.Address:
    return wish.read(word, names, exists=files.is_file(word)) if word else wish.Named("")


def _of_file(named: wish.Local, look: _Look) -> Own:
    path = named.path
    size = _size_of(path, look.settings.model or "")
    from bootstrap import gguf

    header = gguf.check(path, path.name, look.version)  # before gigabytes are read
    checking = CheckFile(path.name, path, size)
    look.console.begin(checking)
    sha256 = checking.execute({}, look.console)["sha256"]
    look.console.end(checking)
    if look.wanted not in {"", sha256}:
        raise ChecksumError(
            "{path} has the checksum {sha256}… instead of {wanted}…",
            "check --sha256",
            path=path,
            sha256=sha256[:12],
            wanted=look.wanted[:12],
        )
    if known := _known(look.catalogue, sha256):
        place = look.paths.models / known.file
        note = tr("{name} is {known_name} of the catalogue", name=path.name, known_name=known.name)
        return Own(
            settings.overlay(look.settings, {"model": known.name}),
            look.catalogue,
            notes=(note,),
            found={place: Found(path, str(path))},
        )
    entry = wish.model(str(path), path.name, wish.name_of(path.name, _names(look.catalogue)), sha256, size)
    return _own(entry, header, look)


def _of_address(named: wish.Address, look: _Look) -> Own:
    from bootstrap.commands import address

    if look.offline:
        raise UsageError(
            "with --from nothing comes from the network, and --model is an address",
            "give a file or a name",
        )
    pinned = address.pin(named.url, look.wanted)
    file = wish.file_of(wish.Address(pinned.url))
    if known := _known(look.catalogue, pinned.sha256):
        note = tr("{file} is {name} of the catalogue", file=file, name=known.name)
        return Own(settings.overlay(look.settings, {"model": known.name}), look.catalogue, notes=(note,))
    header, told = address.peek(pinned.url, file, look.version)
    name = wish.name_of(file, _names(look.catalogue))
    entry = wish.model(pinned.url, file, name, pinned.sha256, pinned.size or told or 0)
    return _own(entry, header, look, pinned.notes)


def _again(entry: Model, look: _Look) -> Own:
    """The own model of an earlier run: what is installed is enough."""
    from bootstrap import gguf

    header, source = _installed(entry, look.paths), Path(entry.source)
    if header is None and entry.urls and not look.offline:
        from bootstrap.commands import address

        header, _ = address.peek(entry.source, entry.name, look.version)
    elif header is None and not entry.urls:
        if not files.is_file(entry.source):
            raise ModelError(
                "{name} is neither in {models} nor at {source} any more",
                "give the file again: --model FILE.gguf",
                name=entry.name,
                models=look.paths.models,
                source=source,
            )
        header = gguf.read(source, entry.name)
    if header:
        gguf.refuse(header, entry.name, look.version)  # which may be another one by now
    return _own(entry, header, look)


def _own(entry: Model, header: gguf.Header | None, look: _Look, notes: tuple[str, ...] = ()) -> Own:
    entry = _measured(entry, header)
    chosen = settings.overlay(
        look.settings,
        {
            "model": entry.name,
            "model_source": entry.source,
            "model_sha256": entry.sha256,
            "model_size": entry.about,
        },
    )
    given = {} if entry.urls else {look.paths.models / entry.file: Path(entry.source)}
    remarks = wish.remarks(entry, header, chosen.ctx_size)
    return Own(chosen, _with(entry, look.catalogue), (*notes, *remarks), given)


def _installed(entry: Model, paths: Paths) -> gguf.Header | None:
    """The header of what is in its place; None if that is not there or is broken, which will be repaired."""
    from bootstrap import gguf

    with suppress(BootstrapError):
        return gguf.read(paths.models / entry.file)
    return None


def _measured(entry: Model, header: gguf.Header | None) -> Model:
    return replace(entry, kv_bytes_per_token=header.kv_bytes_per_token) if header else entry


def _with(entry: Model | None, entries: Catalogue) -> Catalogue:
    return replace(entries, models=(*entries.models, entry)) if entry else entries


def _known(entries: Catalogue, sha256: str) -> Model | None:
    return next((model for model in entries.models if model.sha256 == sha256), None)


def _names(entries: Catalogue) -> list[str]:
    return [name for model in entries.everything for name in (model.name, *model.aliases)]


def _checksum(text: str | None) -> str:
    try:
        return settings.checksum(text) if text else ""
    except ValueError as error:
        raise UsageError(
            "--sha256 {text}: {error}", "see: bootstrap install --help", text=text, error=error
        ) from error


def _size_of(path: Path, word: str) -> int:
    """The size of a regular file, in bytes. Raises ModelError if it is none, FileError."""
    if any(0xD800 <= ord(letter) < 0xE000 for letter in str(path)):
        raise ModelError("{path!a} is not UTF-8, and config.toml cannot hold it", "rename it", path=str(path))
    try:
        with files.explained(path):
            status = path.stat()
    except FileError as error:
        if not isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise
        page = f"{HUGGING_FACE}/{word}/blob/main/FILE.gguf"
        is_repository = re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", word) and not word.endswith(".gguf")
        hint = (
            tr("for Hugging Face give the address of a file: {page}", page=page)
            if is_repository
            else tr("check --model")
        )
        raise ModelError(tr("there is no file {path}", path=path), hint) from error
    if stat.S_ISDIR(status.st_mode):
        raise ModelError("{path} is a directory", "name the .gguf file in it", path=path)
    if not stat.S_ISREG(status.st_mode):
        raise ModelError("{path} is not a file", "name a .gguf file", path=path)
    return status.st_size
