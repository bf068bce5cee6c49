"""A release, as its manifests see it."""

from collections.abc import Mapping
from dataclasses import dataclass

# The program is called bootstrap, and so would others be: packages have the name of what it is for.
PACKAGE = "commit-polish"


@dataclass(frozen=True)
class Release:
    """project: its address, https://HOST/OWNER/NAME; sums: the SHA-256 of every file, by its name."""

    version: str
    project: str
    description: str
    licence: str
    keywords: tuple[str, ...]
    sums: Mapping[str, str]

    @property
    def owner(self) -> str:
        return self.project.split("/")[-2]

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def url(self, name: str) -> str:
        """Where a file of this version is, for ever: a checksum beside `latest` would soon be wrong."""
        return f"{self.project}/releases/download/{self.tag}/{name}"

    def having(self, files: Mapping[str, str]) -> dict[str, str]:
        """Of these files, by what they are called elsewhere, those that were built."""
        return {called: name for called, name in files.items() if name in self.sums}
