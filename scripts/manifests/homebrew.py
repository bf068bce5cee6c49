"""The formula of a Homebrew tap: https://docs.brew.sh/Formula-Cookbook."""

import json

from scripts.manifests.about import PACKAGE, Release

SYSTEMS = {"on_macos": "macos", "on_linux": "linux"}
PROCESSORS = {"on_arm": "arm64", "on_intel": "amd64"}


def files(release: Release) -> dict[str, str]:
    systems = [text for block, system in SYSTEMS.items() if (text := _system(release, block, system))]
    if not systems:
        return {}
    blocks = "\n".join(systems)
    # The download is no archive, so Homebrew lays the file itself, under its own name, into the build
    # directory, and not executable.
    text = f"""\
class CommitPolish < Formula
  desc {_quoted(release.description)}
  homepage {_quoted(release.project)}
  version {_quoted(release.version)}
  license {_quoted(release.licence)}

{blocks}
  def install
    bin.install Dir["bootstrap-*"].first => "bootstrap"
    chmod 0755, bin/"bootstrap"
  end

  test do
    assert_equal "bootstrap #{{version}}", shell_output("#{{bin}}/bootstrap --version").strip
  end
end
"""
    return {f"homebrew/{PACKAGE}.rb": text}


def _system(release: Release, block: str, system: str) -> str:
    """The processors for which it was built on this system; nothing where there is none."""
    text = ""
    names = {on: f"bootstrap-{system}-{processor}" for on, processor in PROCESSORS.items()}
    for on, name in release.having(names).items():
        text += f"""\
    {on} do
      url {_quoted(release.url(name))}
      sha256 {_quoted(release.sums[name])}
    end
"""
    return f"  {block} do\n{text}  end\n" if text else ""


def _quoted(text: str) -> str:
    """A string of Ruby: JSON's, in which nothing is interpolated."""
    return json.dumps(text, ensure_ascii=False).replace("#", r"\#")
