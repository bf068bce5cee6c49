"""bootstrap where nothing but real desktops starts programs: see tests/rigs/scenarios/desktop.py."""

import pytest

from tests.rigs.running import HOSTILE, run

pytestmark = pytest.mark.slow  # the first time it makes a tree of 900 MB


@pytest.mark.parametrize("scenario", ["xfce", "lxde", "mate", "lxqt", "no_login"])
def test_desktop(scenario: str) -> None:
    run("desktop", f"desktop {scenario}")


def test_desktop_with_a_hostile_home() -> None:
    run("desktop", "desktop path_that_desktops_differ_about", "--home", HOSTILE)
