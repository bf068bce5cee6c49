"""Asks where the address of a model leads: its checksum for good, and what its first bytes tell."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import gguf, wish
from bootstrap.download import huggingface, inquire
from bootstrap.errors import ChecksumError, DownloadError, ModelError, UsageError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.download.huggingface import RepositoryFile


@dataclass(frozen=True)
class Pinned:
    """An address whose file is known by its checksum; size in bytes if it is known, and what to say."""

    url: str
    sha256: str
    size: int | None = None
    notes: tuple[str, ...] = ()


def pin(url: str, wanted: str) -> Pinned:
    """wanted: the checksum that the user has given, "" for none: then it has to be one of Hugging Face.

    UsageError, ModelError, ChecksumError, DownloadError.
    """
    file = huggingface.file_at(url)
    if file is None and not wanted:
        raise UsageError(
            "the checksum of {url} is not known",
            "add --sha256 HEX, from where the address is published",
            url=wish.file_of(wish.Address(url)),
        )
    found = _asked(file, wanted) if file else None
    if file is None or found is None:
        return Pinned(url, wanted)
    if wanted not in {"", found.sha256}:
        raise ChecksumError(
            "{path} has the checksum {sha256}… at Hugging Face instead of {wanted}…",
            "check --sha256, and the revision in the address",
            path=file.path,
            sha256=found.sha256[:12],
            wanted=wanted[:12],
        )
    where = tr(
        "{path} of {repository}, at {revision}",
        path=file.path,
        repository=file.repository,
        revision=found.file.revision[:12],
    )
    return Pinned(
        found.file.url, found.sha256, found.size, (where, tr("pinned sha256 {sha256}", sha256=found.sha256))
    )


def peek(url: str, name: str, version: str) -> tuple[gguf.Header | None, int | None]:
    """What the first bytes at an address tell, and the size of the file; nothing if it does not answer now:
    the download will say why. ModelError for what llamafile of this version cannot serve."""
    with suppress(DownloadError):
        data, size = inquire.peek(huggingface.at_endpoint(url))
        header = gguf.begin(data, name)
        if header:
            gguf.refuse(header, name, version)
        return header, size
    return None, None


def _asked(file: RepositoryFile, wanted: str) -> inquire.Pinned | None:
    """What the hub knows of a file; None if it tells nothing, and need not."""
    try:
        found = inquire.pin(file)
    except DownloadError:
        if wanted:
            return None
        raise
    if found is None and not wanted:
        raise ModelError("Hugging Face tells no checksum of {path}", "add --sha256 HEX", path=file.path)
    return found
