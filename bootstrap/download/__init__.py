"""Bytes from the network to a verified file: mirrors, resume, checksum while downloading, retries.

httpx is imported only when something really has to come over the network.
"""

from bootstrap.download.journal import already, discard, journal_path, part_path
from bootstrap.download.mirrors import download
from bootstrap.download.source import Note, Patience, Report, Source
from bootstrap.download.verify import sha256_of

__all__ = [
    "Note",
    "Patience",
    "Report",
    "Source",
    "already",
    "discard",
    "download",
    "journal_path",
    "part_path",
    "sha256_of",
]
