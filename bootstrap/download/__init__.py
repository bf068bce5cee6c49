"""Bytes from the network to a verified file: mirrors, resume, checksum while downloading, retries.

What looks at a part file is here at once; what fetches is loaded with the first use (PEP 562), since most
runs find everything in its place.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from bootstrap.download.journal import already, discard, journal_path, part_path
from bootstrap.download.source import Note, Pace, Patience, Report, Source
from bootstrap.download.verify import sha256_of

if TYPE_CHECKING:
    from bootstrap.download.adoption import adopt, may_link
    from bootstrap.download.mirrors import download

__all__ = [
    "Note",
    "Pace",
    "Patience",
    "Report",
    "Source",
    "adopt",
    "already",
    "discard",
    "download",
    "journal_path",
    "may_link",
    "part_path",
    "sha256_of",
]

_LATER = {"adopt": "adoption", "may_link": "adoption", "download": "mirrors"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
