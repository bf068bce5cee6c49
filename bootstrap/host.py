"""What machine this is: the facts that decide what can be installed and how it is started.

`detect` looks; everything else is told what was seen, so that every machine can be tested anywhere.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bootstrap import system
from bootstrap.errors import HostError

GIB = 1 << 30
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "i86pc": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
}
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows", "cygwin": "windows"}
_BSDS = ("freebsd", "netbsd", "openbsd")


@dataclass(frozen=True)
class Host:
    """One machine, and who we are on it. Sizes are bytes."""

    os: str  # linux, macos, windows, freebsd, netbsd, openbsd, or what Python calls it
    os_version: str
    arch: str  # amd64, arm64, or what the machine calls it
    memory: int | None  # usable by us: a container's limit counts
    user: str  # its number on POSIX
    sudo_user: str | None = None  # who called us through sudo
    cpu_flags: frozenset[str] | None = None  # None: not known
    systemd: bool = False  # booted with it
    user_manager: bool = False  # and `systemctl --user` answers
    crontab: bool = False  # `crontab` works for us
    cron_runs: bool = False  # and a daemon will read it
    wsl: int = 0  # 1 or 2 below Windows
    container: bool = False

    def usable(self) -> None:
        """Raise HostError where llamafile 0.9.3 is known not to run.

        Sources: its README ("supported OSes and CPUs"), and its issues 688 and 806 for OpenBSD.
        """
        if self.sudo_user:
            raise HostError(
                "this is root through sudo, and everything would be installed for root",
                f"run it as {self.sudo_user}, without sudo",
            )
        if self.arch not in {"amd64", "arm64"}:
            raise HostError(
                f"llamafile runs on AMD64 and ARM64, this machine is {self.arch}",
                "use another machine",
            )
        if self.wsl == 1:
            raise HostError("WSL 1 cannot run llamafile", "convert it: wsl --set-version DISTRIBUTION 2")
        if self.os in {"netbsd", "openbsd", "windows"} and self.arch == "arm64":
            raise HostError(f"llamafile does not run on {self.os} on ARM64", "use a machine with AMD64")
        if self.os == "openbsd" and version_of(self.os_version) >= (7, 4):
            raise HostError(
                f"OpenBSD {self.os_version} refuses llamafile (7.3 was the last one)",
                "use another system",
            )
        if self.os == "macos" and version_of(self.os_version) < (14, 1):
            raise HostError(f"llamafile needs macOS 14.1 or newer, this is {self.os_version}", "update macOS")
        if self.os not in {"linux", "macos", "windows", *_BSDS}:
            raise HostError(f"llamafile does not run on {self.os}", "use another system")
        if self.arch == "amd64" and self.cpu_flags is not None and "avx" not in self.cpu_flags:
            raise HostError("llamafile needs a processor with AVX, this one has none", "use another machine")


def version_of(text: str) -> tuple[int, ...]:
    """The leading numbers of a version: "14.1.2-p3" is (14, 1, 2)."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def detect() -> Host:
    """Look at this machine."""
    name = _SYSTEMS.get(sys.platform) or next((b for b in _BSDS if sys.platform.startswith(b)), sys.platform)
    release = platform.release()
    booted = name == "linux" and Path("/run/systemd/system").is_dir()
    uid = os.getuid() if hasattr(os, "getuid") else None
    # another HOME than the account's is not where a service manager looks: ask none of them
    at_home = _home_is_the_accounts(uid)
    crontab = at_home and name not in {"windows", "macos"} and _crontab_works()
    return Host(
        os=name,
        os_version=platform.mac_ver()[0] if name == "macos" else release,
        arch=_ARCHITECTURES.get(platform.machine().lower(), platform.machine()),
        memory=_memory(),
        user=str(uid) if uid is not None else os.environ.get("USERNAME", ""),
        sudo_user=os.environ.get("SUDO_USER") if uid == 0 and os.environ.get("SUDO_UID") != "0" else None,
        cpu_flags=_cpu_flags(),
        systemd=booted,
        user_manager=booted and at_home and _user_manager_answers(),
        crontab=crontab,
        cron_runs=crontab and _cron_runs(name),
        wsl=_wsl(release) if name == "linux" else 0,
        container=_in_container(),
    )


def free_disk(directory: Path) -> int:
    """Bytes that we may still write where this directory is, or will be."""
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    return shutil.disk_usage(directory).free


def _memory() -> int | None:
    total: int | None = None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    elif sys.platform == "win32":
        total = _windows_memory()
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = _text(limit).strip()
        if text.isdigit():
            total = min(total or int(text), int(text))
    return total


def _windows_memory() -> int | None:
    """GlobalMemoryStatusEx, the documented call for it."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((n, ctypes.c_ulonglong) for n in ("total", "free", "tp", "fp", "tv", "fv", "fe")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # exists on Windows only
    return status.total if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def _cpu_flags() -> frozenset[str] | None:
    for line in _text("/proc/cpuinfo").splitlines():
        name, _, flags = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return frozenset(flags.split())
    return None


def _home_is_the_accounts(uid: int | None) -> bool:
    if uid is None:
        return True
    import pwd

    try:
        return Path(pwd.getpwuid(uid).pw_dir).samefile(Path.home())
    except (KeyError, OSError):
        return False


def _user_manager_answers() -> bool:
    return system.run(["systemctl", "--user", "show", "--property=Version"], timeout=10).status == 0


def _crontab_works() -> bool:
    if not system.find("crontab"):
        return False
    result = system.run(["crontab", "-l"], timeout=10)
    return result.status == 0 or "no crontab" in result.stderr.lower()


def _cron_runs(name: str) -> bool:
    """Whether a cron daemon is there: by /proc on Linux, by ps on the BSDs."""
    daemons = {"cron", "crond", "fcron", "busybox crond"}
    if name == "linux":
        return any(_text(str(comm)).strip() in daemons for comm in Path("/proc").glob("[0-9]*/comm"))
    listing = system.run(["ps", "-axo", "comm="], timeout=10).stdout
    return any(line.strip().rpartition("/")[2] in daemons for line in listing.splitlines())


def _wsl(release: str) -> int:
    """Microsoft's kernels say so: "4.4.0-19041-Microsoft" is WSL 1, "…-microsoft-standard-WSL2" is 2."""
    if "microsoft" not in release.lower():
        return 0
    return 1 if release.endswith("-Microsoft") else 2


def _in_container() -> bool:
    return (
        any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
        or "container" in os.environ
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
