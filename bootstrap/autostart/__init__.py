"""Starting the server at login, and by hand, on every kind of system.

One backend is chosen for a host. Each is a module that turns a `Service` into text and actions and
touches nothing itself; there is always one that fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bootstrap.autostart import cron, none, systemd
from bootstrap.errors import HostError

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


BACKENDS: dict[str, Backend] = {"systemd": systemd, "cron": cron, "none": none}


def choose(host: Host) -> str:
    """The name of the backend for this host. Raises HostError where there is none yet."""
    if host.os == "windows":
        raise HostError("this version cannot start a server on Windows yet", "use WSL 2")
    if host.user_manager:
        return "systemd"
    if host.crontab and host.cron_runs:
        return "cron"
    return "none"
