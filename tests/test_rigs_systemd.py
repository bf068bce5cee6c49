"""bootstrap under a real `systemd --user`, as an ordinary user: see tests/rigs/scenarios/systemd.py.

Needs root on Debian, for namespaces of its own and for the packages; skipped elsewhere.
"""

import pytest

from tests.rigs.running import HOSTILE, run


@pytest.mark.parametrize("scenario", ["life", "choice", "broken_model", "quoting", "config_home", "after_su"])
def test_systemd(scenario: str) -> None:
    run("systemd-user", f"systemd {scenario}")


def test_systemd_with_a_hostile_home() -> None:
    run("systemd-user", "systemd hostile_home", "--home", HOSTILE)


@pytest.mark.parametrize("scenario", ["not_there_yet", "never_there"])
def test_systemd_without_a_manager(scenario: str) -> None:
    run("systemd-user", f"systemd {scenario}", "--no-manager")
