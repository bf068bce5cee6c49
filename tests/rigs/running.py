"""Runs one scenario in one rig, or skips it with the reason where this machine cannot have that rig."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import ROOT

RIGS = ROOT / "tests" / "rigs"
HOSTILE = 'it\'s "100%" $HOME \\n %h ë'
CANNOT = 77  # the exit status of a rig that cannot be here
LOGIN = dict(os.environ)  # before the tests get a home of their own: the rigs keep what they make in a cache


def run(rig: str, scenario: str, *options: str, timeout: float = 300, python: str = sys.executable) -> None:
    """scenario: a module of tests.rigs.scenarios and a function in it, such as "cron life". timeout: seconds,
    with packages to install; python: who runs the scenario, by default who runs the tests."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("the rigs need root on Debian")
    shares = [word for directory in sorted(_needed()) for word in ("--share", directory)]
    driver = ["env", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1", python]
    done = subprocess.run(
        [RIGS / rig, *options, *shares, "--", *driver, "-m", "tests.rigs.scenarios", *scenario.split()],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env=LOGIN | {"PYTHON": sys.executable},
    )
    if done.returncode == CANNOT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def _needed() -> Iterator[str]:
    """What the scenarios need of this machine: the checkout and the Python that runs the tests."""
    yield from {str(ROOT), sys.prefix}
    base = Path(sys.base_prefix)
    if base != Path("/usr"):
        yield from {str(base), str(base.resolve())}
