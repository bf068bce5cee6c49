"""An entry of the desktop's autostart (freedesktop.org, "Desktop Application Autostart"): for machines with
a desktop and without systemd or OpenRC's user services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, WriteFile
from bootstrap.autostart import run_script
from bootstrap.messages import tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Control, Service

NAME = "commit-polish.desktop"


def can_name(run_script: Path) -> bool:
    """Whether every reader of such entries takes this path as it is: LXQt's stumbles over `@,:+=`, and about
    quotes, spaces, `%`, `$` and backslashes all disagree."""
    return bool(re.fullmatch(r"[\w/.-]+", str(run_script), re.ASCII))


def entry(service: Service) -> str:
    """The text of the entry. Its path is one that `can_name` lets pass."""
    return f"""\
[Desktop Entry]
Type=Application
Name=Local language model
Comment=Answers commit-polish and other programs on this machine (llamafile)
Exec=/bin/sh {service.run_script} run
TryExec=/bin/sh
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
"""


def actions(service: Service) -> tuple[Action, ...]:
    """Write run.sh and the entry, start it."""
    files, start = run_script.actions(service)
    path = _path(service)
    entries = (CreateDirectory(path.parent), WriteFile(path, entry(service))) if service.at_login else ()
    return (*files, *entries, *start)


def control(service: Service) -> Control:
    """By run.sh."""
    return run_script.control(service, ("test", "-f", str(_path(service))))


def promise(service: Service) -> str:
    """The desktop starts it, so a login by text or ssh does not."""
    if service.at_login:
        return tr("your desktop, when you log in to it")
    return tr("off, as you chose")


def _path(service: Service) -> Path:
    return service.config_home / "autostart" / NAME
