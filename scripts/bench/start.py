"""How big the one file is and how fast it starts, before it is installed and then.

Beside it is what developers wait for already.
"""

import shutil
import statistics
import subprocess
import time
from pathlib import Path

from scripts.bench.installed import installed
from tests.world import World

RUNS = 21
MB = 1e6
MIB = 1 << 20
LARGE = 512 * MIB  # of a model whose checksum is worked out
WORDS = "fix: close the login session\n"  # of which nothing is to be made


def measure(program: Path, tools: Path) -> dict[str, float]:
    """Megabytes, milliseconds, and ratios to the system's Python that does nothing. tools: where uv and
    pre-commit are."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    if not python:
        raise RuntimeError("the system has no python3 to compare with")
    one_file = str(program.absolute())
    with installed("project", program=(one_file,)) as world:
        place = (world.home / ".local" / "bin" / "bootstrap").resolve()
        (world.home / "message").write_text(WORDS)
        commands = {
            "python": [python, "-c", "pass"],
            "onefile": [one_file, "--version"],
            "installed": [str(place), "--version"],
            "polish": [str(place), "polish", "--file", str(world.home / "message")],
            "uv": [str(tools / "uv"), "--version"],
            "pre_commit": [str(tools / "pre-commit"), "--version"],
        }
        times = _times(commands, world)
        checksum = _checksum(one_file, world)
        size = sum(path.stat().st_size for path in place.parent.rglob("*") if path.is_file())
    figures = {"onefile_mb": round(program.stat().st_size / MB, 2), "installed_mb": round(size / MB, 2)}
    figures |= {
        f"{name}_vs_python": round(times[name] / times["python"], 2) for name in times if name != "python"
    }
    figures["checksum_vs_sha256sum"] = checksum
    return figures | {f"{name}_ms": round(seconds * 1000, 1) for name, seconds in times.items()}


def _checksum(one_file: str, world: World) -> float:
    """How long it takes to read a model of the user's own, beside coreutils."""
    from tests import standin

    small, large = world.home / "small.gguf", world.home / "large.gguf"
    for path in (small, large):
        standin.make(path, seed=7)
    with large.open("r+b") as file:
        file.truncate(LARGE)
    look = [one_file, "--dry-run", "--catalogue", str(world.catalogue), "--model"]
    commands = {
        "small": [*look, str(small)],
        "large": [*look, str(large)],
        "rival": ["sha256sum", str(large)],
    }
    times = _times(commands, world, runs=5)
    return round((times["large"] - times["small"]) / times["rival"], 2)


def _times(commands: dict[str, list[str]], world: World, runs: int = RUNS) -> dict[str, float]:
    """Medians, in seconds; everything takes turns."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, argv in commands.items():
            started = time.perf_counter()
            subprocess.run(
                argv, env=world.environment, cwd=world.home / "project", check=True, capture_output=True
            )
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in seconds.items()}
