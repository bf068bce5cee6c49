"""What a file is that is not GGUF, told by its first bytes: people mix these up every day."""

from __future__ import annotations

import re

from bootstrap.errors import ModelError

ENOUGH = 1024  # bytes that `refuse` looks at

_CONVERTED = "look for a repository of the same model whose name ends in -GGUF"
_DOWNLOAD = "download the file itself: its address has /resolve/ in it, or ?download=true"

# pattern of the first bytes, what it is, and a hint; the first that matches counts
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (rb"\s*\Z", "it is empty", "fetch it again"),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)", "it is a web page", _DOWNLOAD),
    (
        rb"version https://git-lfs",
        "it is a Git LFS pointer, without the file it stands for",
        "run: git lfs pull",
    ),
    (rb"PK\x03\x04.{0,200}data\.pkl", "it is a PyTorch file", _CONVERTED),
    (rb"\x80[\x02-\x05]", "it is a PyTorch file", _CONVERTED),
    (rb".{8}\{\s*\"", "it is a safetensors file", _CONVERTED),
    (rb"lmgg|fmgg|tjgg|algg", "it is a GGML file, from before GGUF", _CONVERTED),
    (rb"MZqFpD", "it is a llamafile, a program", "choose one of the catalogue: bootstrap models"),
    (rb"PK\x03\x04|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd", "it is an archive", "unpack it first"),
    (rb"\0{16}", "it begins with zeros, as an unfinished download does", "fetch it again"),
    (rb"\s*[{\[]", "it is a JSON text", _DOWNLOAD),
)


def refuse(head: bytes, name: str) -> None:
    """Raise ModelError, with what it looks like, unless a GGUF file begins with these bytes."""
    if head.startswith(b"GGUF"):
        return
    for pattern, what, hint in _KINDS:
        if re.match(pattern, head[:ENOUGH], re.DOTALL):
            raise ModelError(f"{name} is not a GGUF model: {what}", hint)
    raise ModelError(f"{name} is not a GGUF model", "choose a file whose name ends in .gguf")
