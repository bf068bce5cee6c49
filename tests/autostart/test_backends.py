"""What holds for every way to start the server, and which one is chosen."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from bootstrap import actions, autostart
from bootstrap.actions import Action, EditCrontab, RegisterLogon, WriteFile
from bootstrap.autostart import launchd, none, run_script, systemd
from bootstrap.autostart.service import describe, registered
from bootstrap.host import Host
from bootstrap.paths import Paths
from tests.autostart.services import HOMES, PLAIN, service_in

OFFLINE = ("systemd-offline", "launchd-offline")


def registers(action: Action) -> bool:
    """Whether this is what has the server started by itself."""
    if isinstance(action, WriteFile):
        return any(part in {"autostart", "LaunchAgents"} for part in action.path.parts)
    return "at login" in action.key or isinstance(action, EditCrontab | RegisterLogon)


@pytest.mark.parametrize("name", autostart.BACKENDS)
@pytest.mark.parametrize(("at_login", "now"), [(True, True), (False, True), (True, False), (False, False)])
def test_actions_follow_the_users_choice_and_survive_the_receipt(
    name: str, at_login: bool, now: bool
) -> None:
    service = service_in(Path("/home/ann"), at_login=at_login, now=now)
    planned = autostart.BACKENDS[name].actions(service)
    assert [actions.from_json(actions.to_json(action)) for action in planned] == list(planned)
    assert len({action.key for action in planned}) == len(planned)
    started = [action for action in planned if action.key == "command start the server"]
    assert len(started) == now
    assert len([action for action in planned if registers(action)]) == (at_login and name != "none")
    if started:
        assert planned[-1] is started[0], "it starts when everything is in place"
        assert started[0].generation == "generation"
    stops = [action for action in planned if action.key == "command stop the server"]
    assert [action.undo for action in stops] == [autostart.BACKENDS[name].control(service).stop], (
        "by whomever"
    )


@pytest.mark.parametrize("name", autostart.BACKENDS)
@pytest.mark.parametrize("home", HOMES)
def test_no_shell_is_told_anything_of_the_users(name: str, home: PurePosixPath) -> None:
    """What is given to `sh -c` is the same text in every home; paths are arguments of their own."""
    backend = autostart.BACKENDS[name]

    def texts(of: PurePosixPath) -> list[str]:
        service = service_in(of)
        control = backend.control(service)
        commands = [*vars(control).values()]
        for action in backend.actions(service):
            commands += [getattr(action, field, ()) for field in ("argv", "undo", "check")]
        return [command[2] for command in commands if command[:2] == ("/bin/sh", "-c")]

    assert texts(home) == texts(PurePosixPath("/home/ann"))


def chosen(os: str = "linux", *, linger: bool = False, home: str = "/home/ann", **seen: Any) -> str:
    service = replace(service_in(PurePosixPath(home)), linger=linger)
    return autostart.choose(Host(os, "14.1", "amd64", None, "1000", **seen), service)


CRON = {"crontab": True, "cron_runs": True}
MANAGER = {"systemd": True, "user_manager": True, "login_manager": True}
OPENRC = {"openrc": (0, 62, 6), "runtime_dir": True}


@pytest.mark.parametrize(
    ("seen", "backend"),
    [
        ({}, "none"),
        (MANAGER | CRON | {"desktop": True}, "systemd"),
        ({"systemd": True}, "none"),
        ({"systemd": True} | CRON, "cron"),
        ({"systemd": True, "login_manager": True} | CRON, "systemd-offline"),
        (OPENRC, "openrc"),
        (OPENRC | CRON | {"desktop": True}, "openrc"),
        (OPENRC | CRON | {"openrc": (0, 54, 2)}, "cron"),
        (OPENRC | CRON | {"runtime_dir": False}, "cron"),
        (CRON | {"desktop": True}, "xdg"),
        ({"desktop": True, "home": "/home/two words"} | CRON, "cron"),
        ({"desktop": True, "home": "/home/two words"}, "none"),
        (CRON, "cron"),
        ({"crontab": True}, "none"),
        ({"os": "freebsd"} | CRON, "cron"),
        ({"os": "openbsd"}, "none"),
        ({"os": "macos", "gui": True}, "launchd"),
        ({"os": "macos"} | CRON, "launchd-offline"),
        ({"os": "macos", "gui": True, "own_home": False}, "none"),
        ({"os": "windows"}, "windows"),
    ],
)
def test_one_backend_is_chosen_and_there_is_always_one(seen: dict[str, Any], backend: str) -> None:
    assert chosen(**seen) == backend


def test_lingering_brings_the_manager_that_is_not_there_yet() -> None:
    assert chosen(systemd=True, login_manager=True, linger=True) == "systemd"
    assert chosen(systemd=True, linger=True) == "none", "no login would start one"
    assert chosen(linger=True, **CRON) == "cron"


def test_no_autostart_is_promised_where_there_is_none() -> None:
    off = service_in(PurePosixPath("/home/ann"), at_login=False)
    promises = {name: backend.promise(PLAIN) for name, backend in autostart.BACKENDS.items()}
    assert "boots" in promises["cron"]
    assert "bootstrap start" in promises["none"]
    assert all("log in" in promises[name] for name in ("systemd", "openrc", "xdg", "launchd"))
    assert all("next" in promises[name] and "login" in promises[name] for name in OFFLINE)
    assert "boots" in systemd.promise(replace(PLAIN, linger=True))
    for backend in autostart.BACKENDS.values():
        assert len(f"  autostart  {backend.promise(PLAIN)}") <= 80
        assert "off" in backend.promise(off)
        assert "off" in backend.promise(replace(off, linger=True))


def test_the_receipt_tells_how_to_drive_the_service() -> None:
    paths = Paths(*(Path("/home/ann", name) for name in ("", "c/commit-polish", "d", "s", "b")))
    service = describe(("/bin/sh", "x", "--server"), paths, "g", at_login=False, now=False)
    service = replace(service, config_home=Path("/home/ann/.config"))
    about = {"argv": list(service.argv), "at_login": False, "config_home": "/home/ann/.config"}
    again = registered(about, paths)
    for backend in autostart.BACKENDS.values():
        assert backend.control(again) == backend.control(service)


def test_nothing_is_said_to_start_by_itself_where_nothing_does() -> None:
    assert none.control(PLAIN).enabled == ()
    off = service_in(PurePosixPath("/home/ann"), at_login=False)
    assert launchd.control(off).enabled == ()
    for name, backend in autostart.BACKENDS.items():
        assert bool(backend.control(PLAIN).enabled) == (name != "none")


@pytest.mark.parametrize("name", OFFLINE)
def test_who_logs_in_while_the_server_runs_gets_no_second_one(name: str) -> None:
    """What starts at login is run.sh, which knows that it runs already; and it stays in charge."""
    backend = autostart.BACKENDS[name]
    written = [action for action in backend.actions(PLAIN) if isinstance(action, WriteFile)]
    entries = [action.text for action in written if action.path != PLAIN.run_script]
    assert len(entries) == 1
    assert str(PLAIN.run_script) in entries[0]
    assert "--server" not in entries[0]
    ours, script = backend.control(PLAIN), run_script.control(PLAIN)
    assert (ours.start, ours.stop, ours.alive, ours.pid) == (
        script.start,
        script.stop,
        script.alive,
        script.pid,
    )
