"""The three files of winget: https://github.com/microsoft/winget-cli/tree/master/schemas/JSON/manifests."""

import json

from scripts.manifests.about import PACKAGE, Release

SCHEMA = "1.10.0"
LANGUAGE = "en-US"
BUILDS = {"x64": "bootstrap-windows-amd64.exe", "arm64": "bootstrap-windows-arm64.exe"}


def files(release: Release) -> dict[str, str]:
    builds = release.having(BUILDS)
    if not builds:
        return {}
    identifier = f"{release.owner}.CommitPolish"
    folder = f"winget/manifests/{release.owner[0].lower()}/{release.owner}/CommitPolish/{release.version}"
    bodies = {
        "version": (f"{identifier}.yaml", _version()),
        "installer": (f"{identifier}.installer.yaml", _installer(release, builds)),
        "defaultLocale": (f"{identifier}.locale.{LANGUAGE}.yaml", _locale(release)),
    }
    return {
        f"{folder}/{name}": _file(kind, identifier, release, body) for kind, (name, body) in bodies.items()
    }


def _version() -> list[str]:
    return [f"DefaultLocale: {LANGUAGE}"]


def _installer(release: Release, builds: dict[str, str]) -> list[str]:
    # A portable program is one file, which winget links under the name in Commands.
    lines = [
        "MinimumOSVersion: 10.0.0.0",
        "InstallerType: portable",
        "Commands:",
        "- bootstrap",
        "Installers:",
    ]
    for processor, name in builds.items():
        lines += [
            f"- Architecture: {processor}",
            f"  InstallerUrl: {release.url(name)}",
            f"  InstallerSha256: {release.sums[name].upper()}",
        ]
    return lines


def _locale(release: Release) -> list[str]:
    return [
        f"PackageLocale: {LANGUAGE}",
        f"Publisher: {_quoted(release.owner)}",
        f"PackageName: {PACKAGE}",
        f"PackageUrl: {release.project}",
        f"License: {_quoted(release.licence)}",
        f"LicenseUrl: {release.url('LICENSE')}",
        f"ShortDescription: {_quoted(release.description)}",
        f"Moniker: {PACKAGE}",
        "Tags:",
        *(f"- {_quoted(word)}" for word in sorted(release.keywords)[:16]),  # the schema takes 16
        f"ReleaseNotesUrl: {release.project}/releases/tag/{release.tag}",
    ]


def _file(kind: str, identifier: str, release: Release, body: list[str]) -> str:
    lines = [
        f"# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{SCHEMA}.schema.json",
        f"PackageIdentifier: {_quoted(identifier)}",
        f"PackageVersion: {_quoted(release.version)}",
        *body,
        f"ManifestType: {kind}",
        f"ManifestVersion: {SCHEMA}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """A string of YAML, also where it looks like a number: JSON's."""
    return json.dumps(text, ensure_ascii=False)
