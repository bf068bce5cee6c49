"""Downloads from a real nginx on loopback: ours beside curl with openssl, and beside aria2.

Three servers: http and https as fast as they can, and http at 20 MiB a second and connection.
"""

import hashlib
import os
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.bench import nginx, rerun
from scripts.bench.contestants import Run, Wanted, aria2, curl_openssl, killed, ours

MIB = 1 << 20

# Beyond half of the file: round numbers of bytes may be just where a journal is written.
KILLS = (0, 5 * MIB, 11 * MIB)


@dataclass(frozen=True)
class Race:
    """Ours against a rival on one server; `figure` is the name of their ratio."""

    name: str
    rival_name: str
    rival: Callable[[Wanted, str, Path], float]
    server: Callable[[nginx.Nginx], str]


RACES = (
    Race("http", "curl_openssl", curl_openssl, lambda running: running.http),
    Race("https", "curl_openssl", curl_openssl, lambda running: running.https),
    Race("limited", "aria2", aria2, lambda running: running.limited),
)


def check_tools() -> None:
    """Exits with what to install where a program is missing."""
    missing = [name for name in ("aria2c", "curl", "openssl") if not shutil.which(name)]
    if not nginx.program():
        missing.insert(0, "nginx")
    if missing:
        sys.exit(f"error: missing: {', '.join(missing)}: apt-get install nginx-light aria2 curl openssl")


def measure(directory: Path, size_mib: int, rounds: int, program: Path | None) -> dict[str, float]:
    """All figures, with files in this empty directory. Seconds are named _s. program: the one file."""
    _say(f"making {size_mib} MiB of random bytes")
    wanted = _make(directory, size_mib * MIB)
    peaks: list[float] = []
    figures = _races(wanted, directory, rounds, peaks)
    refetched = [_refetched(wanted, directory, beyond, peaks) for beyond in KILLS]
    figures["refetched_mib"] = round(max(refetched) / MIB, 3)
    figures["peak_rss_mib"] = round(max(peaks), 1)
    _say("later runs of bootstrap")
    checkout = rerun.measure(directory, None)
    later = rerun.measure(directory, program) if program else checkout
    figures["checkout_rerun_vs_version"] = checkout["rerun_vs_version"]
    return figures | later | {"size_mib": size_mib, "rounds": rounds}


def _make(directory: Path, size: int) -> Wanted:
    """The file, on the disk for good before anything is measured, and still in the page cache."""
    shelf = directory / "shelf"
    shelf.mkdir()
    nginx.make_certificate(directory)
    sha = hashlib.sha256()
    path = shelf / "file.bin"
    with path.open("wb") as file:
        for _ in range(size // MIB):
            block = os.urandom(MIB)
            sha.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return Wanted(path, sha.hexdigest(), size, directory / "certificate.pem")


def _races(wanted: Wanted, directory: Path, rounds: int, peaks: list[float]) -> dict[str, float]:
    """Ratios, seconds and speeds of all races; our peaks of memory go to `peaks`."""
    our_times: dict[Race, list[float]] = {race: [] for race in RACES}
    rival_times: dict[Race, list[float]] = {race: [] for race in RACES}
    pauses: list[float] = []
    target = directory / "target.bin"
    with nginx.serving(wanted.path.parent, directory) as running:
        for number in range(rounds):
            _say(f"round {number + 1} of {rounds}")
            for race in RACES:
                server = race.server(running)
                run = _ours(wanted, server, target)
                peaks.append(run.peak_rss_mib)
                our_times[race].append(run.seconds)
                pauses.append(run.pause)
                rival_times[race].append(race.rival(wanted, server, target))
                _remove(target)
    figures: dict[str, float] = {"pause_s": round(max(pauses), 3)}
    for race in RACES:
        mine, theirs = statistics.median(our_times[race]), statistics.median(rival_times[race])
        figures |= {
            f"{race.name}_vs_{race.rival_name}": round(mine / theirs, 3),
            f"{race.name}_s": round(mine, 3),
            f"{race.name}_{race.rival_name}_s": round(theirs, 3),
            f"{race.name}_mb_per_s": round(wanted.size / mine / 1e6, 1),
        }
    return figures


def _remove(target: Path) -> None:
    """What is left to the disk to do afterwards must not be paid for by the next one: we wait for the disk
    before we say that a file is there, the rivals do not."""
    target.unlink()
    if hasattr(os, "sync"):
        os.sync()


def _ours(wanted: Wanted, server: str, target: Path) -> Run:
    """Ours, and nothing left of it. Exits where the file is not the right one."""
    run = ours(wanted, server, target)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted.sha256:
            sys.exit(f"error: our download of {wanted.url(server)} is another file")
    _remove(target)
    return run


def _refetched(wanted: Wanted, directory: Path, beyond: int, peaks: list[float]) -> int:
    """Bytes that came more than once, headers too, where ours is killed `beyond` half and run again."""
    _say("killed halfway, and run again")
    target = directory / "killed.bin"
    with nginx.serving(wanted.path.parent, directory) as running:
        peaks.append(killed(wanted, running.limited, target, wanted.size // 2 + beyond))
        peaks.append(_ours(wanted, running.limited, target).peak_rss_mib)
    return running.sent() - wanted.size


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
