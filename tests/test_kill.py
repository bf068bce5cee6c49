"""A run that is killed anywhere is finished by the next one, or undone by uninstall."""

import signal
import sys
from pathlib import Path

import pytest

from tests.world import ROOT, World, tree

# how often a first install saves the receipt: two times for each change, and once at its end
SAVES = 40


def kill(world: World, when: str, number: int, *arguments: str) -> bool:
    """Install and die at the N-th save; whether it came so far."""
    prefix = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), when, str(number))
    done = world.install(*arguments, check=False, prefix=prefix)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0


def comparable(world: World) -> dict[str, tuple]:
    """The home without what differs from one good run to the next: times, speeds, process numbers."""
    volatile = (".local/state/commit-polish/",)
    return {name: value for name, value in tree(world.home).items() if not name.startswith(volatile)}


@pytest.fixture
def reference(world: World) -> dict[str, tuple]:
    """What a run leaves that nobody disturbed."""
    repository = world.repository()
    before = tree(world.home)
    world.install("--repo", str(repository))
    good = comparable(world)
    assert good != before
    world.run("uninstall")
    assert tree(world.home) == before
    return good


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_save(world: World, reference: dict[str, tuple], when: str) -> None:
    repository = world.home / "project"
    clean = tree(world.home)
    tried = 0
    for number in range(1, SAVES * 2):
        if not kill(world, when, number, "--repo", str(repository)):
            break
        tried += 1
        if number % 2:  # one half is finished first, the other undone at once
            world.install("--repo", str(repository))
            assert comparable(world) == reference, f"finished after save {number}"
            assert world.status()["server"]["ready"]
        world.run("uninstall")
        assert tree(world.home) == clean, f"undone after save {number}"
    assert tried >= SAVES - 10
    world.run("uninstall")
    assert tree(world.home) == clean


def test_a_killed_switch_of_models_is_finished(world: World) -> None:
    clean = tree(world.home)
    for number in range(1, SAVES):
        world.install("--model", "tiny-a")
        killed = kill(world, "after", number, "--model", "tiny-b")
        present = {path.name for path in (world.data / "models").iterdir()}
        assert "tiny-a.gguf" in present or world.status()["server"]["ready"], "the old one goes last"
        world.install("--model", "tiny-b")
        assert {path.name for path in (world.data / "models").iterdir()} == {"tiny-b.gguf"}
        assert world.status()["server"]["alias"] == "tiny-b"
        assert world.status()["server"]["ready"]
        if not killed:
            break
    assert number > 8
    world.run("uninstall")
    assert tree(world.home) == clean


def test_a_killed_uninstall_is_finished_by_the_next(world: World, tmp_path: Path) -> None:
    clean = tree(world.home)
    for number in range(1, 100):
        world.install()
        prefix = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), "after", str(number))
        killed = world.run("uninstall", check=False, prefix=prefix).returncode != 0
        world.run("uninstall")
        assert tree(world.home) == clean, f"killed at save {number}"
        if not killed:
            break
    assert number > 10
