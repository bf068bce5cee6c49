"""The way back, decided on machines that are not here, and what config.toml says then."""

import tomllib
from dataclasses import replace

from bootstrap import plan, rollback
from bootstrap.actions import PROOF
from bootstrap.receipt import Entry, Receipt
from bootstrap.settings import Settings
from bootstrap.settings.writing import render, taken_back
from bootstrap.situation import Plan
from tests.test_plan import LINUX, MACHINES, PATHS, SESSION, situation


def installed(done: Plan) -> Receipt:
    """The receipt of a run of this plan in which everything went well."""
    entries = [Entry(step.action, step.group, "done") for step in done.actions]
    present = Receipt(PATHS.receipt_file, entries, dict(done.about))
    for entry in entries:
        if entry.key == PROOF:
            entry.memory = {"generation": entry.action.generation}  # type: ignore[attr-defined]
    return present


def keys(present: Receipt, group: str) -> list[str]:
    return [entry.key for entry in present.entries if entry.group == group]


def test_what_is_proved_is_the_server_and_not_the_program() -> None:
    present = installed(plan.install(situation(SESSION)))
    proved = rollback.proved_now(present)
    assert proved
    of_the_server = {action.key for _, action in proved.steps}
    assert of_the_server > set(keys(present, "service"))
    assert f"link {PATHS.bin / 'llamafile'}" in of_the_server
    assert f"link {PATHS.bin / 'bootstrap'}" not in of_the_server
    present.about["generation"] = "another"
    assert not rollback.proved_now(present), "what was chosen since has not been started"


def test_back_to_another_service_manager_the_new_one_goes_first() -> None:
    for was, now in (("cron", "systemd"), ("systemd", "cron")):
        earlier, newer = plan.install(situation(MACHINES[was])), plan.install(situation(MACHINES[now]))
        proved = rollback.proved_now(installed(earlier))
        assert proved
        texts = {PATHS.config_file: ""}
        back = rollback.back(newer, installed(newer), proved, texts)
        assert back.first_undo == {"service"}
        assert back.about["backend"] == was
        assert [step.action for step in back.actions if step.group == "service"] == [
            step.action for step in earlier.actions if step.group == "service"
        ]
        # the earlier one has not been touched yet
        assert not rollback.back(newer, installed(earlier), proved, texts).first_undo


def test_the_program_is_not_taken_back() -> None:
    done = plan.install(situation(LINUX))
    proved = rollback.proved_now(installed(done))
    assert proved
    newer = replace(done, about=done.about | {"version": "9.9", "program": "/new", "alias": "other"})
    about = rollback.back(newer, installed(done), proved, {PATHS.config_file: ""}).about
    assert about == done.about | {"version": "9.9", "program": "/new"}


def test_a_server_is_another_one_only_if_what_starts_or_proves_it_is() -> None:
    proved = rollback.proved_now(installed(plan.install(situation(LINUX))))
    assert proved
    for settings, another in ({}, False), ({"port": 8081}, True), ({"limit": 60}, False):
        assert rollback.is_another(plan.install(situation(LINUX, settings=settings)), proved) == another


def test_settings_go_back_as_far_as_the_server_depends_on_them() -> None:
    earlier = render("", Settings(model="a", port=8080, threads=2))
    text = earlier.replace("[hook]", "[hook] # mine\nlimit = 60\nmine = 1")
    newer = render(text, Settings(model="b", port=8081, mlock=True, llamafile="0.9.2", deadline=5, limit=60))
    newer = newer.replace("threads = 2\n", "")
    assert tomllib.loads(newer)["install"] == {"llamafile": "0.9.2"}
    back = taken_back(newer, earlier)
    assert tomllib.loads(back) == tomllib.loads(text.replace("deadline = 10.0", "deadline = 5"))
    assert "[install]" not in back
    assert "[hook] # mine" in back


def test_without_a_config_the_earlier_one_comes_back_as_it_was() -> None:
    assert taken_back("", "# mine\n[ai]\n") == "# mine\n[ai]\n"
