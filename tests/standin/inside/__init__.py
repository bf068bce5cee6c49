"""What the stand-in carries inside it: the servers of llamafile, and llama.cpp's own, in Python.

`program` selects one: `v1` (llamafile's `--server`), `v2` (its `--server --v2`) or `native` (0.10, and
`llama-server`). Each has its row of `options`, its HTTP side and its way to end; what they share is in
`flags`, `web` and `chat`, and an engine computes for all. The facts imitated are those of the project's
notes on llamafile 0.9.3, which was read and observed, of its source, and of llama.cpp as it answers.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
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


def own_directory() -> None:
    """Where llamafile 0.9.3 puts its parts for a GPU; without a home that is where it stands."""
    if "HOME" not in os.environ and os.name != "nt":  # there its C library makes one up
        Path(".llamafile").mkdir(exist_ok=True)


def end_politely() -> None:
    """From now on SIGTERM, and where there is one SIGHUP, is to us what Ctrl-C is: KeyboardInterrupt."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
