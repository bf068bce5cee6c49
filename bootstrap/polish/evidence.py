"""What git knows about the commit that is being made: the user's switches and the changed paths."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import CommandError
from bootstrap.polish import git

_KEYS = r"^(commit-polish\..*|commit\.(cleanup|template)|core\.comment(char|string))$"
_FALSE = ("false", "no", "off", "0", "")  # git-config(1), "boolean"
_COMMENTS = "#;@!$%^&|:"  # what git chooses from for core.commentChar=auto (builtin/commit.c)
_SCISSORS = re.compile(r"^(.) -{24} >8 -{24}$", re.MULTILINE)  # wt-status.c

_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|testdata)/"
    r"|(?:^|/)(?:test_[^/]*\.py|conftest\.py)$"
    r"|(?:_test\.(?:go|py|dart|cc|cpp|exs)|_spec\.rb|[.](?:test|spec)\.[cm]?[jt]sx?"
    r"|Tests?\.(?:java|kt|cs|swift|php))$"
)
_CI = re.compile(
    r"^(?:\.(?:github|gitea|forgejo)/workflows/|\.github/actions/|\.circleci/|\.buildkite/|\.gitlab/ci/"
    r"|(?:\.gitlab-ci|\.travis|\.drone|\.cirrus|\.?appveyor|\.woodpecker|azure-pipelines"
    r"|bitbucket-pipelines)\.ya?ml$|\.woodpecker/|Jenkinsfile$)"
)
_DOCS = re.compile(
    r"\.(?:md|mdx|rst|adoc|asciidoc)$"
    r"|(?:^|/)(?:README|CHANGELOG|CHANGES|CONTRIBUTING|AUTHORS|LICENSE|COPYING|NOTICE)(?:\.txt)?$"
    r"|^(?:docs?|man)/.*\.(?:txt|html|png|jpe?g|gif|svg|[1-8])$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Switches:
    """What the git configuration says. cleanup: `commit.cleanup`; comment: what comments begin with;
    template: the path of `commit.template`; explicit: whether it says enabled or not at all; types,
    scopes, limit: what commit-polish.* asks of subjects, as it stands there.
    """

    enabled: bool = True
    cleanup: str = "default"
    comment: str = "#"
    template: str = ""
    explicit: bool = False
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    limit: int | None = None

    def template_lines(self) -> frozenset[str]:
        """The lines of the template, without the white space around them."""
        if not self.template:
            return frozenset()
        try:
            text = Path(self.template).expanduser().read_text("utf-8")
        except (OSError, ValueError, RuntimeError):
            return frozenset()
        return frozenset(line.strip() for line in text.splitlines())

    def comment_in(self, text: str, edited: bool) -> str | None:
        """What comment lines of this message begin with, None where git keeps them as text.

        edited: whether an editor is opened, for only then does git's default take comments out.
        """
        if not (self.cleanup == "strip" or (self.cleanup == "default" and edited)):
            return None
        if self.comment != "auto":
            return self.comment
        # below the scissors of `git commit -v` stands the diff
        scissors = _SCISSORS.search(text)
        last = scissors[1] if scissors else text.rstrip().rpartition("\n")[2][:1]
        return last if last and last in _COMMENTS else "#"


def switches(timeout: float) -> Switches:
    """Ask git once for all that it has to say. Raises CommandError."""
    status, output = git.run("config", "-z", "--get-regexp", _KEYS, timeout=timeout)
    if status not in {0, 1}:  # 1: there is none
        raise CommandError("git config failed with status {status}", status=status)
    found = {}
    lists: dict[str, tuple[str, ...]] = {}  # of words, from all the values that a key has
    for entry in output.decode(errors="replace").split("\0"):
        key, has_value, value = entry.partition("\n")
        found[key.lower()] = value if has_value else "true"
        lists[key.lower()] = (*lists.get(key.lower(), ()), *value.replace(",", " ").split())
    limit = found.get("commit-polish.limit", "")
    comment = found.get("core.commentstring") or found.get("core.commentchar") or "#"
    return Switches(
        enabled=found.get("commit-polish.enabled", "true").lower() not in _FALSE,
        cleanup=found.get("commit.cleanup", "default"),
        comment=comment,
        template=found.get("commit.template", ""),
        explicit="commit-polish.enabled" in found,
        types=lists.get("commit-polish.types", ()),
        scopes=lists.get("commit-polish.scopes", ()),
        limit=int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 6 else None,
    )


def asked_or_default(timeout: float) -> Switches:
    """As `switches`, but where git cannot be asked nothing is said."""
    try:
        return switches(timeout)
    except CommandError:
        return Switches()


def top(timeout: float) -> Path:
    """The work tree that we stand in; where git knows of none, the current directory."""
    try:
        status, output = git.run("rev-parse", "--show-toplevel", timeout=timeout)
    except CommandError:
        status, output = 1, b""
    return Path(os.fsdecode(output.removesuffix(b"\n"))) if not status and output else Path.cwd()


def head(timeout: float) -> str:
    """The commit that HEAD is, "" where there is none."""
    try:
        status, output = git.run("rev-parse", "--verify", "--quiet", "HEAD", timeout=timeout)
    except CommandError:
        return ""
    return "" if status else output.decode(errors="replace").strip()


def kind_of(paths: tuple[str, ...]) -> str | None:
    """The type that the paths alone prove: only tests, only CI files or only documents changed."""
    for kind, pattern in (("test", _TEST), ("ci", _CI), ("docs", _DOCS)):
        if paths and all(pattern.search(path) for path in paths):
            return kind
    return None
