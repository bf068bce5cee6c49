"""What package managers want to know of a release: texts, from its checksums."""

from scripts.manifests import aur, homebrew, scoop, winget
from scripts.manifests.about import Release

__all__ = ["Release", "written"]


def written(release: Release) -> dict[str, str]:
    """The text of every manifest, by its path."""
    return {
        **homebrew.files(release),
        **scoop.files(release),
        **winget.files(release),
        **aur.files(release),
    }
