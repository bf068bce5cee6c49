"""A user service of OpenRC 0.60 or newer: openrc-run(8), supervise-daemon(8), rc-service(8)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, Sweep, WriteFile
from bootstrap.autostart.service import START, STOP, Control

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

OLDEST = (0, 60)
NAME = "commit-polish"
_LOG = "server.log"
_SERVICE = ("rc-service", "--user", NAME)


def script(service: Service) -> str:
    """The text of the service script. What is in these variables is parsed by a shell once more."""
    program, *arguments = service.argv
    log = shlex.quote(shlex.quote(str(service.logs / _LOG)))
    environment = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in service.environment)
    return f"""\
#!/sbin/openrc-run
# Written by bootstrap, which also removes it: what you change here is lost.

name="commit-polish"
description="Local language model for commit-polish (llamafile)"
supervisor=supervise-daemon
command={program}
command_args={shlex.quote(shlex.join(arguments))}
output_log={log}
error_log={log}
umask=077
respawn_delay=5
respawn_max=5
respawn_period=300
retry=TERM/15/KILL/5
{environment}"""


def actions(service: Service) -> tuple[Action, ...]:
    """Write the script, add it to the user's default runlevel, start it."""
    path = _path(service)
    by_hand = control(service)
    at_login = RunCommand(
        "start the server at login",
        ("rc-update", "--user", "add", NAME, "default"),
        undo=("rc-update", "--user", "delete", NAME, "default"),
        check=_enabled(service),
        generation="1",
    )
    start = RunCommand(
        START,
        by_hand.restart,
        check=by_hand.alive,
        generation=service.generation,
        hint=f"see why: {service.logs / _LOG}",
    )
    return (
        CreateDirectory(service.logs, mode=0o700),
        Sweep(service.logs, (_LOG,)),
        CreateDirectory(path.parent),
        WriteFile(path, script(service), 0o755),
        *((CreateDirectory(_runlevel(service)), at_login) if service.at_login else ()),
        # whoever starts it, uninstall stops it
        RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1"),
        *((start,) if service.now else ()),
    )


def control(service: Service) -> Control:
    """By rc-service."""
    log = str(service.logs / _LOG)
    return Control(
        start=(*_SERVICE, "start"),
        stop=(*_SERVICE, "stop"),
        restart=(*_SERVICE, "restart"),
        alive=(*_SERVICE, "--quiet", "status"),
        enabled=_enabled(service),
        pid=("pgrep", "-f", "x"),
        logs=("tail", "-n", "100", log),
        follow=("tail", "-n", "100", "-f", log),
    )


def promise(service: Service) -> str:
    """A user's runlevel is started with the user's first login."""
    if service.at_login:
        return f"OpenRC, when you log in ({NAME})"
    return "off, as you chose"


def _path(service: Service) -> Path:
    return service.config_home / "rc" / "init.d" / NAME


def _runlevel(service: Service) -> Path:
    return service.config_home / "rc" / "runlevels" / "default"


def _enabled(service: Service) -> tuple[str, ...]:
    return ("test", "-L", str(_runlevel(service) / NAME))
