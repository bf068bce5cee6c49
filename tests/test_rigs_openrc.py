"""bootstrap under a real OpenRC with user services: see tests/rigs/scenarios/openrc.py."""

import pytest

from tests.rigs.running import HOSTILE, run


@pytest.mark.parametrize(
    "scenario", ["life", *(pytest.param(name, marks=pytest.mark.slow) for name in ("choice", "broken_model"))]
)
def test_openrc(scenario: str) -> None:
    run("openrc", f"openrc {scenario}")


def test_openrc_with_a_hostile_home() -> None:
    run("openrc", "openrc hostile_home", "--home", HOSTILE)
