"""Whether a version of llamafile can serve the text model in a GGUF file; if not, why, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import catalogue
from bootstrap.errors import ModelError
from bootstrap.gguf.reading import read
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.gguf.header import Header

_OTHER = tr("choose a model that writes text: bootstrap models")
_KINDS = {
    "adapter": tr("an adapter (LoRA), which only changes another model"),
    "mmproj": tr("a projector, which only reads images for another model"),
    "imatrix": tr("statistics for quantizing a model, not a model"),
    "vocab": tr("a vocabulary without a model"),
}
_EMBEDDERS = ("bert", "embedding")  # in an architecture's name


def check(path: Path, name: str, version: str) -> Header:
    """The header of a whole file that llamafile of this version can serve. ModelError, FileError."""
    header = read(path, name)
    refuse(header, name, version)
    return header


def refuse(header: Header, name: str, version: str) -> None:
    """Raise ModelError for what llamafile of this version cannot serve, as far as it is known."""
    architecture = header.architecture
    if header.parts > 1:
        raise ModelError(
            "{name} is one of {parts} parts of a model",
            "choose a model in one file, or join them: llama-gguf-split --merge",
            name=name,
            parts=header.parts,
        )
    if what := _not_a_writer(header):
        raise ModelError(tr("{name} is {what}", name=name, what=what), _OTHER)
    known = catalogue.loads(version)
    if known is None:
        return
    if architecture not in known.architectures:
        raise ModelError(
            tr(
                "{name} is a {architecture} model, which llamafile {version} does not know",
                name=name,
                architecture=architecture or "nameless",
                version=version,
            ),
            _OTHER,
        )
    if newer := [kind for kind in header.tensor_types if kind >= known.tensor_types]:
        raise ModelError(
            "{name} has weights of type {newer}, which llamafile {version} does not know",
            "choose another quantization of it, such as Q4_K_M",
            name=name,
            newer=min(newer),
            version=version,
        )


def _not_a_writer(header: Header) -> str:
    """What it is, if no model that writes text; else ""."""
    if header.kind in _KINDS:
        return _KINDS[header.kind]
    if header.architecture == "clip":
        return _KINDS["mmproj"]
    if header.embeds or any(word in header.architecture for word in _EMBEDDERS):
        return tr("a model for embeddings, which writes no text")
    if header.architecture in {"t5", "t5encoder"}:
        return tr("a model with an encoder, which llamafile's server does not run")
    return "" if header.tensors else _KINDS["vocab"]
