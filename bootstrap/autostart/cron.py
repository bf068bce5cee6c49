"""The user's crontab: `@reboot` starts run.sh, where a cron daemon runs and systemd does not."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import EditCrontab
from bootstrap.autostart import run_script
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Control, Service

MARK = "# commit-polish"
_ENABLED = ("/bin/sh", "-c", f"crontab -l 2>/dev/null | grep -q '{MARK}$'")


def line(service: Service) -> str:
    """The crontab line. cron turns a bare `%` into a newline, and one cron reads backslashes otherwise
    than the next: the path is relative to $HOME where it can be, and in the rest `?` stands for them."""
    try:
        start, path = '"$HOME"', f"/{service.run_script.relative_to(service.home).as_posix()}"
    except ValueError:
        start, path = "", str(service.run_script)
    return f"@reboot /bin/sh {start}" + "?".join(map(shlex.quote, re.split(r"[%\\\n\r]", path)))


def actions(service: Service) -> tuple[Action, ...]:
    """Write run.sh, add the line, start it."""
    files, start = run_script.actions(service)
    entry = (EditCrontab(line(service), MARK),) if service.at_login else ()
    return (*files, *entry, *start)


def control(service: Service) -> Control:
    """By run.sh."""
    return run_script.control(service, _ENABLED)


def promise(service: Service) -> str:
    """@reboot means: when cron starts, whoever logs in."""
    if service.at_login:
        return tr("cron, when this machine boots")
    return tr("off, as you chose")
