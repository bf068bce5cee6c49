"""Looks at this machine. The only place that asks Python what system this is."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from bootstrap import system
from bootstrap.host.machine import COMPILER, NEEDED, Host

_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "i86pc": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
}
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows", "cygwin": "windows"}
_BSDS = ("freebsd", "netbsd", "openbsd")


def detect() -> Host:
    """Look at this machine."""
    name = _SYSTEMS.get(sys.platform) or next((b for b in _BSDS if sys.platform.startswith(b)), sys.platform)
    release = platform.release()
    uid = os.getuid() if hasattr(os, "getuid") else None
    # another HOME than the account's is not where a service manager looks: ask none of them
    own_home = _home_is_the_accounts(uid)
    facts: dict[str, Any] = {
        "os_version": release,
        "arch": _ARCHITECTURES.get(platform.machine().lower(), platform.machine()),
        "memory": _memory(),
        "user": str(uid) if uid is not None else os.environ.get("USERNAME", ""),
        "sudo_user": os.environ.get("SUDO_USER") if uid == 0 and os.environ.get("SUDO_UID") != "0" else None,
        "own_home": own_home,
        "ssh": bool(os.environ.get("SSH_CONNECTION")),
    }
    facts |= _more(name, release, own_home)
    return Host(os=name, missing=_missing(name, facts["arch"]), **facts)


def _more(name: str, release: str, own_home: bool) -> dict[str, Any]:
    """What only this system knows. Each is loaded where it is needed: ctypes takes its time."""
    if name == "windows":
        from bootstrap.host import windows

        return windows.facts()
    if name == "macos":
        from bootstrap.host import macos

        return macos.facts(own_home)
    if name == "linux":
        from bootstrap.host import linux

        return linux.facts(release, own_home)
    if name in _BSDS:
        from bootstrap.host import bsd

        return bsd.facts(own_home)
    return {}


def _missing(name: str, arch: str) -> tuple[str, ...]:
    """The programs that a llamafile needs to start, and that are not here."""
    if name == "windows":
        return ()
    missing = tuple(needed for needed in NEEDED if not system.find(needed))
    if name == "macos" and arch == "arm64":
        from bootstrap.host import macos

        return missing if macos.has_compiler() else (*missing, COMPILER)
    return missing


def free_disk(directory: Path) -> int:
    """Bytes that we may still write where this directory is, or will be."""
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    return shutil.disk_usage(directory).free


def _memory() -> int | None:
    if sys.platform == "win32":
        from bootstrap.host import windows

        return windows.memory()
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    from bootstrap.host import linux

    return linux.memory_limit(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _home_is_the_accounts(uid: int | None) -> bool:
    if uid is None:
        from bootstrap.host import windows

        return windows.home_is_the_accounts()
    import pwd

    try:
        return Path(pwd.getpwuid(uid).pw_dir).samefile(Path.home())
    except (KeyError, OSError):
        return False
