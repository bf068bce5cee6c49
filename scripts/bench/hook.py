"""What the installed hook adds to `git commit`, beside the same commit without it."""

import statistics
import subprocess
import time
from pathlib import Path

from scripts.bench.installed import installed
from tests.world import World

RUNS = 21


def measure() -> dict[str, float]:
    """Milliseconds: of a commit without the hook, and what the hook adds to it."""
    with installed("hooked") as world:
        plain, hooked = world.repository("plain"), world.home / "hooked"
        conventional, words = "fix: close the login session", "Fixed the login bug."
        skip = _added(world, plain, hooked, conventional)
        polish = _added(world, plain, hooked, words)
        world.run("stop")
        absent = _added(world, plain, hooked, words)
    return {
        "commit_ms": round(skip[0], 1),
        "skip_added_ms": round(skip[1], 1),
        "polish_added_ms": round(polish[1], 1),
        "absent_added_ms": round(absent[1], 1),
    }


def _added(world: World, plain: Path, hooked: Path, message: str) -> tuple[float, float]:
    """The median of a commit without the hook, and what the hook adds to it."""
    times: dict[Path, list[float]] = {plain: [], hooked: []}
    for _ in range(RUNS):
        for repository in (plain, hooked):
            argv = ["git", "-C", str(repository), "commit", "--quiet", "--allow-empty", "-m", message]
            started = time.perf_counter()
            subprocess.run(argv, env=world.environment, check=True, capture_output=True)
            times[repository].append((time.perf_counter() - started) * 1000)
    base = statistics.median(times[plain])
    return base, statistics.median(times[hooked]) - base
