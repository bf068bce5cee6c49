"""Containers of an ordinary user, by real podman below a real `systemd --user`: see
tests/rigs/scenarios/podman.py."""

import pytest

from tests.rigs.running import run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 450 MB


@pytest.mark.parametrize("scenario", ["service", "mishaps", "needs_new_privileges", "pull"])
def test_podman(scenario: str) -> None:
    run("podman", f"podman {scenario}")
