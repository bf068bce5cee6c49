"""What hooks and services call as `bootstrap`, whatever it was installed from."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap import __version__
from bootstrap.actions import CreateDirectory, WriteFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.actions import Action


def actions(path: Path, launcher: Sequence[str]) -> list[Action]:
    """Put a script there that starts the program: `launcher` is its own file, or a Python and a module.

    -P: a Python that is called in a repository must not import from it.
    """
    program, *module = launcher
    command = shlex.join([program, "-P", *module] if module else [program])
    return [
        CreateDirectory(path.parent.parent),
        CreateDirectory(path.parent),
        WriteFile(path, f'#!/bin/sh\n# written by bootstrap {__version__}\nexec {command} "$@"\n', 0o755),
    ]
