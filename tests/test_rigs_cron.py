"""bootstrap under a real cron daemon, as an ordinary user: see tests/rigs/scenarios/cron.py.

Needs root on Debian, for namespaces of its own and for the packages; skipped elsewhere.
"""

import pytest

from tests.rigs.running import HOSTILE, run


@pytest.mark.parametrize("scenario", ["life", "hostile_data"])
def test_cron(scenario: str) -> None:
    run("cron", f"cron {scenario}")


def test_cron_with_a_hostile_home() -> None:
    run("cron", "cron hostile_home", "--home", HOSTILE)


def test_cron_that_does_not_run() -> None:
    run("cron", "cron does_not_run", "--no-manager")
