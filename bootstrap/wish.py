"""What --model means: a name of the catalogue, a file, or an address; and what a model is called then."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bootstrap import files
from bootstrap.catalogue import Model
from bootstrap.errors import UsageError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bootstrap.gguf import Header

LONGEST = 150  # characters of a name: file systems allow 255 bytes
SHORT = 8  # digits of the checksum in a file's name

# What a name says of how the weights are stored, such as -Q4_K_M, .i1-IQ2_XXS, -UD-Q8_0 or -bf16
_STORED = re.compile(
    r"[-._](?:(?:ud|i1|imat|imatrix)[-._])?(?:i?q\d(?:_[a-z0-9]+)*|tq\d_\d|b?f16|fp?(?:16|32)|mxfp4(?:_\w+)?)$",
    re.IGNORECASE,
)
_PART = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A name; whether the catalogue has it is for the catalogue to say."""

    name: str


@dataclass(frozen=True)
class Local:
    """A file on this machine."""

    path: Path


@dataclass(frozen=True)
class Address:
    """A file somewhere in the network."""

    url: str


def read(word: str, names: Iterable[str], *, exists: bool) -> Named | Local | Address:
    """What the user means; a name of the catalogue always wins. exists: whether there is such a file.

    UsageError for what can be no model file: a part of one, or an address of nothing.
    """
    if word.lower() in {name.lower() for name in names}:
        return Named(word)
    # Most runs name a model of the catalogue, or none.
    from bootstrap.download import huggingface

    if re.match(r"[a-z][a-z0-9+.-]+://", word, re.IGNORECASE) or huggingface.knows(word):
        wish: Local | Address = Address(_address(word))
    elif exists or word.lower().endswith(".gguf") or {"/", os.sep} & set(word):
        wish = Local(files.named(word))
    else:
        return Named(word)
    if part := _PART.search(file_of(wish)):
        raise UsageError(
            "{wish} is one of {part} parts of a model",
            "choose a model in one file, or join them: llama-gguf-split --merge",
            wish=file_of(wish),
            part=int(part[1]),
        )
    return wish


def file_of(wish: Local | Address) -> str:
    """The file's own name."""
    if isinstance(wish, Local):
        return wish.path.name
    return unquote(urlsplit(wish.url).path.rpartition("/")[2])


def name_of(file: str, taken: Iterable[str]) -> str:
    """What a model from a file of this name is called: "Foo-7B-Q4_K_M.gguf" is foo-7b, unless that name
    is taken; then foo-7b-q4_k_m, or a number as well."""
    stem = re.sub(r"\.gguf$", "", file, flags=re.IGNORECASE)
    others = {name.lower() for name in taken}
    whole, plain = _safe(stem).lower(), _safe(_STORED.sub("", stem)).lower()
    numbered = (f"{whole}-{number}" for number in range(2, len(others) + 3))
    return next(name for name in (plain, whole, *numbered) if name not in others)


def model(source: str, file: str, name: str, sha256: str, size: int) -> Model:
    """The entry of a catalogue for a user's own model. source: the path or address that it came from.

    Its file's name ends in the checksum, so that another model never takes the place of one that runs.
    """
    stem = _safe(re.sub(r"\.gguf$", "", file, flags=re.IGNORECASE))
    from bootstrap.download import huggingface

    urls = (huggingface.at_endpoint(source),) if source.startswith(("http://", "https://")) else ()
    kept = f"{stem}-{sha256[:SHORT]}.gguf"
    return Model(name, kept, urls, sha256, size or None, size, source=source)


def remarks(entry: Model, header: Header | None, ctx_size: int) -> list[str]:
    """What the user should know about a model of their own."""
    trained = header.context_length if header else None
    if trained and trained < ctx_size:
        return [
            tr(
                "{name} was trained for {trained} tokens: better use --ctx-size {trained}",
                name=entry.name,
                trained=trained,
            )
        ]
    return []


def _address(word: str) -> str:
    """An address with a file's name at its end; of the hub, the public one. UsageError."""
    from bootstrap.download import huggingface

    if file := huggingface.file_at(word):
        return file.url
    try:
        split = urlsplit(word)
        fine = split.scheme.lower() in {"http", "https"} and split.hostname and not split.path.endswith("/")
    except ValueError:
        fine = False
    if not fine or " " in word:
        raise UsageError(
            "{word} is no address of a file", "give an http or https address of a .gguf file", word=word
        )
    return word.partition("#")[0]


def _safe(stem: str) -> str:
    """A name that file systems, command lines and llamafile like, which stumbles over an @."""
    clean = re.sub(r"[^A-Za-z0-9.+_-]+", "-", stem).strip("-._+")
    return clean[:LONGEST].rstrip("-._+") or "model"
