"""A stand-in for llamafile 0.9.3 that needs no download: a file that behaves like it, with a model.

`build` writes the file, `make` the tiny GGUF, `process.running` starts one on a free port. Built with
version 0.10.6 it behaves as that does, and `build_native` writes the `llama-server` of llama.cpp.
"""

from .build import build, build_native
from .model import make

__all__ = ["build", "build_native", "make"]
