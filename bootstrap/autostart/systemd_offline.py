"""A machine with systemd where this user has no manager yet, as over ssh or in cron: a unit that is
enabled all the same, and a server that run.sh keeps until then.

The unit starts run.sh, not the server: who logs in while that one still runs gets no second server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.autostart import run_script, systemd
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Control, Service


def unit(service: Service) -> str:
    """The text of the unit file; run.sh starts the server again by itself."""
    return systemd.text(service, ("/bin/sh", str(service.run_script), "run"), "", "")


def actions(service: Service) -> tuple[Action, ...]:
    """Write run.sh and the unit, enable it, start the server without it."""
    files, start = run_script.actions(service)
    entry = (*systemd.writing(service, unit(service)), *systemd.enabling(service)) if service.at_login else ()
    return (*files, *entry, *start)


def control(service: Service) -> Control:
    """By run.sh, also when the unit has started it."""
    return run_script.control(service, systemd.enabled(service))


def promise(service: Service) -> str:
    """Nothing starts it before the login that starts the manager."""
    if service.at_login:
        return tr("systemd, from your next login on ({unit})", unit=systemd.UNIT)
    return tr("off, as you chose")
