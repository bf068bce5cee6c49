"""What the rigs need of a package index for another machine than this one, brought once."""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "scripts" / "constraints.txt"
# pip judges by the machine that it runs on unless it is told all of this, and the platform
PYTHON = (
    *("--python-version", "3.11", "--implementation", "cp"),
    *("--abi", "cp311", "--abi", "abi3", "--abi", "none", "--only-binary", ":all:"),
)


def once(name: str, made_from: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """The directory that `fill` has filled, from the cache if it is there."""
    about = "\n".join([*made_from, CONSTRAINTS.read_text("utf-8")])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "bootstrap-rigs")
    place = cache / f"{name}-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
    if not place.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            new = Path(directory, "new")
            new.mkdir()
            fill(new)
            if not place.is_dir():  # else another run was faster
                new.rename(place)
                place.chmod(0o755)
    return place


def dependencies() -> list[str]:
    """bootstrap's own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project["dependencies"]


def install(target: Path, platform: Iterable[str], requirements: Iterable[str]) -> None:
    where = ("--target", str(target), *platform, *PYTHON)
    pip("install", *where, "--constraint", str(CONSTRAINTS), *requirements)


def pip(*arguments: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )
    if said.returncode:
        sys.exit(f"pip {arguments[0]}: {said.stderr.strip()}")
