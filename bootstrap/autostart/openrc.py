"""A user service of OpenRC: openrc-run(8), supervise-daemon(8), its "Users Guide", and trials on 0.64."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, Sweep, WriteFile
from bootstrap.autostart.service import START, STOP, Control
from bootstrap.messages import later, tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

OLDEST = (0, 60)  # with user services
NAME = "commit-polish"
_LOG = "server.log"
_SERVICE = ("rc-service", "--user", NAME)
_PID = f'cat "$XDG_RUNTIME_DIR/openrc/options/{NAME}/child_pid" 2>/dev/null'
# a service whose program has just crashed is "started" too
_ALIVE = f'rc-service --user --quiet {NAME} status >/dev/null 2>&1 && kill -0 "$({_PID})" 2>/dev/null'


def script(service: Service) -> str:
    """The text of the service script.

    supervise-daemon's part of OpenRC takes `command_args` apart at white space, has the shell expand `*`
    in it, and only then parses its quotes. So every word is a variable, named there in quotes.
    """
    program, *arguments = service.tidied
    words = {f"word_{number}": argument for number, argument in enumerate(arguments)}
    assignments = "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
    environment = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in service.environment)
    return f"""\
#!/sbin/openrc-run
# Written by bootstrap, which also removes it: what you change here is lost.

name="{NAME}"
description="Local language model for commit-polish (llamafile)"
supervisor=supervise-daemon
respawn_delay=5
respawn_max=5
respawn_period=300
retry=TERM/15/KILL/5
umask=077
log={shlex.quote(str(service.logs / _LOG))}
output_log='"$log"'
error_log='"$log"'
{environment}{assignments}command={program}
command_args='{" ".join(f'"${name}"' for name in words)}'
{_after(service)}"""


def _after(service: Service) -> str:
    return (
        f"stop_post() {{ {shlex.join(service.tidy)} >/dev/null 2>&1; return 0; }}\n" if service.tidy else ""
    )


def actions(service: Service) -> tuple[Action, ...]:
    """Write the script, add it to the user's default runlevel, start it."""
    path = service.config_home / "rc" / "init.d" / NAME
    by_hand = control(service)
    at_login = (
        CreateDirectory(_runlevel(service)),  # rc-update makes none
        RunCommand(
            later("start the server at login"),
            ("rc-update", "--user", "add", NAME, "default"),
            undo=("rc-update", "--user", "delete", NAME, "default"),
            check=by_hand.enabled,
            generation="1",
        ),
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
        *(at_login if service.at_login else ()),
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
        alive=("/bin/sh", "-c", _ALIVE),
        enabled=("test", "-L", str(_runlevel(service) / NAME)),
        pid=("/bin/sh", "-c", _PID),
        logs=("tail", "-n", "100", log),
        follow=("tail", "-n", "100", "-f", log),
    )


def promise(service: Service) -> str:
    """A user's runlevel is entered with the user's login."""
    if service.at_login:
        return tr("OpenRC, when you log in (the user service {name})", name=NAME)
    return tr("off, as you chose")


def _runlevel(service: Service) -> Path:
    return service.config_home / "rc" / "runlevels" / "default"
