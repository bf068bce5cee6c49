"""What the header of a GGUF file says, as far as it decides whether and how a model can be served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | bool | tuple[int, ...]

F16 = 2  # bytes of one number in the attention cache, which llamafile keeps in half precision
_MOST = 1 << 32  # the format keeps these numbers in 32 bits

# key → where "{arch}" stands for what general.architecture says
_KEYS = frozenset(
    {"general.architecture", "general.name", "general.type", "general.alignment", "split.count"}
)
_ENDINGS = (
    ".context_length",
    ".embedding_length",
    ".block_count",
    ".pooling_type",
    ".attention.causal",
    ".attention.head_count",
    ".attention.head_count_kv",
    ".attention.key_length",
    ".attention.value_length",
)


def is_wanted(key: str) -> bool:
    """Whether the value of a key decides anything here."""
    return key in _KEYS or key.endswith(_ENDINGS)


@dataclass(frozen=True)
class Header:
    """One GGUF file. kind: "model", "adapter", "mmproj" and so on; parts: of how many files it is one.

    kv_bytes_per_token: memory that the attention cache takes, None where the header does not tell;
    tensor_types: numbers of ggml's types; needs: bytes that the file must have for its tensors. Both
    say nothing (empty, 0) where only the beginning was read.
    """

    version: int
    architecture: str
    name: str
    kind: str
    parts: int
    embeds: bool
    context_length: int | None
    kv_bytes_per_token: int | None
    tensors: int
    tensor_types: frozenset[int] = frozenset()
    needs: int = 0


def from_values(
    version: int, values: Mapping[str, Value], tensors: int, types: frozenset[int], needs: int
) -> Header:
    """The header with these values in it, whatever their types are."""
    architecture = _text(values.get("general.architecture"))
    own = {key.removeprefix(f"{architecture}."): value for key, value in values.items()}
    return Header(
        version=version,
        architecture=architecture,
        name=_text(values.get("general.name")),
        kind=_text(values.get("general.type")) or "model",
        parts=_number(values.get("split.count")) or 1,
        # llama.cpp pools what an embedding model says into one vector; a model that writes does not
        embeds=bool(_number(own.get("pooling_type"))) or own.get("attention.causal") is False,
        context_length=_number(own.get("context_length")),
        kv_bytes_per_token=_cache(own),
        tensors=tensors,
        tensor_types=types,
        needs=needs,
    )


def _cache(own: Mapping[str, Value]) -> int | None:
    """Bytes of attention cache for each token: keys and values of every key-value head of every layer.

    As llama.cpp allocates it: a missing head_count_kv is head_count, a missing length of keys or
    values is embedding_length / head_count. Without attention heads, as in Mamba, there is none.
    """
    layers, heads = _number(own.get("block_count")), own.get("attention.head_count")
    if layers is None or heads is None:
        return None
    first = _number(heads[0] if isinstance(heads, tuple) and heads else heads)
    if first == 0:
        return 0
    width = (_number(own.get("embedding_length")) or 0) // first if first else None
    key = _number(own.get("attention.key_length", width))
    value = _number(own.get("attention.value_length", width))
    many = own.get("attention.head_count_kv", heads)
    total = sum(many[:layers]) if isinstance(many, tuple) else layers * (_number(many) or 0)
    if key is None or value is None or total <= 0:
        return None
    return total * (key + value) * F16


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Value | None) -> int | None:
    """A count as it can be; None for anything else."""
    return value if type(value) is int and 0 <= value < _MOST else None
