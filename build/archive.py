"""The archives of Python modules: the same bytes from the same modules, whenever and wherever they are made.

`python build/archive.py FILE` makes bootstrap.pyz, which any Python 3.11 or newer runs.
"""

import hashlib
import io
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# required by libraries for what we never do
NEEDLESS = {"anyio", "markdown-it-py", "mdurl", "pygments", "sniffio", "typing-extensions"}


def pack(modules: Mapping[str, bytes], beside: Iterable[bytes] = ()) -> bytes:
    """The bytes of a zip file with these modules, what ours read, and a name for this build, which is another
    one when any of it or of what is beside it is."""
    found = dict(modules) | dict(_ours()) | dict(_licences())
    build = hashlib.sha256()
    for part in (*(name.encode() + found[name] for name in sorted(found)), *beside):
        build.update(hashlib.sha256(part).digest())
    found["bootstrap/_bundled/build"] = build.hexdigest()[:8].encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(found):
            archive.writestr(zipfile.ZipInfo(name), found[name], zipfile.ZIP_DEFLATED, 9)  # as of 1980
    return buffer.getvalue()


def sources() -> Iterator[tuple[str, bytes]]:
    """All modules that we need, as they were written."""
    yield "__main__.py", (ROOT / "build" / "start.py").read_bytes()
    for path in (ROOT / "bootstrap").rglob("*.py"):
        yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for library in _libraries():
        for path in library.files or ():
            if path.suffix == ".py" and ".." not in path.parts:
                yield path.as_posix(), path.read_binary()


def _ours() -> Iterator[tuple[str, bytes]]:
    yield "bootstrap/catalogue.toml", (ROOT / "bootstrap" / "catalogue.toml").read_bytes()
    for path in (ROOT / "bootstrap" / "translations").glob("*.mo"):
        yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for path in (ROOT / "hook_template").iterdir():
        yield f"bootstrap/_bundled/hook_template/{path.name}", path.read_bytes()


def _licences() -> Iterator[tuple[str, bytes]]:
    """They ask for nothing but to be where their programs are."""
    yield "licences/bootstrap/LICENSE", (ROOT / "LICENSE").read_bytes()
    for library in _libraries():
        for path in library.files or ():
            if re.match(r"licen[cs]e|copying|notice", path.name, re.IGNORECASE) and path.suffix != ".py":
                yield f"licences/{library.name}/{path.name}", path.read_binary()


def _libraries() -> list[Distribution]:
    """What we require, and what that requires."""
    found: dict[str, Distribution] = {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = _names(project["dependencies"])
    while names:
        name = names.pop()
        if name not in found and name not in NEEDLESS:
            found[name] = distribution(name)
            names |= _names(found[name].requires or ())
    return [found[name] for name in sorted(found)]


def _names(requirements: Iterable[str]) -> set[str]:
    """Of whom they speak, but for those of extras and of other systems."""
    wanted = [Requirement(line) for line in requirements]
    return {
        canonicalize_name(one.name) for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})
    }


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_bytes(b"#!/usr/bin/env python3\n" + pack(dict(sources())))
    file.chmod(0o755)
