"""What `bootstrap` costs where everything is in place and the server runs, beside `bootstrap --version`."""

import statistics
import sys
import time
from pathlib import Path

from scripts.bench.installed import installed

RUNS = 21


def measure(directory: Path, program: Path | None) -> dict[str, float]:
    """Seconds of both, and their ratio: of this checkout, or of a built `program`.

    Exits where the later run finds something to do.
    """
    prefix = (str(program.absolute()),) if program else ()
    times: dict[tuple[str, ...], list[float]] = {(): [], ("--version",): []}
    with installed(directory=directory, program=prefix) as world:
        for _ in range(RUNS):
            for arguments, seconds in times.items():
                started = time.perf_counter()
                done = world.run(*arguments, prefix=prefix)
                seconds.append(time.perf_counter() - started)
                if not arguments and "Nothing to do" not in done.stdout:
                    sys.exit(f"error: a run where everything was in place said\n{done.stdout}{done.stderr}")
    rerun, version = (statistics.median(seconds) for seconds in times.values())
    return {
        "rerun_vs_version": round(rerun / version, 3),
        "rerun_s": round(rerun, 4),
        "version_s": round(version, 4),
    }
