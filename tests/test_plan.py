"""The whole plan on machines that are not here: what would be done, and what is said about it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bootstrap import actions, catalogue, plan
from bootstrap.errors import HostError, ServerError
from bootstrap.host import GIB, Host
from bootstrap.paths import Paths
from bootstrap.program import Program
from bootstrap.receipt import Receipt
from bootstrap.settings import Settings
from bootstrap.situation import Plan, Situation

HOME = Path("/home/ann")
PATHS = Paths(
    HOME,
    HOME / ".config" / "commit-polish",
    HOME / ".local" / "share" / "commit-polish",
    HOME / ".local" / "state" / "commit-polish",
    HOME / ".local" / "bin",
)
PYTHON = ("/usr/bin/python3", "-m", "bootstrap")
LINUX = Host("linux", "6.1", "amd64", 16 * GIB, "1000", cpu_flags=frozenset({"avx"}))
SESSION = replace(LINUX, systemd=True, login_manager=True, user_manager=True)
MACHINES = {
    "systemd": SESSION,
    "systemd-offline": replace(SESSION, user_manager=False),
    "openrc": replace(LINUX, openrc=(0, 62), runtime_dir=True),
    "xdg": replace(LINUX, desktop=True),
    "cron": replace(LINUX, crontab=True, cron_runs=True),
    "none": LINUX,
    "windows": replace(LINUX, os="windows", os_version="10.0.19045", user="DESK\\ann"),
    "launchd": replace(LINUX, os="macos", os_version="15.1", arch="arm64", cpu_flags=None, gui=True),
    "launchd-offline": replace(LINUX, os="macos", os_version="15.1", arch="arm64", cpu_flags=None),
}


def situation(host: Host, **more: Any) -> Situation:
    wishes = Settings(**more.pop("settings", {}))
    return Situation(
        settings=wishes,
        host=host,
        catalogue=catalogue.load(),
        paths=PATHS,
        receipt=Receipt(PATHS.receipt_file),
        program=Program(PYTHON, PYTHON, PATHS.program("1").parent),
        **more,
    )


def planned(host: Host, **more: Any) -> Plan:
    return plan.install(situation(host, **more))


@pytest.mark.parametrize(("backend", "host"), MACHINES.items(), ids=MACHINES)
def test_every_machine_has_a_plan_that_a_receipt_can_hold(backend: str, host: Host) -> None:
    made = planned(host)
    assert made.about["backend"] == backend
    assert made.promise
    steps = [step.action for step in made.actions]
    assert [actions.from_json(actions.to_json(step)) for step in steps] == steps
    places = [str(path) for step in steps if (path := getattr(step, "path", None))]
    assert all(place.startswith(str(HOME)) for place in places), "nothing outside of the home"


@pytest.mark.parametrize(("backend", "host"), MACHINES.items(), ids=MACHINES)
def test_another_backend_replaces_the_earlier_one_before_it_starts(backend: str, host: Host) -> None:
    for earlier in MACHINES:
        if earlier == "xdg" and backend in {"cron", "none"}:
            continue  # the desktop may be there all the same: see below
        receipt = Receipt(PATHS.receipt_file, about={"backend": earlier})
        made = plan.install(replace(situation(host), receipt=receipt))
        assert made.first_undo == (frozenset({"service"}) if earlier != backend else frozenset())


def test_a_unit_that_moves_is_taken_from_where_it_was_first() -> None:
    about = {"backend": "systemd", "config_home": "/home/ann/elsewhere"}
    made = plan.install(replace(situation(SESSION), receipt=Receipt(PATHS.receipt_file, about=about)))
    assert made.first_undo == {"service"}


def test_a_login_that_shows_no_desktop_does_not_take_autostart_from_it() -> None:
    receipt = Receipt(PATHS.receipt_file, about={"backend": "xdg"})
    for host, backend in ((LINUX, "xdg"), (MACHINES["cron"], "xdg"), (SESSION, "systemd")):
        assert plan.install(replace(situation(host), receipt=receipt)).about["backend"] == backend


def test_a_server_that_cannot_be_stopped_from_here_is_not_lost() -> None:
    about = {"backend": "systemd", "alias": "gemma-3-4b", "api_base": "http://127.0.0.1:8080/v1"}
    receipt = Receipt(PATHS.receipt_file, about=about)
    with pytest.raises(ServerError) as caught:
        plan.install(replace(situation(LINUX, out_of_reach=True), receipt=receipt))
    assert "systemd" in caught.value.message
    assert "session" in caught.value.hint


def test_nothing_is_planned_where_llamafile_cannot_run() -> None:
    for host in (
        replace(LINUX, wsl=1),
        replace(LINUX, cpu_flags=frozenset({"sse2"})),
        replace(LINUX, os="openbsd", os_version="7.6"),
        replace(LINUX, os="windows", os_version="10.0.22631", arch="arm64"),
    ):
        with pytest.raises(HostError):
            planned(host)


def notes(host: Host, **settings: Any) -> str:
    return "\n".join(planned(host, settings=settings).notes)


def test_who_comes_over_ssh_is_told_when_the_server_ends() -> None:
    assert "--linger" in notes(replace(SESSION, ssh=True))
    for host, settings in (
        (SESSION, {}),
        (replace(SESSION, ssh=True, linger=True), {}),
        (replace(SESSION, ssh=True), {"linger": True}),
        (replace(SESSION, ssh=True), {"autostart": False}),
        (replace(MACHINES["cron"], ssh=True), {}),
    ):
        assert "logged out" not in notes(host, **settings)


def test_lingering_is_not_promised_where_there_is_none() -> None:
    assert "cron" in notes(MACHINES["cron"], linger=True)
    assert notes(SESSION, linger=True) == ""


def test_what_is_different_here_is_said() -> None:
    assert "WSL" in notes(replace(SESSION, wsl=2))
    assert "bootstrap run" in notes(replace(LINUX, container=True))
    assert "ARM64" in notes(replace(MACHINES["launchd"], emulated=True))
    assert notes(SESSION) == notes(MACHINES["launchd"]) == ""


def test_a_config_home_that_the_manager_does_not_know_is_not_used_for_its_unit() -> None:
    config = Path("/home/ann/my config")
    paths = replace(PATHS, config=config / "commit-polish")

    def unit(unit_path: str) -> Path:
        host = replace(SESSION, unit_path=unit_path)
        steps = plan.install(replace(situation(host), paths=paths)).actions
        written = [step.action for step in steps if isinstance(step.action, actions.WriteFile)]
        return next(step.path for step in written if step.path.suffix == ".service")

    known = f"/run/user/1000/systemd/user {config}/systemd/user /etc/systemd/user"
    assert unit(known) == config / "systemd" / "user" / "commit-polish.service"
    assert unit("/home/ann/.config/systemd/user") == HOME / ".config/systemd/user/commit-polish.service"
    assert unit("") == HOME / ".config/systemd/user/commit-polish.service", "nobody can tell"


def test_a_taken_port_is_told_with_who_has_it_and_what_is_free() -> None:
    with pytest.raises(ServerError) as caught:
        planned(SESSION, port_is_free=False, holder="nginx (process 12)", other_port=8083)
    assert "nginx (process 12)" in caught.value.message
    assert "--port 8083" in caught.value.hint
    assert planned(SESSION, port_is_free=False, start=False), "nothing is started, so nothing is in the way"


def test_no_second_server_beside_one_in_the_foreground() -> None:
    with pytest.raises(ServerError) as caught:
        planned(SESSION, foreground=True)
    assert "foreground" in caught.value.message
    assert planned(SESSION, foreground=True, start=False)


def test_windows_has_one_directory_for_all_and_no_links() -> None:
    ours = HOME / "AppData" / "Local" / "commit-polish"
    seen = replace(situation(MACHINES["windows"]), paths=Paths(HOME, ours, ours, ours, ours / "bin"))
    made = plan.install(seen)
    keys = [step.action.key for step in made.actions]
    assert len(set(keys)) == len(keys), "an action that comes twice is undone at the wrong moment"
    assert not [key for key in keys if key.startswith("link ")]
    assert made.about["program"] == str(ours / "bin" / "bootstrap")
    assert any(str(ours / "bin") in note and "PATH" in note for note in made.notes)


def test_what_has_our_name_already_is_named_and_what_to_call_instead() -> None:
    place = PATHS.bin / "bootstrap"
    made = planned(LINUX, foreign=frozenset({place}))
    (note,) = [note for note in made.notes if str(place) in note]
    assert made.about["program"] in note
    assert not [note for note in planned(LINUX).notes if str(place) in note]
