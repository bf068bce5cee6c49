"""A first run or an uninstall that is killed anywhere is finished by the next one, or undone by uninstall."""

from pathlib import Path

from tests.kills import Trial, everywhere, try_all
from tests.world import World


@everywhere("install", "systemd", "uninstall", "systemd-uninstall")
def test_killed_anywhere(world: World, tmp_path: Path, name: str, part: int) -> None:
    try_all(Trial(world, name, tmp_path), part)
