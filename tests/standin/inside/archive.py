"""What a llamafile may carry in the zip at its end: arguments of its own, and its weights.

Sources: cosmopolitan's cosmo_args, and llamafile_open_gguf in llamafile/llamafile.c.
"""

import shlex
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ARGUMENTS = ".args"


def with_own(arguments: list[str]) -> list[str]:
    """The arguments in the file, with those of the command line where it says `...`, else behind them."""
    with zipfile.ZipFile(sys.argv[0]) as archive:
        own = archive.read(ARGUMENTS).decode() if ARGUMENTS in archive.namelist() else ""
    words = shlex.split(own, comments=True)
    place = words.index("...") if "..." in words else len(words)
    return [*words[:place], *arguments, *words[place + 1 :]]


@contextmanager
def weights(name: str) -> Iterator[str]:
    """Where the weights are that `-m` names: a file, or one in our own zip. FileNotFoundError."""
    # An @ separates a zip from a file in it.
    if "@" not in name and Path(name).exists():
        yield name
        return
    with zipfile.ZipFile(sys.argv[0]) as archive, tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        if name not in archive.namelist():
            raise FileNotFoundError(name)
        file.write(archive.read(name))
        file.flush()
        yield file.name
