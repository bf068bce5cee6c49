"""Measures what is promised about time, on this machine, now: `bench hook [--json]`.

Each figure is the median of runs that take turns with the same commit without a hook, so that a noisy
machine disturbs both alike.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import mirror, standin
from tests.world import World

RUNS = 21


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("what", choices=["hook"])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    figures = hook()
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}")
    return 0


def hook() -> dict[str, float]:
    """Milliseconds that the installed hook adds to `git commit`."""
    with tempfile.TemporaryDirectory(prefix="bootstrap-bench-") as top:
        shelf, home = Path(top, "mirror"), Path(top, "home")
        shelf.mkdir()
        home.mkdir()
        standin.build(shelf / "llamafile-0.9.3", engine="scripted")
        standin.make(shelf / "tiny.gguf")
        with mirror.serving(shelf) as running:
            catalogue = running.catalogue(
                Path(top, "c.toml"), {"0.9.3": "llamafile-0.9.3"}, {"tiny": "tiny.gguf"}
            )
            world = World(home, catalogue)
            world.environment["PYTHONWARNINGS"] = "ignore"
            plain, hooked = world.repository("plain"), world.repository("hooked")
            world.install("--repo", str(hooked))
            try:
                conventional, words = "fix: close the login session", "Fixed the login bug."
                skip = _added(world, plain, hooked, conventional)
                polish = _added(world, plain, hooked, words)
            finally:
                world.run("stop")
            absent = _added(world, plain, hooked, words)
            world.run("uninstall")
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
