"""Starting the server at login, and by hand, on every kind of system.

One backend is chosen for a host. Each is a module that turns a `Service` into text and actions and
touches nothing itself; there is always one that fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bootstrap.autostart import (
    cron,
    launchd,
    launchd_offline,
    none,
    openrc,
    systemd,
    systemd_offline,
    windows,
    xdg,
)

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Control, Service
    from bootstrap.host import Host


class Backend(Protocol):
    """One service manager."""

    def actions(self, service: Service) -> tuple[Action, ...]:
        """What registers and starts the service, in order."""

    def control(self, service: Service) -> Control:
        """How to start and stop it by hand."""

    def promise(self, service: Service) -> str:
        """What the user can expect of autostart, in a few honest words."""


BACKENDS: dict[str, Backend] = {
    "systemd": systemd,
    "systemd-offline": systemd_offline,
    "openrc": openrc,
    "xdg": xdg,
    "cron": cron,
    "launchd": launchd,
    "launchd-offline": launchd_offline,
    "windows": windows,
    "none": none,
}


# who has to be asked about the server: run.sh knows it wherever it is called, these only from a session
MANAGERS = frozenset({"systemd", "openrc", "launchd"})


def choose(host: Host, service: Service, earlier: str = "") -> str:
    """The name of the backend for this host. earlier: the one in use, if there is one."""
    return next((name for name, fits in _ladder(host, service, earlier) if fits), "none")


def _ladder(host: Host, service: Service, earlier: str) -> tuple[tuple[str, bool], ...]:
    """Best first. Two at once would start two servers: a desktop under systemd starts what either names."""
    macos = host.os == "macos" and host.own_home
    return (
        ("windows", host.os == "windows"),
        ("launchd", macos and host.gui),
        ("launchd-offline", macos),
        # lingering brings the manager, where it is not there yet
        ("systemd", host.user_manager or (host.login_manager and service.lingers)),
        ("systemd-offline", host.login_manager),
        ("openrc", host.openrc >= openrc.OLDEST and host.runtime_dir),
        # a login by text or ssh does not show that there is a desktop
        ("xdg", (host.desktop or earlier == "xdg") and xdg.can_name(service.run_script)),
        ("cron", host.crontab and host.cron_runs),
    )
