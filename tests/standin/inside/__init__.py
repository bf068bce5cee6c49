"""What the stand-in carries inside it: llamafile's `--server` (v1) in Python.

The facts imitated are those of the project's notes on llamafile 0.9.3, which was read and observed.
"""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(status: int, message: str) -> NoReturn:
    """End the process from any thread, without waiting for the others or for the engine."""
    print(message, file=sys.stderr, flush=True)
    os._exit(status)


def abort(message: str) -> NoReturn:
    """Die as C++ does of an exception that nobody catches."""
    print(f"terminating due to uncaught exception: {message}", file=sys.stderr, flush=True)
    with suppress(ImportError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # tests want no core files
    os.abort()
