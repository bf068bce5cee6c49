"""bootstrap on Windows, as far as wine is Windows: see tests/rigs/scenarios/wine.py."""

import pytest

from tests.rigs.running import run

pytestmark = pytest.mark.slow
HOSTILE = "it's 100% & ë^! 日本"  # of what a Windows account's name may have in it


@pytest.mark.parametrize("scenario", ["life", "run_key", "choice", "port", "hook"])
def test_wine(scenario: str) -> None:
    run("wine", f"wine {scenario}")


def test_wine_with_a_hostile_profile() -> None:
    run("wine", "wine hostile", "--home", HOSTILE)
