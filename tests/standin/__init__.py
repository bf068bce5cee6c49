"""A stand-in for llamafile 0.9.3 that needs no download: a file that behaves like it, with a model.

`build` writes the file, `make` the tiny GGUF, `process.running` starts one on a free port.
"""

from .build import build
from .model import make

__all__ = ["build", "make"]
