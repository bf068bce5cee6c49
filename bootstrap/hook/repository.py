"""What a repository says about its hooks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bootstrap import files, host, system
from bootstrap.errors import HookError
from bootstrap.hook import frameworks

NAMES = ("prepare-commit-msg", "commit-msg")
MARK = "# commit-polish hook"  # the id line of our script, whatever its version
CONFIG_HOOKS = (
    2,
    54,
)  # https://git-scm.com/docs/git-hook/2.54.0: the first git with hooks in its configuration

Whose = Literal["", "ours", "pre-commit", "lefthook", "foreign"]
Way = Literal["file", "lefthook", "config"]


@dataclass(frozen=True)
class Place:
    """Whose script is where git looks for one hook ("": nobody's), whose is at NAME.legacy, and whether
    there is a NAME.chained; by_name: the hook there looks at its own name, so that it would do something
    else under another one."""

    at: Whose = ""
    legacy: Whose = ""
    chained: bool = False
    by_name: bool = False


# overcommit, husky 4 and others have one script for all hooks
_OWN_NAME = re.compile(
    rb"basename[^\n]{0,20}\$\{?0|\$\{0##|basename\(\s*(?:\$0|__FILE__|__filename|sys\.argv\[0\])|argv\[0\]\)\.name"
)


@dataclass(frozen=True)
class Repository:
    """Where the hook goes. root: the main work tree, of a bare repository with work trees itself, and of
    a directory that several repositories share for their hooks that directory; git: what the work trees
    share, None for such a directory; way: how our script comes to be called; uses: the frameworks that
    it has a configuration of."""

    root: Path
    git: Path | None
    hooks: Path
    places: dict[str, Place] = field(default_factory=dict)
    way: Way = "file"
    uses: frozenset[str] = frozenset()

    @property
    def group(self) -> str:
        """The group of its entries in the receipt."""
        return f"hook {self.root}"


def look(directory: Path, *, hooks_path: bool = False) -> Repository:
    """The repository that this directory belongs to, and how the hook can come into it.

    hooks_path: put it where core.hooksPath leads, though others may share that. Raises HookError where
    there is none, where it is bare and has no work tree, and where only its user can put the hook in.
    """
    found = find(directory)
    line = frameworks.guarded_call('"$1"')
    if lead := _hooks_path(found):
        husky = frameworks.husky_file(found.hooks)
        if husky and git_version() >= CONFIG_HOOKS:
            return replace(found, way="config")
        if husky:
            raise HookError(
                "{root} takes its hooks from husky, in whose directory nothing of ours can stay",
                "add this line to {husky}: {line}",
                root=found.root,
                husky=husky,
                line=line,
            )
        if not hooks_path:
            raise HookError(
                "{root} takes its hooks from core.hooksPath = {lead}, which others may share",
                "use --hooks-path for all repositories that take their hooks from there, or add this line "
                "to {hooks}: {line}",
                root=found.root,
                lead=lead,
                hooks=found.hooks / NAMES[0],
                line=line,
            )
        return shared(found.hooks)
    if "lefthook" in found.uses:
        own = frameworks.local_lefthook(found.root)
        if own and MARK.encode() not in (files.read(own) or b""):
            raise HookError(
                "{root} takes its hooks from lefthook, and {name} is yours",
                "add to {name}: {line}",
                root=found.root,
                name=own.name,
                line=frameworks.lefthook_line(line),
            )
        return replace(found, way="lefthook")
    return found


def find(directory: Path) -> Repository:
    """The repository that this directory belongs to, whoever has its hooks. Raises HookError."""
    if not system.find("git"):
        raise HookError("git is not installed", "install git, then run: bootstrap hook install")
    top = _git(directory, "rev-parse", "--show-toplevel")
    bare = top is None and _git(directory, "rev-parse", "--is-bare-repository") == "true"
    if bare and "\nworktree " not in (_git(directory, "worktree", "list", "--porcelain") or ""):
        raise HookError(
            "{directory} is a bare repository: nobody commits in it",
            "name a clone of it",
            directory=directory,
        )
    if top is None and not bare:
        raise HookError(
            "{directory} is not a git repository",
            "run it in a repository, or name one: bootstrap hook install DIR",
            directory=directory,
        )
    inside = Path(top or directory)
    # asked rather than guessed: a work tree's hooks live in the main repository
    git = _path(inside, "--git-common-dir")
    hooks = _path(inside, "--git-path", "hooks")
    root = _root(inside, git, bare=bare)
    return Repository(root, git, hooks, _places(hooks), uses=frameworks.used_in(root))


def shared(hooks: Path) -> Repository:
    """A directory that several repositories take their hooks from."""
    return Repository(hooks, None, hooks, _places(hooks))


def is_switched_off(directory: Path) -> bool:
    """Whether the git configuration keeps the hook from doing anything there."""
    return _git(directory, "config", "--bool", "--get", "commit-polish.enabled") == "false"


def git_version() -> tuple[int, ...]:
    """Such as (2, 39, 5); () where there is no git."""
    words = system.run(["git", "--version"], timeout=20).stdout.split()
    return host.version_of(words[2]) if len(words) > 2 else ()


def whose(path: Path) -> Whose:
    """Who has put a hook there. Raises FileError, also for a directory."""
    text = files.read(path)
    if text is None:
        return "foreign" if os.path.lexists(path) else ""
    marks: tuple[tuple[bytes, Whose], ...] = (
        (MARK.encode(), "ours"),
        (frameworks.PRE_COMMIT_MARK, "pre-commit"),
        (frameworks.LEFTHOOK_MARK, "lefthook"),
    )
    return next((name for mark, name in marks if mark in text), "foreign")


def _places(hooks: Path) -> dict[str, Place]:
    return {
        name: Place(
            whose(hooks / name),
            whose(hooks / f"{name}.legacy"),
            os.path.lexists(hooks / f"{name}.chained"),
            bool(_OWN_NAME.search(files.read(hooks / name) or b"")),
        )
        for name in NAMES
    }


def _hooks_path(found: Repository) -> str | None:
    """core.hooksPath, where it leads elsewhere than git looks without it."""
    assert found.git
    lead = _git(found.root, "config", "--get", "core.hooksPath")
    return lead if lead and found.hooks != found.git / "hooks" else None


def _root(inside: Path, git: Path, *, bare: bool) -> Path:
    if git.name == ".git":
        return git.parent
    if bare or _git(inside, "config", "--file", str(git / "config"), "--bool", "core.bare") == "true":
        return git
    return inside.resolve()


def _path(directory: Path, *question: str) -> Path:
    return (directory / (_git(directory, "rev-parse", *question) or ".git")).resolve()


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or prints nothing."""
    # called from a hook or an alias, git would otherwise speak of the repository that called us
    result = system.run(["git", "-C", str(directory), *arguments], timeout=20, without=system.GIT_VARIABLES)
    return result.stdout.removesuffix("\n") or None if result.status == 0 else None
