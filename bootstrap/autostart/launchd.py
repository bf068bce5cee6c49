"""A LaunchAgent of macOS: launchd.plist(5), launchctl(1). Its text is tested, it was never run on a Mac."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING, Any

from bootstrap.actions import CreateDirectory, RunCommand, Sweep, WriteFile
from bootstrap.autostart.service import START, STOP, Control
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

LABEL = "commit-polish.server"
_LOG = "server.log"
# The shell is told the label and the path as $0 and $1: nothing of the user's is in these texts.
_ALIVE = 'launchctl print "gui/$(id -u)/$0" 2>/dev/null | grep -q "^[[:space:]]*state = running"'
_PID = r"""launchctl print "gui/$(id -u)/$0" 2>/dev/null | sed -n 's/^[[:space:]]*pid = \([0-9]*\)$/\1/p'"""
# bootout returns when the request is accepted; the agent goes when its program has ended
_STOP = """\
launchctl bootout "gui/$(id -u)/$0" 2>/dev/null
tries=0
while launchctl print "gui/$(id -u)/$0" >/dev/null 2>&1; do
    tries=$((tries + 1)); [ "$tries" -lt 200 ] || exit 1; sleep 0.1
done"""
# Even then bootstrap fails for some five seconds more ("5: Input/output error", as people report). Somebody
# may have switched the agent off by hand: starting it is what was asked for now.
_START = f"""\
{_STOP}
launchctl enable "gui/$(id -u)/$0"
tries=0
until said=$(launchctl bootstrap "gui/$(id -u)" "$1" 2>&1); do
    tries=$((tries + 1)); [ "$tries" -lt 40 ] || {{ echo "$said" >&2; exit 1; }}; sleep 0.5
done
launchctl kickstart "gui/$(id -u)/$0" 2>/dev/null
:"""
# by the words of macOS 13 and newer, and of older ones
_ENABLED = r"""\
test -f "$1" && ! launchctl print-disabled "gui/$(id -u)" 2>/dev/null | grep -q "\"$0\" => \(disabled\|true\)"
"""


STOPPING = ("/bin/sh", "-c", _STOP, LABEL)


def plist(service: Service) -> str:
    """The text of the agent: the server itself, under launchd's care."""
    return text(service, service.tidied, dict(service.environment), always=service.ended_by_others)


def text(service: Service, argv: Sequence[str], environment: dict[str, str], *, always: bool = False) -> str:
    """An agent that starts these words at login, and again when they end badly; always: however they end."""
    log = str(logs(service) / _LOG)
    content: dict[str, Any] = {
        "Label": LABEL,
        "ProgramArguments": list(argv),
        "RunAtLoad": True,
        "KeepAlive": always or {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        "ExitTimeOut": 15,
        "EnvironmentVariables": {"HOME": str(service.home), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
        | environment,
        "StandardOutPath": log,
        "StandardErrorPath": log,
        "Umask": 0o077,
    }
    return plistlib.dumps(content, sort_keys=False).decode()


def path(service: Service) -> Path:
    """Where launchd finds it at login; elsewhere it is only started by hand."""
    if service.at_login:
        return service.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    return service.run_script.with_name(f"{LABEL}.plist")


def logs(service: Service) -> Path:
    """Where Macs keep logs."""
    return service.home / "Library" / "Logs" / "commit-polish"


def writing(service: Service, written: str) -> tuple[Action, ...]:
    """Put the agent and the directory of its log in place."""
    return (
        CreateDirectory(logs(service), mode=0o700),
        Sweep(logs(service), (_LOG,)),
        CreateDirectory(path(service).parent),
        WriteFile(path(service), written),
    )


def actions(service: Service) -> tuple[Action, ...]:
    """Write the agent, start it."""
    by_hand = control(service)
    start = RunCommand(
        START,
        by_hand.restart,
        check=by_hand.alive,
        generation=service.generation,
        hint=f"see why: {logs(service) / _LOG}",
    )
    return (
        *writing(service, plist(service)),
        # whoever starts it, uninstall stops it
        RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1"),
        *((start,) if service.now else ()),
    )


def control(service: Service) -> Control:
    """By launchctl, in the domain of the graphical login."""
    log = str(logs(service) / _LOG)
    start = ("/bin/sh", "-c", _START, LABEL, str(path(service)))
    return Control(
        # a model that is just being loaded must not start anew
        start=("/bin/sh", "-c", f"{_ALIVE} && exit\n{_START}", LABEL, str(path(service))),
        stop=STOPPING,
        restart=start,
        alive=("/bin/sh", "-c", _ALIVE, LABEL),
        enabled=enabled(service),
        pid=("/bin/sh", "-c", _PID, LABEL),
        logs=("tail", "-n", "100", log),
        follow=("tail", "-n", "100", "-f", log),
    )


def enabled(service: Service) -> tuple[str, ...]:
    """What tells whether launchd finds it at login."""
    return ("/bin/sh", "-c", _ENABLED, LABEL, str(path(service))) if service.at_login else ()


def promise(service: Service) -> str:
    """An agent belongs to a graphical login."""
    if service.at_login:
        return tr("launchd, when you log in ({label})", label=LABEL)
    return tr("off, as you chose")
