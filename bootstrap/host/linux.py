"""What a Linux machine tells: what has booted it, and what would start a server for this user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import system
from bootstrap.host import cron, gpu, texts
from bootstrap.host.machine import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Desktops that start what ~/.config/autostart names, as XDG_CURRENT_DESKTOP spells them (the menu
# specification's list of registered environments). A bare window manager starts nothing.
_DESKTOPS = {
    *("budgie", "cinnamon", "cosmic", "dde", "deepin", "ede", "enlightenment", "gnome", "gnome-classic"),
    *("gnome-flashback", "kde", "lxde", "lxqt", "mate", "pantheon", "razor", "trinity", "ubuntu", "unity"),
    *("x-cinnamon", "xfce"),
}
# where programs that log people in are told what else to do, and what systemd does then
_PAM = ("etc/pam.d", "usr/lib/pam.d", "usr/share/pam.d")
_MODULE = "pam_systemd.so"
# these name it too, and log nobody in: the first one is the manager's own
_NO_LOGINS = ("systemd-user", "runuser", "runuser-l")


def facts(release: str, own_home: bool) -> dict[str, Any]:
    """own_home: the service managers of this user look into our home."""
    booted = Path("/run/systemd/system").is_dir()
    found: dict[str, Any] = {
        "cpu_flags": cpu_flags(texts.of("/proc/cpuinfo")),
        "gpus": gpu.on_linux(os.environ, system.find),
        "systemd": booted,
        "wsl": wsl(release),
        "container": _in_container(),
        "runtime_dir": Path(system.environment().get("XDG_RUNTIME_DIR", "/nowhere")).is_dir(),
    }
    if own_home:
        found["crontab"] = cron.works()
        found["cron_runs"] = found["crontab"] and cron.is_among(_commands())
        found["desktop"] = desktop(os.environ.get("XDG_CURRENT_DESKTOP", ""))
        if booted:
            found |= _user_manager()
        elif Path("/run/openrc/softlevel").exists():
            found["openrc"] = openrc_version(texts.said("rc-status", "--version") or "")
    return found


def cpu_flags(cpuinfo: str) -> frozenset[str] | None:
    """The processor's features, from the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        name, _, flags = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return frozenset(flags.split())
    return None


def wsl(release: str) -> int:
    """Microsoft's kernels say so: "4.4.0-19041-Microsoft" is WSL 1, "…-microsoft-standard-WSL2" is 2."""
    if "microsoft" not in release.lower():
        return 0
    return 1 if release.endswith("-Microsoft") else 2


def desktop(current: str) -> bool:
    """current: XDG_CURRENT_DESKTOP, such as "ubuntu:GNOME"."""
    return any(name.lower() in _DESKTOPS for name in current.split(":"))


def openrc_version(said: str) -> tuple[int, ...]:
    """Of "rc-status (OpenRC) 0.62.6 (Gentoo Linux)"."""
    words = [version_of(word) for word in said.split() if word[0].isdigit()]
    return words[0] if words else ()


def memory_limit(total: int) -> int:
    """Bytes that a container may use, if that is less than all."""
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = texts.of(limit).strip()
        if text.isdigit():
            total = min(total, int(text))
    return total


def _user_manager() -> dict[str, Any]:
    """Asked for where it looks for units, which tells that it answers, too."""
    path = texts.said("systemctl", "--user", "show", "--property=UnitPath", "--value")
    return {
        "user_manager": path is not None,
        "unit_path": path or "",
        "login_manager": path is not None or logins_start_managers(Path("/")),
        "linger": _lingers(),
    }


def logins_start_managers(root: Path) -> bool:
    """Whether a login tells systemd, which starts the user's manager then (pam_systemd(8)). The module may
    be named and not be there: Debian has it in a package of its own."""
    files = (file for place in _PAM for file in (root / place).glob("*") if file.name not in _NO_LOGINS)
    lines = (line for file in files for line in texts.of(file).splitlines() if not line.startswith("#"))
    named = [word for line in lines for word in line.split() if word.endswith(_MODULE)]
    installed = any(found for place in ("lib*", "usr/lib*") for found in _modules(root, place))
    return any(Path(word).exists() if word.startswith("/") else installed for word in named)


def _modules(root: Path, place: str) -> Iterator[Path]:
    yield from root.glob(f"{place}/security/{_MODULE}")
    yield from root.glob(f"{place}/*/security/{_MODULE}")


def _lingers() -> bool:
    """A file tells it, by the user's name (systemd-logind.service(8), loginctl(1))."""
    import pwd

    try:
        return Path("/var/lib/systemd/linger", pwd.getpwuid(os.getuid()).pw_name).exists()
    except KeyError:
        return False


def _commands() -> str:
    """The names of all that runs, one a line."""
    return "".join(texts.of(comm) for comm in Path("/proc").glob("[0-9]*/comm"))


def _in_container() -> bool:
    return (
        any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
        or "container" in os.environ
    )
