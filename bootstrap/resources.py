"""Where the files are that we bring along: in a checkout, in a wheel and in the frozen program."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def text(name: str) -> str:
    """The text of a bundled file: `catalogue.toml` or `hook_template/NAME`. Newlines are LF."""
    return (_root(name) / name).read_bytes().decode("utf-8").replace("\r\n", "\n")


def _root(name: str) -> Path:
    if not name.startswith("hook_template/"):
        return _PACKAGE
    bundled = _PACKAGE / "_bundled"  # a wheel, and the frozen program
    return bundled if bundled.is_dir() else _PACKAGE.parent


def launcher() -> list[str]:
    """The argument list that starts this very program again."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "bootstrap"]


def windowless() -> list[str]:
    """The same, by the program beside it that Windows starts without a window, where there is one."""
    program, *module = launcher()
    path = Path(program)
    quiet = path.with_name(f"{path.stem}w{path.suffix}")
    start = str(quiet) if path.suffix.lower() == ".exe" and quiet.is_file() else program
    return [start, "-P", *module] if module else [start]
