"""bootstrap on a Debian that is really booted, and rebooted: see tests/rigs/scenarios/boot.py."""

import pytest

from tests.rigs.running import run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 400 MB


@pytest.mark.parametrize("scenario", ["linger", "no_linger", "lingered_before"])
def test_boot(scenario: str) -> None:
    run("boot", f"boot {scenario}")
