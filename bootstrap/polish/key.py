"""The key with which a server is asked: in a file for one user's eyes, never in config.toml or a command
line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.errors import SettingsError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST = 4  # characters; with fewer, llamafile 0.9.3 aborts after it has said that it listens
_MAX_BYTES = 64 * 1024


def read(path: Path) -> str:
    """The first key of the file. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except OSError as error:
        raise SettingsError(
            "the key in {path} cannot be read: {strerror}",
            "run: bootstrap",
            path=path,
            strerror=error.strerror,
        ) from error
    if trouble := problem(data):
        raise SettingsError(
            "{path} {trouble}",
            "write one key of 16 characters or more into it, and no more",
            path=path,
            trouble=trouble,
        )
    return next(line for line in data.decode("ascii").split("\n") if line)


def problem(data: bytes) -> str:
    """What is wrong with the bytes of a file of keys, in words; "" if nothing is.

    llamafile 0.9.3 takes every line for a key, and a carriage return for a part of it; with an empty file it
    asks nobody. A key goes into a header as it is.
    """
    keys = [line for line in data.split(b"\n") if line]
    if not keys:
        return tr("is empty, so nobody is asked for a key")
    if any(b"\r" in one for one in keys):
        return tr("has Windows' line ends, which are taken for a part of the key")
    if any(len(one) < SHORTEST for one in keys):
        return tr(
            "has a key of fewer than {shortest} characters, of which the server dies", shortest=SHORTEST
        )
    if any(one.startswith(b"#") for one in keys):
        return tr("has a key that begins with #, which llama.cpp takes for a comment")
    if not all(33 <= letter < 127 for one in keys for letter in one):
        return tr("has a key with other characters than ASCII's visible ones")
    return ""
