"""bootstrap on Linux on ARM64, as far as qemu is a processor: see tests/rigs/scenarios/arm64.py."""

import pytest

from tests.rigs.running import run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 300 MB


def test_the_one_file_for_arm64() -> None:
    run("arm64", "arm64 one_file", python="python", timeout=900)
