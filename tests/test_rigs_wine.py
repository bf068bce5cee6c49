"""bootstrap under Windows' Python and wine: see tests/rigs/scenarios/wine.py."""

import pytest

from tests.rigs.running import run


@pytest.mark.parametrize("scenario", ["life"])
def test_wine(scenario: str) -> None:
    run("wine", f"wine {scenario}", "--home", "ann", timeout=600)
