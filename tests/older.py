"""Another bootstrap, such as one of last year, as an archive for any Python, from one of today."""

import zipfile
from pathlib import Path

from bootstrap import __version__

VERSION = "0.0.9"


def make(today: Path, older: Path, version: str = VERSION) -> Path:
    with zipfile.ZipFile(today) as now, zipfile.ZipFile(older, "w") as then:
        for name in now.namelist():
            content = now.read(name)
            if name == "bootstrap/__init__.py":
                content = content.replace(__version__.encode(), version.encode())
            then.writestr(name, b"another" if name.endswith("/build") else content)
    return older
