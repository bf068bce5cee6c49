"""What can be installed: engines and models, each with its address and checksum, as data.

The built-in catalogue and one given with `--catalogue` have the same shape (see catalogue.toml).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from bootstrap import resources
from bootstrap.errors import CatalogueError
from bootstrap.messages import any_of, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

HUGGING_FACE = "https://huggingface.co"
PACKAGED_WITH = "0.9.x"  # where an entry does not say which version of llamafile is around a model
BUFFERS = 600 << 20  # llama.cpp's compute buffers and the program itself, seen as 300 to 600 MiB


@dataclass(frozen=True)
class Artifact:
    """One file that can be downloaded. `about` is its size in bytes for planning, where none is pinned."""

    name: str
    file: str
    urls: tuple[str, ...]
    sha256: str
    size: int | None
    about: int


@dataclass(frozen=True)
class Llamafile(Artifact):
    """One version of the engine."""

    @property
    def version(self) -> str:
        """As in its file name and in what `--version` prints."""
        return self.name


@dataclass(frozen=True)
class Model(Artifact):
    """One model as a GGUF file, or with a llamafile around it.

    inside: the version of that llamafile; source: the path or address that the user has named, "" for a
    model of the catalogue.
    """

    aliases: tuple[str, ...] = ()
    licence: str = ""
    note: str = ""
    memory_needed: int | None = None
    kv_bytes_per_token: int | None = None
    chat_template: str | None = None  # where llamafile does not find the right one itself
    inside: str = ""
    source: str = ""

    @property
    def engine(self) -> Llamafile | None:
        """The llamafile around it, which is the same file; None for a GGUF file."""
        if not self.inside:
            return None
        return Llamafile(self.inside, self.file, self.urls, self.sha256, self.size, self.about)

    def memory(self, ctx_size: int) -> int:
        """Bytes of memory that serving it takes, estimated: weights, attention cache, buffers."""
        if self.memory_needed is not None:
            return self.memory_needed
        cache = self.kv_bytes_per_token * ctx_size if self.kv_bytes_per_token else self.about // 5
        return self.about + cache + BUFFERS


@dataclass(frozen=True)
class Loads:
    """What one version of llamafile can load: names of architectures, and the numbers of ggml's types
    below `tensor_types`."""

    architectures: frozenset[str]
    tensor_types: int


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be installed; the first entries are the defaults."""

    llamafiles: tuple[Llamafile, ...]
    models: tuple[Model, ...]
    packaged: tuple[Model, ...]  # the engine with a model inside
    preferred: tuple[str, ...]  # models to choose from when the user names none, best first

    def llamafile(self, version: str | None) -> Llamafile:
        """The engine of this version, or the default one. Raises CatalogueError."""
        if not self.llamafiles:
            raise CatalogueError(
                "the catalogue has no llamafile by itself", "add one, or use another catalogue"
            )
        if version is None:
            return self.llamafiles[0]
        return _named(version, self.llamafiles, tr("llamafile version"), lambda entry: (entry.version,))

    def model(self, name: str) -> Model:
        """The model of this name or alias. Raises CatalogueError with the closest names."""
        return _named(name, self.everything, "model", lambda entry: (entry.name, *entry.aliases))

    @property
    def everything(self) -> tuple[Model, ...]:
        """All models, those with a llamafile around them last."""
        return (*self.models, *self.packaged)


_Entry = TypeVar("_Entry", bound=Artifact)


def _named(
    name: str, entries: Iterable[_Entry], what: str, names: Callable[[_Entry], tuple[str, ...]]
) -> _Entry:
    known = {alias.lower(): entry for entry in entries for alias in names(entry)}
    if found := known.get(name.lower()):
        return found
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5) or list(known)[:3]
    raise CatalogueError(
        "there is no {what} {name!r}", "did you mean {close}?", what=what, name=name, close=any_of(close)
    )


