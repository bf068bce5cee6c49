"""Looks at what is around an installation: who may change it, what the hook and a shell find, the clock."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import carried, files, system
from bootstrap.doctor.sight import Loose, Strange
from bootstrap.errors import CommandError
from bootstrap.frozen import is_frozen
from bootstrap.hook import repository
from bootstrap.polish import speed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bootstrap.paths import Paths

CHANGE, READ = 0o022, 0o077  # rights that others may have to nothing of ours, and to nothing with a key in it
_FALSE = {"false", "no", "off", "0"}  # git-config(1), "boolean"


def of_everybody() -> dict[str, Any]:
    """What does not depend on what is installed."""
    return {
        "form": form(),
        "git": _git_version(),
        "now": time.time(),
        "memory_lock": _memory_lock(),
        "off": _switched_off(),
    }


def of_installation(where: Paths, about: Mapping[str, Any], key_file: str) -> dict[str, Any]:
    """What does. key_file: where the key is."""
    places = (where.config, where.data, where.state, where.models, where.loader)
    private = tuple(Path(name) for name in (where.receipt_file, key_file) if name)
    ours = (*places, where.config_file, *private)
    return {
        "saved": _changed(where.receipt_file),
        "loose": tuple(_loose(ours, private)),
        "strange": tuple(_strange(ours)),
        "other_program": _other_program(where, str(about["program"])),
        "speed": speed.measured(where.speed_file, about["model"]["name"]),
    }


def form() -> str:
    """In which form this program runs, and by which Python."""
    python = f"Python {sys.version.split()[0]}"
    installed = ", installed" if carried.home() else ""
    if is_frozen():
        return f"the one file{installed}, with {python}"
    if carried.build():
        return f"the archive{installed}, with {python}"
    return f"from source or a wheel, with {python}"


def _git_version() -> tuple[int, ...]:
    try:
        return repository.git_version()
    except CommandError:  # it hangs
        return ()


def _switched_off() -> str:
    """What keeps the hook from doing anything in every repository."""
    if os.environ.get("COMMIT_POLISH") == "0":
        return "COMMIT_POLISH=0"
    if os.environ.get("CI"):
        return f"CI={os.environ['CI']}"
    with contextlib.suppress(CommandError):
        said = system.run(["git", "config", "--global", "--get", "commit-polish.enabled"], timeout=10)
        if said.status == 0 and said.stdout.strip().lower() in _FALSE:
            return "git config --global commit-polish.enabled false"
    return ""


def _memory_lock() -> int | None:
    if os.name == "nt" or os.getuid() == 0:
        return None
    import resource

    soft = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _loose(ours: Iterable[Path], private: Iterable[Path]) -> Iterator[Loose]:
    """Windows has other rights, which a home of its own inherits."""
    for path in ours if os.name != "nt" else ():
        allowed = (files.mode_of(path) or 0) & (READ if path in private else CHANGE)
        if allowed:
            yield Loose(path, allowed)


def _strange(ours: Iterable[Path]) -> Iterator[Strange]:
    if not hasattr(os, "getuid"):
        return
    for path in ours:
        with contextlib.suppress(OSError):
            owner = path.stat().st_uid
            if owner != os.getuid():
                yield Strange(path, _name_of(owner))


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _other_program(where: Paths, ours: str) -> str:
    found = system.find("bootstrap")
    if not found or Path(found).parent == where.bin:
        return ""
    with contextlib.suppress(OSError):
        if Path(found).samefile(ours):
            return ""
    return found
