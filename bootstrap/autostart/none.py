"""Nothing here starts programs for a user: the server is started now, and by hand after a reboot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.autostart import run_script
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

control = run_script.control


def actions(service: Service) -> tuple[Action, ...]:
    """Write run.sh, start it."""
    files, start = run_script.actions(service)
    return (*files, *start)


def promise(service: Service) -> str:
    """No autostart is claimed where there is none."""
    if not service.at_login:
        return tr("off, as you chose")
    return tr("none: nothing here can do it; after a reboot: bootstrap start")
