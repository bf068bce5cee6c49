#!/usr/bin/env python3
"""Make a directory of built files into a release:

    python3 scripts/release.py DIR --base https://github.com/OWNER/NAME [--tag vVERSION]

It adds to DIR the install scripts, told where the release is, the licence, SHA256SUMS, and in DIR/manifests
what Homebrew, Scoop, winget and the AUR need. A platform that was not built has no file and no entry; a file
that is none of a release's is refused, and so is a tag that is not this version. Made again from the same
files, everything is the same, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it can be called by its path, too

from bootstrap import __version__  # noqa: E402
from scripts.manifests import Release, written  # noqa: E402

# The contract: who builds, who installs and who packages know these names, and no others.
ONE_FILES = (
    "bootstrap-linux-amd64",
    "bootstrap-linux-arm64",
    "bootstrap-macos-amd64",
    "bootstrap-macos-arm64",
    "bootstrap-windows-amd64.exe",
    "bootstrap-windows-arm64.exe",
    "bootstrap-freebsd-amd64",
    "bootstrap-netbsd-amd64",
    "bootstrap-openbsd-amd64",
)
ARCHIVE = "bootstrap.pyz"
WHEEL = f"commit_polish_bootstrap-{__version__}-py3-none-any.whl"
SDIST = f"commit_polish_bootstrap-{__version__}.tar.gz"
BUILT = (*ONE_FILES, ARCHIVE, WHEEL, SDIST)
PARTS_LISTS = tuple(f"{name}.cdx.json" for name in (*ONE_FILES, ARCHIVE))  # by scripts/sbom.py
INSTALLERS = ("install.sh", "install.ps1")
LICENCE = "LICENSE"
SUMS = "SHA256SUMS"
MANIFESTS = "manifests"
OURS = (*INSTALLERS, LICENCE, SUMS, MANIFESTS)  # written anew by every run

TOKEN = "@RELEASE@"


class Refused(Exception):  # noqa: N818  # as the user sees it
    """What is wrong, and one step that helps."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(argv: list[str]) -> int:
    try:
        arguments = _arguments(argv)
        release(arguments.directory, arguments.base.rstrip("/"), arguments.tag, arguments.scripts)
    except Refused as refused:
        print(f"error: {refused}\nhelp: {refused.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}\nhelp: see to it, and run again", file=sys.stderr)
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    """Wrong usage speaks as every other error does."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message}\nhelp: see: {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def _arguments(argv: list[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = _Parser(
        prog="scripts/release.py",
        description=f"{summary}{rest}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="the built files")
    parser.add_argument("--base", metavar="URL", required=True, help="the project's address on GitHub")
    parser.add_argument("--tag", metavar="NAME", help=f"refuse any tag but v{__version__}")
    parser.add_argument(
        "--scripts", metavar="DIR", type=Path, default=ROOT / "scripts", help="where the install scripts are"
    )
    return parser.parse_args(argv)


def release(directory: Path, base: str, tag: str | None, scripts: Path) -> None:
    """Everything is looked at before anything is written. Refused."""
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", base, re.ASCII):
        raise Refused(f"{base} is no project's address", "give --base https://github.com/OWNER/NAME")
    if tag not in {None, f"v{__version__}"}:
        raise Refused(
            f"the tag {tag} is not version {__version__}", "set bootstrap/__init__.py, and tag anew"
        )
    files = _built(directory)
    # The scripts always install the newest release: they are fetched from there. Manifests name their own.
    texts = _installers(scripts, f"{base}/releases/latest/download")

    for name, text in texts.items():
        (directory / name).write_bytes(text)
    shutil.copyfile(ROOT / "LICENSE", directory / LICENCE)
    sums = {name: _sha256(directory / name) for name in sorted([*files, *texts, LICENCE])}
    _write(directory / SUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()))
    if (directory / MANIFESTS).exists():
        shutil.rmtree(directory / MANIFESTS)  # an earlier run may have known a platform that is gone
    for path, text in written(_described(base, sums)).items():
        _write(directory / MANIFESTS / path, text)


def _built(directory: Path) -> list[str]:
    """The names of the files that were built. Refused if there is none, or one that nobody knows."""
    if not directory.is_dir():
        raise Refused(f"there is no directory {directory}", "give the directory of the built files")
    names = sorted(path.name for path in directory.iterdir())
    if unknown := [name for name in names if name not in {*BUILT, *PARTS_LISTS, *OURS}]:
        raise Refused(
            f"{unknown[0]} is none of the files of release {__version__}",
            f"take it out of {directory}, or name it in scripts/release.py",
        )
    files = [name for name in names if name not in OURS]
    for name in files:
        path = directory / name
        if not path.is_file() or not path.stat().st_size:
            raise Refused(f"{path} is empty or no file", "build it again")
        if name in PARTS_LISTS and name.removesuffix(".cdx.json") not in files:
            raise Refused(f"{path} describes a file that is not there", "build that file, or remove this one")
    if not any(name in BUILT for name in files):
        raise Refused(f"no built file is in {directory}", "run: python3 scripts/dev.py build")
    return files


def _installers(scripts: Path, address: str) -> dict[str, bytes]:
    texts = {}
    for name in INSTALLERS:
        if not (scripts / name).is_file():
            raise Refused(f"there is no {scripts / name}", "a release needs both install scripts")
        text = (scripts / name).read_bytes()  # bytes: their line ends stay as they are
        if TOKEN.encode() not in text:
            raise Refused(f"{scripts / name} has no {TOKEN}", "it could not know where the release is")
        texts[name] = text.replace(TOKEN.encode(), address.encode())
    return texts


def _described(base: str, sums: dict[str, str]) -> Release:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return Release(
        version=__version__,
        project=base,
        description=project["description"],
        licence=project["license"],
        keywords=tuple(project["keywords"]),
        sums=sums,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())  # not write_text: Windows would write other line ends


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
