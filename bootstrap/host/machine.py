"""One machine as plain data, and what llamafile cannot run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import HostError
from bootstrap.messages import all_of, tr

if TYPE_CHECKING:
    from collections.abc import Iterator

GIB = 1 << 30
NAMES = {
    "linux": "Linux",
    "macos": "macOS",
    "windows": "Windows",
    "freebsd": "FreeBSD",
    "netbsd": "NetBSD",
    "openbsd": "OpenBSD",
}
# llamafile 0.9.3: its README, "supported OSes and CPUs"; OpenBSD: its issues 688 and 806
_OLDEST = {"macos": (14, 1), "windows": (10,), "freebsd": (13,), "netbsd": (9, 2), "openbsd": (7,)}
# with which the script at the beginning of a llamafile unpacks its loader (read in one with loader 1.10)
NEEDED = ("mkdir", "dd", "gzip", "chmod", "mv")
COMPILER = "cc"  # builds it on Apple silicon; Apple's own is a stub without the Command Line Tools
_NO_ARM64 = ("netbsd", "openbsd", "windows")


@dataclass(frozen=True)
class Host:
    """One machine, and who we are on it. Sizes are bytes."""

    os: str  # linux, macos, windows, freebsd, netbsd, openbsd, or what Python calls it
    os_version: str
    arch: str  # amd64, arm64, or what the machine calls it: the machine's own, also where we are emulated
    memory: int | None  # usable by us: a container's limit counts
    user: str  # its number on POSIX, DOMAIN\\name on Windows
    sudo_user: str | None = None  # who called us through sudo
    elevated: bool = False  # Windows: as administrator
    missing: tuple[str, ...] = ()  # programs that a llamafile needs to start, and that are not here
    emulated: bool = False  # we are a program for AMD64 on a machine with ARM64
    cpu_flags: frozenset[str] | None = None  # None: not known
    gpus: frozenset[str] = frozenset()  # "nvidia", "amd": those that llamafile can use, but for Apple's
    # what could start a server for us, and whether it would
    own_home: bool = True  # HOME is the account's: where service managers look
    systemd: bool = False  # it has booted this machine
    user_manager: bool = False  # and `systemctl --user` answers
    login_manager: bool = False  # and would, after a login
    unit_path: str = ""  # the directories where it looks for units, as it says itself
    linger: bool = False  # and does without any login
    openrc: tuple[int, ...] = ()  # its version, where it has booted this machine
    runtime_dir: bool = False  # XDG_RUNTIME_DIR is there
    desktop: bool = False  # a desktop that starts what ~/.config/autostart names
    crontab: bool = False  # `crontab` works for us
    cron_runs: bool = False  # and a daemon will read it
    gui: bool = False  # macOS: there is a graphical login
    ssh: bool = False  # we came over the network
    wsl: int = 0  # 1 or 2 below Windows
    container: bool = False

    def usable(self, engine: str = "llamafile") -> None:
        """Raise HostError where we are called as we should not be, and for a llamafile, where 0.9.3 is known
        not to run."""
        if self.sudo_user:
            raise HostError(
                "this is root through sudo, and everything would be installed for root",
                "run it as {sudo_user}, without sudo",
                sudo_user=self.sudo_user,
            )
        for message, hint in _obstacles(self) if engine == "llamafile" else ():
            raise HostError(message, hint)


def _obstacles(host: Host) -> Iterator[tuple[str, str]]:
    """What is in the way of a llamafile, and what would work."""
    name = NAMES.get(host.os, host.os)
    if host.os not in NAMES:
        yield tr("llamafile does not run on {name}", name=name), tr("use Linux, macOS, Windows or a BSD")
    if host.wsl == 1:
        yield tr("WSL 1 cannot run llamafile"), tr("in PowerShell: wsl --set-version DISTRIBUTION 2")
    if host.arch not in {"amd64", "arm64"}:
        yield (
            tr("llamafile runs on AMD64 and ARM64, this machine is {arch}", arch=host.arch),
            tr("use another machine"),
        )
    if host.arch == "arm64" and host.os in _NO_ARM64:
        hint = tr("run it inside WSL 2") if host.os == "windows" else tr("FreeBSD and Linux can run it here")
        yield tr("llamafile does not run on {name} on ARM64", name=name), hint
    version = version_of(host.os_version)
    if host.os == "openbsd" and version >= (7, 4):
        yield (
            tr(
                "OpenBSD {os_version} refuses llamafile: 7.3 was the last one that ran it",
                os_version=host.os_version,
            ),
            tr("FreeBSD, NetBSD and Linux can run it here"),
        )
    oldest = _OLDEST.get(host.os, ())
    if version and version < oldest:
        wanted = ".".join(map(str, oldest))
        yield (
            tr(
                "llamafile needs {name} {wanted} or newer, this is {os_version}",
                name=name,
                wanted=wanted,
                os_version=host.os_version,
            ),
            tr("update {name}", name=name),
        )
    if host.arch == "amd64" and host.cpu_flags is not None and "avx" not in host.cpu_flags:
        yield (
            tr("llamafile needs a processor with AVX, this one has none"),
            tr("use another machine; in a virtual one, pass the host's processor through"),
        )
    if host.missing:
        yield _not_here(host)


def _not_here(host: Host) -> tuple[str, str]:
    if COMPILER in host.missing:
        return (
            tr("llamafile builds its loader with a C compiler, and the Command Line Tools are not installed"),
            "xcode-select --install",
        )
    packages = dict.fromkeys("gzip" if name == "gzip" else "coreutils" for name in host.missing)
    return (
        tr(
            "llamafile unpacks its loader with {missing}, which cannot be found in PATH",
            missing=all_of(host.missing),
        ),
        tr("install {packages}", packages=all_of(packages)),
    )


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
