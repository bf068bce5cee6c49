"""Bytes from the network to a verified file: mirrors, resume, checksum while downloading, retries.

httpx is imported only when something really has to come over the network.
"""

from bootstrap.download.adopt import adopt, may_link
from bootstrap.download.journal import already, discard, journal_path, part_path
from bootstrap.download.mirrors import download
from bootstrap.download.source import Note, Pace, Patience, Report, Source
from bootstrap.download.verify import sha256_of

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
