"""bootstrap on Windows, as far as wine is Windows: see tests/rigs/scenarios/wine.py."""

import pytest

from tests.rigs.running import LOGIN, run

pytestmark = pytest.mark.slow
HOSTILE = "it's 100% & ë^! 日本"  # of what a Windows account's name may have in it


@pytest.mark.parametrize("scenario", ["life", "run_key", "choice", "port", "hook"])
def test_wine(scenario: str) -> None:
    run("wine", f"wine {scenario}")


def test_wine_with_a_hostile_profile() -> None:
    run("wine", "wine hostile", "--home", HOSTILE)


def test_the_one_file_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOGIN, "WINDOWS_NEEDS", "pyinstaller pefile pywin32-ctypes")
    run("wine", "wine one_file", timeout=600)
