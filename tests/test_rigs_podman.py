"""Containers of an ordinary user, by real podman below a real `systemd --user`: see
tests/rigs/scenarios/podman.py, and for what bootstrap does with them contained.py there."""

import pytest

from tests.rigs.running import HOSTILE, run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 450 MB


@pytest.mark.parametrize("scenario", ["life", "changes", "upgrade", "troubles"])
def test_podman(scenario: str) -> None:
    run("podman", f"contained {scenario} podman")


def test_podman_with_a_hostile_home() -> None:
    # podman itself takes a `$` in the name of a home for a variable
    run("podman", "contained hostile_home podman", "--home", HOSTILE.replace("$", ""))


@pytest.mark.parametrize("scenario", ["without_a_manager", "foreground"])
def test_podman_without_a_manager(scenario: str) -> None:
    run("podman", f"contained {scenario} podman", "--no-manager")


@pytest.mark.parametrize("scenario", ["service", "mishaps", "needs_new_privileges", "pull"])
def test_podman_by_itself(scenario: str) -> None:
    run("podman", f"podman {scenario}")
