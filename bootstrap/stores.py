"""Where other programs on this machine keep the models that they have downloaded, and whether one of them is
the file that we want. Looks at names and sizes only, a few thousand of them at most.

Hugging Face: "Hub Local Cache" in its Hub documentation, shared by llama.cpp since its #20775.
Ollama: BlobsPath in its manifest/paths.go, and where Linux distributions set OLLAMA_MODELS.
LM Studio: "Import Models" in its documentation. llama.cpp: fs_get_cache_directory in its common/common.cpp.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.messages import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST = 2000  # entries of one directory that are looked at: nobody has so many models
SETTINGS_BYTES = 1 << 20

_OLLAMA_OF_THE_SYSTEM = (
    "/usr/share/ollama/.ollama/models",
    "/var/lib/ollama",
    "/var/lib/ollama/models",
    "/var/lib/ollama/.ollama/models",
)


@dataclass(frozen=True)
class Wanted:
    """A file that we look for: its checksum, its name where models are kept by name, its size in bytes."""

    sha256: str
    file: str
    size: int | None


@dataclass(frozen=True)
class Found:
    """A file that may be the wanted one; only reading it can tell. place: whose it is, for the user."""

    path: Path
    place: str


def find(wanted: Wanted, home: Path, environment: Mapping[str, str]) -> tuple[Found, ...]:
    """What may be the wanted file, the most likely first; of unknown size only what is named by checksum."""
    places = _Places(home, environment)
    by_checksum = (
        *_found(later("the Hugging Face cache"), _hugging_face_blobs(places.hugging_face, wanted)),
        *_found(
            later("Ollama's models"), (root / "blobs" / f"sha256-{wanted.sha256}" for root in places.ollama)
        ),
    )
    by_name = () if wanted.size is None else (
        *_found(later("the Hugging Face cache"), _hugging_face_files(places.hugging_face, wanted)),
        *_found(later("LM Studio's models"), _two_below(places.lm_studio, wanted)),
        *_found(later("llama.cpp's cache"), _llama_cpp_files(places.llama_cpp, wanted)),
    )  # fmt: skip
    files: dict[Path, Found] = {}
    for found in (*by_checksum, *by_name):
        if _is_file(found.path, wanted.size):
            files.setdefault(found.path.resolve(), found)
    return tuple(files.values())


@dataclass(frozen=True)
class _Places:
    """The directories of each program, also those that may not be there."""

    home: Path
    environment: Mapping[str, str]

    @property
    def hugging_face(self) -> list[Path]:
        return self._all(
            ("HF_HUB_CACHE", ""),
            ("HUGGINGFACE_HUB_CACHE", ""),
            ("HF_HOME", "hub"),
            ("XDG_CACHE_HOME", "huggingface/hub"),
            ("HOME", ".cache/huggingface/hub"),
            ("LLAMA_CACHE", ""),  # llama.cpp's, laid out in the same way
        )

    @property
    def ollama(self) -> list[Path]:
        own = self._all(("OLLAMA_MODELS", ""), ("HOME", ".ollama/models"))
        return own + [Path(name) for name in _OLLAMA_OF_THE_SYSTEM]

    @property
    def lm_studio(self) -> list[Path]:
        homes = [self.home / ".lmstudio", self.home / ".cache" / "lm-studio"]
        if pointer := _text(self.home / ".lmstudio-home-pointer").strip():
            homes.insert(0, Path(pointer))
        return [folder for home in homes for folder in (_lm_studio_choice(home), home / "models") if folder]

    @property
    def llama_cpp(self) -> list[Path]:
        return self._all(
            ("LLAMA_CACHE", ""),
            ("XDG_CACHE_HOME", "llama.cpp"),
            ("HOME", ".cache/llama.cpp"),
            ("HOME", "Library/Caches/llama.cpp"),
            ("LOCALAPPDATA", "llama.cpp"),
        )

    def _all(self, *places: tuple[str, str]) -> list[Path]:
        """Below each variable that is set; HOME always is."""
        values = dict(self.environment) | {"HOME": str(self.home)}
        found = (self._expanded(values[name]) / below for name, below in places if values.get(name))
        return list(dict.fromkeys(found))

    def _expanded(self, text: str) -> Path:
        return self.home / text[2:] if text.startswith("~/") else Path(text)


def _found(place: str, paths: Iterable[Path]) -> Iterator[Found]:
    return (Found(path, place) for path in paths)


def _hugging_face_blobs(roots: Iterable[Path], wanted: Wanted) -> Iterator[Path]:
    """models--OWNER--NAME/blobs/SHA256"""
    return (repo / "blobs" / wanted.sha256 for root in roots for repo in _entries(root, "models--"))


def _hugging_face_files(roots: Iterable[Path], wanted: Wanted) -> Iterator[Path]:
    """models--OWNER--NAME/snapshots/REVISION/FILE: the only place where there are no symbolic links."""
    for root in roots:
        for repo in _entries(root, "models--"):
            yield from (revision / wanted.file for revision in _entries(repo / "snapshots"))


def _two_below(roots: Iterable[Path], wanted: Wanted) -> Iterator[Path]:
    """PUBLISHER/NAME/FILE"""
    for root in roots:
        for publisher in _entries(root):
            yield from (name / wanted.file for name in _entries(publisher))


def _llama_cpp_files(roots: Iterable[Path], wanted: Wanted) -> Iterator[Path]:
    """OWNER_NAME_FILE"""
    return (path for root in roots for path in _entries(root) if path.name.endswith(wanted.file))


def _lm_studio_choice(home: Path) -> Path | None:
    """The folder that the user has chosen for models, if any."""
    try:
        folder = json.loads(_text(home / "settings.json"))["downloadsFolder"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Path(folder) if isinstance(folder, str) and folder else None


def _entries(directory: Path, prefix: str = "") -> list[Path]:
    """The first entries of a directory, in no order; none of one that is not there or not for us."""
    try:
        with os.scandir(directory) as entries:
            return [directory / e.name for e in itertools.islice(entries, MOST) if e.name.startswith(prefix)]
    except (OSError, ValueError):
        return []


def _is_file(path: Path, size: int | None) -> bool:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == (status.st_size if size is None else size)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(SETTINGS_BYTES).decode("utf-8")
    except (OSError, ValueError):
        return ""
