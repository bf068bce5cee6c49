"""The manifest of a Scoop bucket: https://github.com/ScoopInstaller/Scoop/blob/master/schema.json."""

import json

from scripts.manifests.about import PACKAGE, Release

BUILDS = {"64bit": "bootstrap-windows-amd64.exe", "arm64": "bootstrap-windows-arm64.exe"}
RENAMED = "#/bootstrap.exe"  # what follows #/ is what Scoop calls the downloaded file


def files(release: Release) -> dict[str, str]:
    builds = release.having(BUILDS)
    if not builds:
        return {}
    # Scoop fills in $version where the bucket is updated, and finds the checksum by the name in the address.
    anew = f"{release.project}/releases/download/v$version"
    manifest = {
        "version": release.version,
        "description": release.description,
        "homepage": release.project,
        "license": release.licence,
        "architecture": {
            called: {"url": release.url(name) + RENAMED, "hash": release.sums[name]}
            for called, name in builds.items()
        },
        "bin": "bootstrap.exe",
        "checkver": {"github": release.project},
        "autoupdate": {
            "architecture": {called: {"url": f"{anew}/{name}{RENAMED}"} for called, name in builds.items()},
            "hash": {"url": "$baseurl/SHA256SUMS"},
        },
    }
    return {f"scoop/{PACKAGE}.json": json.dumps(manifest, indent=4, ensure_ascii=False) + "\n"}
