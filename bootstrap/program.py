"""What hooks and services call as `bootstrap`, whatever it was installed from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap import __version__
from bootstrap.actions import CreateDirectory, InstallProgram, WriteFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.actions import Action


@dataclass(frozen=True)
class Program:
    """The program that installs. launcher: what starts it where it will be; windowless: without a window.

    build: which one it is, where it carries itself and is installed in `home`; else it stays where it is.
    size: what that takes on the disk, in bytes, unless it is there already.
    """

    launcher: tuple[str, ...]
    windowless: tuple[str, ...]
    home: Path
    build: str = ""
    size: int = 0


def actions(path: Path, program: Program, *, windows: bool = False) -> list[Action]:
    """Have it be called as `path`: it is that file, or a script there starts it.

    For Windows there is another script beside it: one is for people, the other for the sh that runs git's
    hooks.
    """
    return [
        CreateDirectory(path.parent.parent),
        CreateDirectory(path.parent),
        *(_installed(program) if program.build else ()),
        *(() if program.launcher == (str(path),) else _scripts(path, program.launcher, windows=windows)),
    ]


def _installed(program: Program) -> list[Action]:
    return [
        CreateDirectory(program.home.parent),
        CreateDirectory(program.home),
        InstallProgram(program.home, program.build, program.launcher),
    ]


def _scripts(path: Path, words: Sequence[str], *, windows: bool) -> list[Action]:
    if not windows:
        return [WriteFile(path, _script(words), 0o755)]
    return [
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
