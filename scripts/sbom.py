"""What is inside a built file, as CycloneDX: `python -m scripts.sbom FILE` writes FILE.cdx.json.

The file itself is read, not a list of what should be in it, and a distribution in it that bootstrap does not
need is refused: it can only have come along from the environment that the file was built in. To be run with
that environment's Python, whose versions are those inside. The same file gives the same text.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import ssl
import sys
import uuid
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OURS = "commit-polish-bootstrap"


@dataclass(frozen=True)
class Contents:
    """packages: the names by which its Python packages are imported; frozen: with a Python of its own."""

    packages: frozenset[str]
    frozen: bool


def main(argv: list[str]) -> int:
    if len(argv) != 1 or not Path(argv[0]).is_file():
        print("error: give one built file\nhelp: python -m scripts.sbom FILE", file=sys.stderr)
        return 2
    path = Path(argv[0])
    contents = read(path)
    if contents is None:
        print(f"error: {path} is no one file and no .pyz\nhelp: build it again", file=sys.stderr)
        return 1
    found, needed = _distributions(contents), closure(OURS)
    if strange := sorted(found.keys() - needed.keys()):
        print(
            f"error: {path} contains {', '.join(strange)}, which bootstrap does not need\n"
            "help: build it in an environment that has only what it needs",
            file=sys.stderr,
        )
        return 1
    text = described(path, found, frozen=contents.frozen)
    path.with_name(f"{path.name}.cdx.json").write_bytes(text.encode())
    return 0


def read(path: Path) -> Contents | None:
    """What was built is a PyInstaller archive behind a program, or a zip file; None if it is neither."""
    from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader

    try:
        archive = CArchiveReader(str(path))
    except ArchiveReadError:
        if not zipfile.is_zipfile(path):
            return None
        return Contents(frozenset(_zipped(zipfile.ZipFile(path).namelist())), frozen=False)
    names = {name.split("/")[0].split("\\")[0] for name in archive.toc}
    for name in archive.toc:
        if name.endswith(".pyz"):
            names |= {module.split(".")[0] for module in archive.open_embedded_archive(name).toc}
        elif name.endswith(".zip"):  # ours are in one of these, and in base_library.zip some of Python's
            names |= set(_zipped(zipfile.ZipFile(io.BytesIO(archive.extract(name))).namelist()))
    return Contents(frozenset(names), frozen=True)


def _zipped(names: Iterable[str]) -> Iterator[str]:
    """The packages and modules at the top of wherever they are in it."""
    files = [Path(name) for name in names if name.endswith((".py", ".pyc"))]
    packages = {path.parent for path in files if path.stem == "__init__"}
    for path in files:
        if path.parent in packages and path.parent.parent not in packages:
            yield path.parent.name
        elif path.parent not in packages:
            yield path.stem


def _distributions(contents: Contents) -> dict[str, Distribution]:
    """Those in a file, by their normal names; not bootstrap itself."""
    names = {
        canonicalize_name(name)
        for package, names in packages_distributions().items()
        if package in contents.packages
        for name in names
    }
    return {name: distribution(name) for name in sorted(names - {OURS})}


def closure(name: str) -> dict[str, Distribution]:
    """A distribution and all that it needs here, by their normal names."""
    found: dict[str, Distribution] = {}
    wanted = [name]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in found:
            found[name] = distribution(name)
            wanted += _needs(found[name])
    return found


def _needs(of: Distribution) -> list[str]:
    requirements = [Requirement(text) for text in of.requires or []]
    return [
        canonicalize_name(requirement.name)
        for requirement in requirements
        if not requirement.marker or requirement.marker.evaluate({"extra": ""})
    ]


def described(path: Path, distributions: dict[str, Distribution], *, frozen: bool) -> str:
    """The document, in JSON."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    ours = _component(distribution(OURS), ComponentType.APPLICATION)
    ours.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=sha256))
    # The library would take a random number and the time of day.
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{sha256}"))
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    bom.metadata.timestamp = datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    bom.metadata.component = ours
    components = {name: _component(found) for name, found in distributions.items()}
    around = list(_around()) if frozen else []
    for component in [*components.values(), *around]:
        bom.components.add(component)
    for name, component in [(OURS, ours), *components.items()]:
        needs = [components[need] for need in _needs(distribution(name)) if need in components]
        bom.register_dependency(component, needs + (around if component is ours else []))
    return json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=2, sort_keys=True) + "\n"


def _component(found: Distribution, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    about = found.metadata
    name = canonicalize_name(about["Name"])
    words = about.get("License-Expression") or about.get("License") or ""
    return Component(
        type=kind,
        name=name,
        version=found.version,
        description=about["Summary"],
        licenses=[LicenseFactory().make_from_string(words)] if words and "\n" not in words else [],
        purl=PackageURL("pypi", name=name, version=found.version),
        bom_ref=f"pypi:{name}",
    )


def _around() -> Iterator[Component]:
    """What PyInstaller puts around: its own program in front, Python, and what Python was linked with.

    Only those of the libraries that tell their version; more than once they were the ones that had to be
    replaced in a hurry.
    """
    bootloader = _component(distribution("pyinstaller"), ComponentType.APPLICATION)
    bootloader.description = "the bootloader of PyInstaller: the program in front, which starts Python"
    yield bootloader
    versions = {
        "python": ".".join(map(str, sys.version_info[:3])),
        ssl.OPENSSL_VERSION.split()[0].lower(): ssl.OPENSSL_VERSION.split()[1],  # OpenBSD's is LibreSSL
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "expat": expat.EXPAT_VERSION.removeprefix("expat_"),
    }
    for name, version in versions.items():
        yield Component(
            type=ComponentType.LIBRARY,
            name=name,
            version=version,
            purl=PackageURL("generic", name=name, version=version),
            bom_ref=f"generic:{name}",
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
