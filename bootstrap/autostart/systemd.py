"""A systemd user unit: `systemctl --user`. Escaping and options: systemd.service(5), systemd.syntax(7),
and trials on systemd 252 (`ProtectHome=` and the like do nothing or fail in user units there)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, WriteFile
from bootstrap.autostart.service import START, STOP, Control, generation_of
from bootstrap.messages import later, tr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

UNIT = "commit-polish.service"
_SYSTEMCTL = ("systemctl", "--user")
_FORGIVE = f"systemctl --user reset-failed {UNIT} 2>/dev/null"
# Lingering starts the user's manager, if it does not run yet, and a moment later it can be spoken to. Without
# a name loginctl takes the user of the session, and who lingers need not have one.
_LINGER = """\
loginctl enable-linger "$(id -un)" || exit
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"; export XDG_RUNTIME_DIR
tries=0
until systemctl --user show --property=Version >/dev/null 2>&1; do
    tries=$((tries + 1)); [ "$tries" -lt 100 ] || exit; sleep 0.1
done"""


def unit(service: Service) -> str:
    """The text of the unit file: the server itself, under the manager's care."""
    environment = "".join(
        f"Environment={escape(f'{name}={value}', '')}\n" for name, value in service.environment
    )
    restart = "always" if service.ended_by_others else "on-failure"
    lines = f"Restart={restart}\nRestartSec=5\n{_tidying(service)}"
    return text(service, service.argv, environment, lines)


# Rootless containers begin with a program that has more rights than its caller (newuidmap), and each of these
# takes it those.
_CONFINED = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""


def text(service: Service, argv: Sequence[str], environment: str, restart: str) -> str:
    """A unit that starts these words. environment, restart: lines of the section [Service]."""
    command = _command(argv)
    return f"""\
[Unit]
Description=Local language model for commit-polish (llamafile)
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
{environment}ExecStart={command}
{restart}TimeoutStopSec=15
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
OOMScoreAdjust=500
UMask=0077
{_CONFINED if service.confined else ""}
[Install]
WantedBy=default.target
"""


def _command(argv: Sequence[str]) -> str:
    # an executable's path may hold no quotes or backslashes however they are written: it is /bin/sh
    program, *arguments = argv
    return " ".join((program, *(escape(argument, "$") for argument in arguments)))


def _tidying(service: Service) -> str:
    """Seen with podman 4.3: what is called before it keeps podman's own process out of the unit, whose end
    would be the end of all containers; what is called after it removes one that was stopped half made."""
    if not service.tidy:
        return ""
    command = _command(service.tidy)
    return f"Delegate=yes\nExecStartPre=-{command}\nExecStopPost=-{command}\n"


def escape(text: str, double: str) -> str:
    """One word for a unit file: quoted, `%` doubled, and so every character of `double`.

    `$` is special in ExecStart= and an ordinary character in Environment=.
    """
    table = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"} | {c: c + c for c in "%" + double}
    return '"' + "".join(table.get(character, character) for character in text) + '"'


def actions(service: Service) -> tuple[Action, ...]:
    """Write the unit, have it read, enable it, start it."""
    written = unit(service)
    reload = (*_SYSTEMCTL, "daemon-reload")
    by_hand = control(service)
    return (
        *(_lingering() if service.lingers else ()),
        *writing(service, written),
        RunCommand(later("let systemd read the unit"), reload, generation=generation_of(written)),
        *(enabling(service) if service.at_login else ()),
        # whoever starts it, uninstall stops it
        RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1"),
        *(
            RunCommand(
                START,
                by_hand.restart,
                check=by_hand.alive,
                generation=service.generation,
                hint=f"see why: journalctl --user -u {UNIT}",
            )
            for _ in range(service.now)
        ),
    )


def writing(service: Service, written: str) -> tuple[Action, ...]:
    """Put the unit where the manager looks; it forgets it when the unit has gone."""
    path = _directory(service) / UNIT
    return (
        RunCommand(
            later("let systemd forget the unit"),
            (),
            undo=("/bin/sh", "-c", f"systemctl --user daemon-reload; {_FORGIVE}; :"),
            generation="1",
        ),
        CreateDirectory(path.parent),
        WriteFile(path, written),
    )


def enabling(service: Service) -> tuple[Action, ...]:
    """Have it started at login. It edits links only, so it works where no manager answers."""
    return (
        CreateDirectory(_directory(service) / "default.target.wants"),
        RunCommand(
            later("start the server at login"),
            _offline(service, "enable"),
            undo=_offline(service, "disable"),
            check=enabled(service),
            generation="1",
        ),
    )


def enabled(service: Service) -> tuple[str, ...]:
    """What tells whether it is started at login, by the links that the manager follows."""
    return _offline(service, "is-enabled", "--quiet")


def _offline(service: Service, *verb: str) -> tuple[str, ...]:
    surroundings = ("SYSTEMD_OFFLINE=1", f"XDG_CONFIG_HOME={service.config_home}")
    return ("/usr/bin/env", *surroundings, *_SYSTEMCTL, *verb, UNIT)


def _directory(service: Service) -> Path:
    return service.config_home / "systemd" / "user"


def _lingering() -> tuple[Action, ...]:
    """Somebody who lingers already has chosen that, so it is not ours to undo."""
    return (
        RunCommand(
            later("keep the server running while you are not logged in"),
            ("/bin/sh", "-c", _LINGER),
            undo=("/bin/sh", "-c", 'loginctl disable-linger "$(id -un)"'),
            check=("/bin/sh", "-c", 'test -e "/var/lib/systemd/linger/$(id -un)"'),
            generation="1",
            hint=later(
                'go on without: bootstrap --no-linger; or have it done: sudo loginctl enable-linger "$USER"'
            ),
            unless_so=True,
        ),
    )


def control(service: Service) -> Control:
    """By systemctl; what it says is in the journal."""
    journal = ("journalctl", "--user", "--unit", UNIT, "--no-pager", "--lines", "100")
    return Control(
        start=_forgiving("start"),
        stop=(*_SYSTEMCTL, "stop", UNIT),
        restart=_forgiving("restart"),
        alive=(*_SYSTEMCTL, "is-active", "--quiet", UNIT),
        enabled=enabled(service),
        pid=(*_SYSTEMCTL, "show", "--property", "MainPID", "--value", UNIT),
        logs=journal,
        follow=(*journal, "--follow"),
    )


def _forgiving(verb: str) -> tuple[str, ...]:
    """Starts by hand count as crashes do: after five in 300 s systemd would refuse the next."""
    return ("/bin/sh", "-c", f"{_FORGIVE}; exec systemctl --user {verb} {UNIT}")


def promise(service: Service) -> str:
    """The unit starts with the user's manager: with the first login, or with the machine."""
    if service.lingers:
        return tr("systemd, when this machine boots ({unit}, lingering)", unit=UNIT)
    if service.at_login:
        return tr("systemd, when you log in ({unit})", unit=UNIT)
    return tr("off, as you chose")
