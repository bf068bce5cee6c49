"""A program that carries itself, so that it can be installed from nothing but itself.

That is the one file, and the archive for any Python. Both unpack or read themselves at every start, which is
too slow for a git hook, and both are downloads that somebody throws away. A checkout and a wheel are neither.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import resources
from bootstrap.frozen import is_frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Part = Callable[[], bytes]

_PACKAGE = Path(__file__).parent
_MODULES = "modules"  # the directory of what was in the archive
_LIBRARIES = "_internal"  # PyInstaller's, for what was in the one file
_BESIDE = "program"  # in the one file, what is installed beside that


def build() -> str:
    """Which build this is, in a few letters; "" for a program that does not carry itself."""
    try:
        return resources.text("_bundled/build").strip()
    except FileNotFoundError:
        return ""


def home() -> Path | None:
    """The directory in which this very program was installed; None where it was not."""
    if not build():
        return None
    if is_frozen():
        return None if (_unpacked() / _BESIDE).is_dir() else Path(sys.executable).parent
    return _PACKAGE.parent.parent if _PACKAGE.parent.is_dir() else None


def launcher(directory: Path | None = None) -> list[str]:
    """The words that start this program: as it runs now, or once its parts are in this directory.

    A Python that is called in a repository must not import from there (-P), nor, where all that we need is
    with us, from what the user's variables name (-I).
    """
    if not build():
        return [sys.executable, "-P", "-m", "bootstrap"]
    directory = directory or home()
    if is_frozen():
        return [str(directory / _executable()) if directory else sys.executable]
    return [_python(), "-I", str(directory / _MODULES if directory else _PACKAGE.parent)]


def windowless(directory: Path | None = None) -> list[str]:
    """The same, by the program beside it that Windows starts without a window, where there is one."""
    program, *rest = launcher(directory)
    path = Path(program)
    quiet = path.with_name(f"{path.stem}w{path.suffix}")
    if path.suffix.lower() == ".exe" and (quiet.is_file() or (directory and quiet.name in parts())):
        program = str(quiet)
    return [program, *rest]


def size() -> int:
    """What its parts take on a disk, in bytes."""
    return sum(len(read()) for read in parts().values())


def parts() -> dict[str, Part]:
    """What a directory needs to be this program: names with `/`, and how each is read. Those at its top are
    to be started."""
    directory = home()
    if directory:
        top = (_LIBRARIES, _executable(), _executable("w")) if is_frozen() else (_MODULES,)
        return {name: part for name, part in _below(directory) if name.split("/")[0] in top}
    if is_frozen():
        found = dict(_below(_unpacked()))
        beside = {name: part for name, part in found.items() if name.startswith(f"{_BESIDE}/")}
        inside = {f"{_LIBRARIES}/{name}": part for name, part in found.items() if name not in beside}
        return inside | {name.removeprefix(f"{_BESIDE}/"): part for name, part in beside.items()}
    return dict(_in_archive(_PACKAGE.parent))


def _executable(suffix: str = "") -> str:
    return f"bootstrap{suffix}.exe" if os.name == "nt" else f"bootstrap{suffix}"


def _unpacked() -> Path:
    """Where the bootloader has put everything. https://pyinstaller.org/en/stable/runtime-information.html"""
    return Path(sys._MEIPASS)  # type: ignore[attr-defined]


def _python() -> str:
    """This Python; one of a virtual environment may be gone tomorrow, and we need nothing of it."""
    is_virtual = sys.prefix != sys.base_prefix
    return getattr(sys, "_base_executable", sys.executable) if is_virtual else sys.executable


def _below(directory: Path) -> Iterator[tuple[str, Part]]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.parent.name != "__pycache__":
            yield path.relative_to(directory).as_posix(), path.read_bytes


def _in_archive(archive: Path) -> Iterator[tuple[str, Part]]:
    from functools import partial
    from zipfile import ZipFile

    content = ZipFile(archive)  # open for as long as there is somebody to read from it
    for name in content.namelist():
        yield f"{_MODULES}/{name}", partial(content.read, name)
