"""What the configuration of semantic-release, or of python-semantic-release, asks for.

https://semantic-release.gitbook.io/semantic-release/usage/configuration and
https://python-semantic-release.readthedocs.io/en/latest/configuration/configuration.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap.polish.sources import asked
from bootstrap.polish.sources.configured import below

if TYPE_CHECKING:
    from bootstrap.polish.sources.asked import Asked
    from bootstrap.polish.sources.configured import Files

_OWN = (
    ".releaserc",
    *(f".releaserc.{ending}" for ending in ("json", "yaml", "yml", "js", "cjs", "mjs", "ts")),
    *(f"release.config.{ending}" for ending in ("js", "cjs", "mjs", "ts")),
)
# values of commit_parser: "angular" up to version 9, "conventional" since, both with a monorepo form
_CONVENTIONAL = re.compile(r"angular|conventional")
_OTHER_PARSERS = ("emoji", "scipy", "tag")


def find(files: Files) -> Asked | None:
    """Both tools read Conventional Commits unless told otherwise; None where neither is configured."""
    for name in _OWN:
        text = files.text(name)
        if text and text.strip():
            return asked.Asked(f"semantic-release in {name}", foreign=asked.other_form(text))
    if files.section("package.json", "release"):
        text = files.text("package.json") or ""
        return asked.Asked("semantic-release in package.json", foreign=asked.other_form(text))
    return _python(files)


def _python(files: Files) -> Asked | None:
    settings = files.section("pyproject.toml", "tool", "semantic_release")
    if settings is None:
        return None
    source = "semantic-release in pyproject.toml"
    parser = str(settings.get("commit_parser", "conventional"))
    if parser in _OTHER_PARSERS:
        return asked.Asked(source, foreign=True)
    if not _CONVENTIONAL.search(parser):
        return None  # the project's own parser: its history says more
    options = below(settings, "commit_parser_options") or {}
    return asked.Asked(source, types=asked.types(options.get("allowed_tags")))