def load(path: Path | None = None, *, hugging_face: str | None = None) -> Catalogue:
    """The built-in catalogue, or the one in a file. Raises CatalogueError.

    hugging_face: where models are downloaded from, $HF_ENDPOINT or the public address.
    """
    where = str(path) if path else tr("the built-in catalogue")
    try:
        text = path.read_text("utf-8") if path else resources.text("catalogue.toml")
        tables = tomllib.loads(text)
    except OSError as error:
        raise CatalogueError(
            "{where} cannot be read: {strerror}", "check --catalogue", where=where, strerror=error.strerror
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(
            "{where} is not valid TOML: {error}", "correct that line", where=where, error=error
        ) from error
    endpoint = (hugging_face or os.environ.get("HF_ENDPOINT") or HUGGING_FACE).rstrip("/")
    models = tuple(_model(entry, where, endpoint) for entry in _tables(tables, "model", where))
    llamafiles = tuple(_llamafile(entry, where) for entry in _tables(tables, "llamafile", where))
    packaged = tuple(_packaged(entry, where, endpoint) for entry in _tables(tables, "packaged", where))
    if not (models and llamafiles) and not packaged:
        raise CatalogueError(
            "{where} needs at least one [[model]] and one [[llamafile]]", "add them", where=where
        )
    _no_two_alike([llamafile.version for llamafile in llamafiles], where)
    _no_two_alike([name for model in (*models, *packaged) for name in (model.name, *model.aliases)], where)
    names = [model.name for model in (*models, *packaged)]
    preferred = tables.get("preferred", [model.name for model in models] or names)
    if not isinstance(preferred, list) or not preferred or not {*names}.issuperset(preferred):
        raise CatalogueError("{where}: preferred must be a list of models in it", "correct it", where=where)
    return Catalogue(llamafiles, models, packaged, tuple(preferred))


def address() -> str:
    """The project's public address, from the built-in catalogue."""
    return str(tomllib.loads(resources.text("catalogue.toml"))["project"]["address"])


def loads(version: str) -> Loads | None:
    """What llamafile of this version can load; None where it is not known. A fact about the version,
    whatever catalogue is used."""
    found = tomllib.loads(resources.text("catalogue.toml"))["loads"].get(version)
    return Loads(frozenset(found["architectures"]), found["tensor_types"]) if found else None


def _no_two_alike(names: list[str], where: str) -> None:
    """Which one would be installed? That is said, not guessed."""
    lower = [name.lower() for name in names]
    if twice := [name for name in lower if lower.count(name) > 1]:
        raise CatalogueError(
            "{where} has two entries named {twice}", "rename one of them", where=where, twice=twice[0]
        )


def _tables(tables: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    found = tables.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise CatalogueError(
            "{where}: {name} must be written as [[{name}]]", "correct it", where=where, name=name
        )
    return found


def _llamafile(entry: dict[str, Any], where: str) -> Llamafile:
    version = _text(entry, "version", tr("{where}: a llamafile", where=where))
    where = tr("{where}: llamafile {version}", where=where, version=version)
    return Llamafile(**_artifact(entry, version, where, (_text(entry, "url", where),)))


def _model(entry: dict[str, Any], where: str, endpoint: str) -> Model:
    name = _text(entry, "name", tr("{where}: a model", where=where))
    where = tr("{where}: model {name}", where=where, name=name)
    if entry.get("url") == "":
        urls: tuple[str, ...] = ()  # somebody's own file, in the folder that this is the catalogue of
    elif "url" in entry:
        urls = (_text(entry, "url", where),)
    else:
        repo, revision, file = (_text(entry, key, where) for key in ("repo", "revision", "file"))
        urls = (f"{endpoint}/{repo}/resolve/{revision}/{file}",)
    return Model(
        **_artifact(entry, name, where, urls),
        aliases=_texts(entry, "aliases", where),
        licence=str(entry.get("licence", "")),
        note=str(entry.get("note", "")),
        memory_needed=_bytes(entry, "memory", where),
        kv_bytes_per_token=_bytes(entry, "kv_bytes_per_token", where),
        chat_template=entry.get("chat_template"),
    )


def _packaged(entry: dict[str, Any], where: str, endpoint: str) -> Model:
    return replace(_model(entry, where, endpoint), inside=str(entry.get("llamafile", PACKAGED_WITH)))


def _artifact(entry: dict[str, Any], name: str, where: str, urls: tuple[str, ...]) -> dict[str, Any]:
    sha256 = _text(entry, "sha256", where).lower()
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise CatalogueError("{where}: sha256 must be 64 hexadecimal digits", "correct it", where=where)
    urls += _texts(entry, "mirrors", where)
    if wrong := [url for url in urls if not re.fullmatch(r"https?://[^/\s]+/\S+", url)]:
        raise CatalogueError(
            "{where}: {wrong!r} is not an http address", "correct it", where=where, wrong=wrong[0]
        )
    if not re.fullmatch(r"[\w.+-]+", name) or name.startswith("."):
        raise CatalogueError(
            "{where}: {name!r} cannot be a name", "use letters, digits and .+-_", where=where, name=name
        )
    file = str(entry.get("file") or "".join(urls[:1]).partition("?")[0].rpartition("/")[2])
    if not re.fullmatch(r"[\w.+@ -]+", file) or file.startswith("."):
        raise CatalogueError(
            "{where}: {file!r} cannot be a file name", "give it a plain file = …", where=where, file=file
        )
    size = _bytes(entry, "size", where)
    about = size if size is not None else _bytes(entry, "about", where) or 0
    return {
        "name": name,
        "file": file,
        "urls": urls,
        "sha256": sha256,
        "size": size,
        "about": about,
    }


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise CatalogueError("{where} has no {key}", "add {key} = …", where=where, key=key)
    return value


def _texts(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CatalogueError("{where}: {key} must be a list of texts", "correct it", where=where, key=key)
    return tuple(value)


def _bytes(entry: dict[str, Any], key: str, where: str) -> int | None:
    value = entry.get(key)
    if value is not None and (type(value) is not int or value < 0):
        raise CatalogueError(
            "{where}: {key} must be a whole number of bytes", "correct it", where=where, key=key
        )
    return value
