"""What a file is that is not GGUF, told by its first bytes: people mix these up every day."""

from __future__ import annotations

import re

from bootstrap.errors import ModelError
from bootstrap.messages import tr

ENOUGH = 1024  # bytes that `refuse` looks at

_CONVERTED = tr("look for a repository of the same model whose name ends in -GGUF")
_DOWNLOAD = tr("download the file itself: its address has /resolve/ in it, or ?download=true")

# pattern of the first bytes, what it is, and a hint; the first that matches counts
_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (rb"\s*\Z", tr("it is empty"), tr("fetch it again")),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)", tr("it is a web page"), _DOWNLOAD),
    (
        rb"version https://git-lfs",
        tr("it is a Git LFS pointer, without the file it stands for"),
        tr("run: git lfs pull"),
    ),
    (rb"PK\x03\x04.{0,200}data\.pkl", tr("it is a PyTorch file"), _CONVERTED),
    (rb"\x80[\x02-\x05]", tr("it is a PyTorch file"), _CONVERTED),
    (rb".{8}\{\s*\"", tr("it is a safetensors file"), _CONVERTED),
    (rb"lmgg|fmgg|tjgg|algg", tr("it is a GGML file, from before GGUF"), _CONVERTED),
    (rb"MZqFpD", tr("it is a llamafile, a program"), tr("choose one of the catalogue: bootstrap models")),
    (
        rb"PK\x03\x04|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd",
        tr("it is an archive"),
        tr("unpack it first"),
    ),
    (rb"\0{16}", tr("it begins with zeros, as an unfinished download does"), tr("fetch it again")),
    (rb"\s*[{\[]", tr("it is a JSON text"), _DOWNLOAD),
)


def refuse(head: bytes, name: str) -> None:
    """Raise ModelError, with what it looks like, unless a GGUF file begins with these bytes."""
    if head.startswith(b"GGUF"):
        return
    for pattern, what, hint in _KINDS:
        if re.match(pattern, head[:ENOUGH], re.DOTALL):
            raise ModelError(tr("{name} is not a GGUF model: {what}", name=name, what=what), hint)
    raise ModelError("{name} is not a GGUF model", "choose a file whose name ends in .gguf", name=name)
