"""Reads the header of a GGUF file, of version 2 or 3, and never the tensors behind it.

Source: the GGUF specification, docs/gguf.md of ggml; sizes of types: ggml's type_traits.
"""

from __future__ import annotations

import io
import math
import os
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.errors import FileError, ModelError
from bootstrap.gguf import other
from bootstrap.gguf.header import Value, from_values, is_wanted
from bootstrap.gguf.stream import BrokenError, EndError, Stream
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.gguf.header import Header

MAGIC = b"GGUF"
VERSIONS = (2, 3)
AGAIN = tr("fetch it again, from where it was made")

# More than any model has: what says so is broken, and would only keep us busy.
_MOST_VALUES, _MOST_TENSORS, _MOST_LAYERS, _MOST_KEPT = 10_000, 200_000, 1024, 64

_TEXT, _ARRAY = 8, 9
_FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

# ggml's types by number: how many weights a block holds, and in how many bytes.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


@dataclass
class _Found:
    """What was read so far of the file that the user knows by this name."""

    name: str
    version: int = 0
    tensors: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    types: set[int] = field(default_factory=set)
    needs: int = 0

    def header(self) -> Header:
        return from_values(self.version, self.values, self.tensors, frozenset(self.types), self.needs)


def read(path: Path, name: str = "") -> Header:
    """The header of a whole file. name: what to call it in errors.

    ModelError for anything but a complete GGUF file, FileError where it cannot be read.
    """
    found = _Found(name or path.name)
    size = 0
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            other.refuse(file.read(other.ENOUGH), found.name)
            file.seek(0)
            _header(Stream(file, size), found)
    except OSError as error:
        raise FileError(
            "cannot read {path}: {strerror}",
            "make it readable",
            path=path,
            strerror=(error.strerror or str(error)).lower(),
        ) from error
    except EndError:
        raise ModelError(
            tr("{name} is cut off within its header, after {size} bytes", name=found.name, size=size), AGAIN
        ) from None
    if found.needs > size:
        raise ModelError(
            tr(
                "{name} is cut off: it has {size} bytes of {needs}",
                name=found.name,
                size=size,
                needs=found.needs,
            ),
            AGAIN,
        )
    return found.header()


def begin(data: bytes, name: str) -> Header | None:
    """What the first bytes of a file tell already; None if not even the architecture.

    ModelError for the beginning of anything but a GGUF file.
    """
    other.refuse(data, name)
    found = _Found(name)
    try:
        _header(Stream(io.BytesIO(data), len(data)), found)
    except EndError:
        found.types, found.needs = set(), 0
    return found.header() if "general.architecture" in found.values else None


def _header(stream: Stream, found: _Found) -> None:
    """Everything before the tensors' own bytes. ModelError, EndError."""
    stream.skip(len(MAGIC))
    data = stream.take(4)
    found.version = int.from_bytes(data, "little")
    if int.from_bytes(data, "big") in VERSIONS:
        raise ModelError(
            tr("{name} is for machines of another byte order (big-endian)", name=found.name), AGAIN
        )
    if found.version not in VERSIONS:
        raise ModelError(
            "{name} is in version {version} of GGUF, and llamafile reads 2 and 3",
            "look for a newer conversion of the same model",
            name=found.name,
            version=found.version,
        )
    try:
        _contents(stream, found)
    except BrokenError as error:
        raise ModelError(
            tr("{name} is a broken GGUF file: it has {error}", name=found.name, error=error), AGAIN
        ) from None


def _contents(stream: Stream, found: _Found) -> None:
    found.tensors, values = stream.number("Q"), stream.number("Q")
    if found.tensors > _MOST_TENSORS or values > _MOST_VALUES:
        raise BrokenError(tr("{tensors} tensors and {values} values", tensors=found.tensors, values=values))
    for _ in range(values):
        key = stream.text()
        value = _value(stream, keep=is_wanted(key))
        if value is not None:
            found.values[key] = value
        if len(found.values) > _MOST_KEPT:
            raise BrokenError(tr("more than {most_kept} architectures", most_kept=_MOST_KEPT))
    ends = max((_tensor(stream, found) for _ in range(found.tensors)), default=0)
    alignment = found.values.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= 1 << 20:
        raise BrokenError(tr("an alignment of {alignment}", alignment=alignment))
    found.needs = -(-stream.position // alignment) * alignment + ends


def _value(stream: Stream, *, keep: bool) -> Value | None:
    """One value; None if it is not to be kept, or is a list of anything but whole numbers."""
    kind = stream.number("I")
    if kind == _TEXT:
        if keep:
            return stream.text()
        stream.skip_texts(1)
        return None
    if kind == _ARRAY:
        return _array(stream, keep=keep)
    layout = _layout(kind)
    value: Value = layout.unpack(stream.take(layout.size))[0]
    return value if keep else None


def _array(stream: Stream, *, keep: bool) -> Value | None:
    kind, count = stream.number("I"), stream.number("Q")
    if kind == _TEXT:
        stream.skip_texts(count)
        return None
    layout = _layout(kind)
    if not keep or count > _MOST_LAYERS or _FORMS[kind] in "fd?":
        stream.skip(layout.size * count)
        return None
    data = stream.take(layout.size * count)
    return tuple(int(item) for (item,) in layout.iter_unpack(data))


def _layout(kind: int) -> struct.Struct:
    if kind not in _FORMS:
        raise BrokenError(tr("a value of the unknown type {kind}", kind=kind))
    return struct.Struct(f"<{_FORMS[kind]}")


def _tensor(stream: Stream, found: _Found) -> int:
    """Where one tensor ends, in bytes from where the first one begins."""
    stream.text()
    dimensions = stream.number("I")
    if dimensions > 4:
        raise BrokenError(tr("a tensor of {dimensions} dimensions", dimensions=dimensions))
    sizes = [stream.number("Q") for _ in range(dimensions)]
    kind, offset = stream.number("I"), stream.number("Q")
    count = math.prod(sizes)
    if not 0 < count < 1 << 63:
        raise BrokenError(tr("a tensor of {count} weights", count=count))
    found.types.add(kind)
    weights, size = _BLOCKS.get(kind, (1, 0))
    return offset + -(-count // weights) * size
