"""A Mac without a graphical login, as over ssh: launchd's domain for agents is not there, so the agent is
only written, and run.sh keeps the server until then.

The agent starts run.sh, not the server: who logs in while that one still runs gets no second server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.actions import RunCommand
from bootstrap.autostart import launchd, run_script
from bootstrap.messages import later, tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Control, Service


def plist(service: Service) -> str:
    """The text of the agent."""
    return launchd.text(service, ("/bin/sh", str(service.run_script), "run"), {})


def actions(service: Service) -> tuple[Action, ...]:
    """Write run.sh and the agent, start the server without it."""
    files, start = run_script.actions(service)
    # a graphical login has it loaded
    forget = RunCommand(later("let launchd forget the agent"), (), undo=launchd.STOPPING, generation="1")
    entry = (forget, *launchd.writing(service, plist(service))) if service.at_login else ()
    return (*files, *entry, *start)


def control(service: Service) -> Control:
    """By run.sh, also when launchd has started it."""
    return run_script.control(service, launchd.enabled(service))


def promise(service: Service) -> str:
    """Nothing starts it before the graphical login."""
    if service.at_login:
        return tr("launchd, from your next graphical login on ({label})", label=launchd.LABEL)
    return tr("off, as you chose")
