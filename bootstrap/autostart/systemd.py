"""A systemd user unit: `systemctl --user`. Escaping and options: systemd.service(5), systemd.syntax(7),
and trials on systemd 252 (`ProtectHome=` and the like do nothing or fail in user units there)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, WriteFile
from bootstrap.autostart.service import START, STOP, Control, generation_of

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

UNIT = "commit-polish.service"
_SYSTEMCTL = ("systemctl", "--user")
# edits the links only, so it works without a bus too
_OFFLINE = ("/usr/bin/env", "SYSTEMD_OFFLINE=1", *_SYSTEMCTL)
_FORGIVE = f"systemctl --user reset-failed {UNIT} 2>/dev/null"


def unit(service: Service) -> str:
    """The text of the unit file."""
    environment = "".join(
        f"Environment={escape(f'{name}={value}', '')}\n" for name, value in service.environment
    )
    # an executable's path may hold no quotes or backslashes however they are written: it is /bin/sh
    program, *arguments = service.argv
    command = " ".join((program, *(escape(argument, "$") for argument in arguments)))
    return f"""\
[Unit]
Description=Local language model for commit-polish (llamafile)
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
{environment}ExecStart={command}
Restart=on-failure
RestartSec=5
TimeoutStopSec=15
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
OOMScoreAdjust=500
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def escape(text: str, double: str) -> str:
    """One word for a unit file: quoted, `%` doubled, and so every character of `double`.

    `$` is special in ExecStart= and an ordinary character in Environment=.
    """
    table = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"} | {c: c + c for c in "%" + double}
    return '"' + "".join(table.get(character, character) for character in text) + '"'


def actions(service: Service) -> tuple[Action, ...]:
    """Write the unit, have it read, enable it, start it."""
    text = unit(service)
    path = service.config_home / "systemd" / "user" / UNIT
    wanted = path.parent / "default.target.wants"
    reload = (*_SYSTEMCTL, "daemon-reload")
    result: list[Action] = [
        RunCommand(
            "let systemd forget the unit",
            (),
            undo=("/bin/sh", "-c", f"systemctl --user daemon-reload; {_FORGIVE}; :"),
            generation="1",
        ),
        CreateDirectory(path.parent),
        WriteFile(path, text),
        RunCommand("let systemd read the unit", reload, generation=generation_of(text)),
    ]
    if service.at_login:
        result += [
            CreateDirectory(wanted),
            RunCommand(
                "start the server at login",
                (*_OFFLINE, "enable", UNIT),
                undo=(*_OFFLINE, "disable", UNIT),
                check=(*_OFFLINE, "is-enabled", "--quiet", UNIT),
                generation="1",
            ),
        ]
    by_hand = control(service)
    # whoever starts it, uninstall stops it
    result.append(RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1"))
    if service.now:
        result.append(
            RunCommand(
                START,
                by_hand.restart,
                check=by_hand.alive,
                generation=service.generation,
                hint=f"see why: journalctl --user -u {UNIT}",
            )
        )
    return tuple(result)


def control(_service: Service) -> Control:
    """By systemctl; what it says is in the journal."""
    journal = ("journalctl", "--user", "--unit", UNIT, "--no-pager", "--lines", "100")
    return Control(
        start=_forgiving("start"),
        stop=(*_SYSTEMCTL, "stop", UNIT),
        restart=_forgiving("restart"),
        alive=(*_SYSTEMCTL, "is-active", "--quiet", UNIT),
        pid=(*_SYSTEMCTL, "show", "--property", "MainPID", "--value", UNIT),
        logs=journal,
        follow=(*journal, "--follow"),
    )


def _forgiving(verb: str) -> tuple[str, ...]:
    """Starts by hand count as crashes do: after five in 300 s systemd would refuse the next."""
    return ("/bin/sh", "-c", f"{_FORGIVE}; exec systemctl --user {verb} {UNIT}")


def promise(service: Service) -> str:
    """The unit starts with the user's manager, that is with the first login."""
    if service.at_login:
        return f"systemd, when you log in ({UNIT})"
    return "off, as you chose"
