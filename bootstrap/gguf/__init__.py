"""GGUF files: what their header says, and whether a llamafile can serve what is in them."""

from bootstrap.gguf.header import Header
from bootstrap.gguf.reading import begin, read
from bootstrap.gguf.usable import check, refuse

__all__ = ["Header", "begin", "check", "read", "refuse"]
