"""What a repository says about its hooks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bootstrap import files, system
from bootstrap.errors import HookError

NAMES = ("prepare-commit-msg", "commit-msg")
_LOCAL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX")
MARK = "# commit-polish hook"  # the id line of our script, whatever its version


@dataclass(frozen=True)
class Repository:
    """One repository, by its main work tree. git: what its work trees share; `foreign` names the hooks
    that are not ours; `aside` those for which an earlier one was moved aside."""

    root: Path
    git: Path
    hooks: Path
    foreign: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()

    @property
    def group(self) -> str:
        """The group of its entries in the receipt."""
        return f"hook {self.root}"


def look(directory: Path) -> Repository:
    """The repository that this directory belongs to.

    Raises HookError where there is none, where it is bare, or where `core.hooksPath` sends its hooks
    to a place that other repositories share.
    """
    if not system.find("git"):
        raise HookError("git is not installed", "install git, then run: bootstrap hook install")
    top = _git(directory, "rev-parse", "--show-toplevel")
    if top is None:
        if _git(directory, "rev-parse", "--is-bare-repository") == "true":
            raise HookError(f"{directory} is a bare repository: nobody commits in it", "name a clone of it")
        raise HookError(f"{directory} is not a git repository", f"create one: git init {directory}")
    if shared := _git(directory, "config", "--get", "core.hooksPath"):
        raise HookError(
            f"{directory} takes its hooks from core.hooksPath = {shared}, which others may share",
            f'add this line to {shared}/prepare-commit-msg: bootstrap polish --file "$1"',
        )
    # asked rather than guessed: a worktree's hooks live in the main repository
    hooks = Path(top, _git(Path(top), "rev-parse", "--git-path", "hooks") or ".git/hooks")
    git = Path(top, _git(Path(top), "rev-parse", "--git-common-dir") or ".git").resolve()
    present = [name for name in NAMES if os.path.lexists(hooks / name)]
    foreign = frozenset(name for name in present if MARK.encode() not in (files.read(hooks / name) or b""))
    aside = frozenset(name for name in present if os.path.lexists(hooks / f"{name}.chained"))
    root = git.parent if git.name == ".git" else Path(top)
    return Repository(root, git, hooks.resolve(), foreign, aside)


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or prints nothing."""
    # called from a hook or an alias, git would otherwise speak of the repository that called us
    result = system.run(["git", "-C", str(directory), *arguments], timeout=20, without=_LOCAL)
    return result.stdout.removesuffix("\n") or None if result.status == 0 else None
