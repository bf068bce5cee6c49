"""An upgrade that is killed anywhere, also on its way back, ends as it would have ended."""

from pathlib import Path

from tests.kills import Trial, everywhere, try_all
from tests.world import World


@everywhere("upgrade", "switch", "rollback", "to-systemd", "systemd-rollback")
def test_killed_anywhere(world: World, tmp_path: Path, name: str, part: int) -> None:
    try_all(Trial(world, name, tmp_path), part)
