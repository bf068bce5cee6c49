"""bootstrap under a real systemd and a real cron, as an ordinary user: see tests/rigs/scenarios.py.

Needs root on Debian, for namespaces of its own and for the packages; skipped elsewhere.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import ROOT

RIGS = ROOT / "tests" / "rigs"
HOSTILE = 'it\'s "100%" $HOME \\n %h ë'

if sys.platform != "linux" or os.geteuid() != 0:
    pytest.skip("the rigs need root on Debian", allow_module_level=True)


def run(rig: str, scenario: str, *options: str) -> None:
    """Run one scenario to its end in a fresh rig, or skip it where the rig cannot be."""
    visible = {str(ROOT), sys.prefix, sys.base_prefix, str(Path(sys.base_prefix).resolve())}
    shares = [word for directory in sorted(visible) for word in ("--share", directory)]
    python = ["env", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable]
    done = subprocess.run(
        [RIGS / rig, *options, *shares, "--", *python, "-m", "tests.rigs.scenarios", scenario],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,  # with packages to install
        stdin=subprocess.DEVNULL,
    )
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("scenario", ["life", "choice", "broken_model", "quoting", "config_home", "after_su"])
def test_systemd(scenario: str) -> None:
    run("systemd-user", f"systemd_{scenario}")


def test_systemd_with_a_hostile_home() -> None:
    run("systemd-user", "systemd_hostile_home", "--home", HOSTILE)


@pytest.mark.parametrize("scenario", ["not_there_yet", "never_there"])
def test_systemd_without_a_manager(scenario: str) -> None:
    run("systemd-user", f"systemd_{scenario}", "--no-manager")


@pytest.mark.parametrize("scenario", ["life", "hostile_data"])
def test_cron(scenario: str) -> None:
    run("cron", f"cron_{scenario}")


def test_cron_with_a_hostile_home() -> None:
    run("cron", "cron_hostile_home", "--home", HOSTILE)


def test_cron_that_does_not_run() -> None:
    run("cron", "cron_does_not_run", "--no-manager")
