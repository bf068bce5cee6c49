"""PKGBUILD and .SRCINFO of the Arch User Repository: https://wiki.archlinux.org/title/.SRCINFO."""

import shlex

from scripts.manifests.about import PACKAGE, Release

NAME = f"{PACKAGE}-bin"  # as the AUR calls what was not built by makepkg
BUILDS = {"x86_64": "bootstrap-linux-amd64", "aarch64": "bootstrap-linux-arm64"}


def files(release: Release) -> dict[str, str]:
    builds = release.having(BUILDS)
    if not builds:
        return {}
    one, many = _fields(release, builds)
    return {"aur/PKGBUILD": _pkgbuild(one, many), "aur/.SRCINFO": _srcinfo(one, many)}


def _fields(release: Release, builds: dict[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What has one value and what has many, in the order in which makepkg prints them."""
    one = {
        "pkgdesc": release.description,
        "pkgver": release.version,
        "pkgrel": "1",
        "url": release.project,
    }
    many = {
        "arch": list(builds),
        "license": [release.licence],
        "depends": ["glibc"],
        "optdepends": ["git: the hook that polishes commit messages"],
        "provides": [PACKAGE],
        "conflicts": [PACKAGE],
        # Stripped, the file would lose what is behind its program: Python and all of bootstrap.
        "options": ["!strip", "!debug"],
    }
    # What is before :: is what makepkg calls the file, in a directory that other versions share.
    many["source"] = [f"LICENSE-{release.version}::{release.url('LICENSE')}"]
    many["sha256sums"] = [release.sums["LICENSE"]]
    for processor, name in builds.items():
        many[f"source_{processor}"] = [f"bootstrap-{release.version}-{processor}::{release.url(name)}"]
        many[f"sha256sums_{processor}"] = [release.sums[name]]
    return one, many


def _pkgbuild(one: dict[str, str], many: dict[str, list[str]]) -> str:
    fields = [f"{name}={shlex.quote(value)}\n" for name, value in one.items()]
    fields += [f"{name}=({' '.join(map(shlex.quote, values))})\n" for name, values in many.items()]
    return f"""\
pkgname={NAME}
{"".join(fields)}
package() {{
  install -Dm755 "bootstrap-$pkgver-$CARCH" "$pkgdir/usr/bin/bootstrap"
  install -Dm644 "LICENSE-$pkgver" "$pkgdir/usr/share/licenses/$pkgname/LICENSE"
}}
"""


def _srcinfo(one: dict[str, str], many: dict[str, list[str]]) -> str:
    """As `makepkg --printsrcinfo` would print it, where there is no makepkg."""
    fields = [f"\t{name} = {value}\n" for name, value in one.items()]
    fields += [f"\t{name} = {value}\n" for name, values in many.items() for value in values]
    return f"pkgbase = {NAME}\n{''.join(fields)}\npkgname = {NAME}\n"
