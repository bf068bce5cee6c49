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


def actions(path: Path, launcher: Sequence[str], *, windows: bool = False) -> list[Action]:
    """Put a script there that starts the program: `launcher` is its own file, or a Python and a module.

    -P: a Python that is called in a repository must not import from it. For Windows there is another
    script beside it: one is for people, the other for the sh that runs git's hooks.
    """
    program, *module = launcher
    words = [program, "-P", *module] if module else [program]
    directories: list[Action] = [CreateDirectory(path.parent.parent), CreateDirectory(path.parent)]
    if not windows:
        return [*directories, WriteFile(path, _script(words), 0o755)]
    return [
        *directories,
        WriteFile(path, _script([word.replace("\\", "/") for word in words]), 0o755),
        WriteFile(path.with_name(f"{path.name}.cmd"), _batch(words)),
    ]


def _script(words: Sequence[str]) -> str:
    return f'#!/bin/sh\n# written by bootstrap {__version__}\nexec {shlex.join(words)} "$@"\n'


def _batch(words: Sequence[str]) -> str:
    """cmd reads it in the code page of its console, line by line; a path has no quotes in it there."""
    program, *rest = (word.replace("%", "%%") for word in words)
    lines = ["@rem written by bootstrap " + __version__]
    if not program.isascii():
        lines.append("@chcp 65001 >nul")
    return "\r\n".join([*lines, " ".join([f'@"{program}"', *rest, "%*"]), ""])
