"""What a repository says about its hooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bootstrap import files, system
from bootstrap.errors import HookError

MARK = "# commit-polish hook"  # the id line of our script, whatever its version


@dataclass(frozen=True)
class Repository:
    """One repository. git: what its worktrees share; `foreign` names the hooks that are not ours."""

    root: Path
    git: Path
    hooks: Path
    foreign: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()

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
    present = {name: files.read(hooks / name) for name in ("prepare-commit-msg", "commit-msg")}
    ours = frozenset(name for name, text in present.items() if text is not None and MARK.encode() in text)
    foreign = frozenset(name for name, text in present.items() if text is not None and name not in ours)
    return Repository(Path(top), git, hooks.resolve(), foreign, ours)


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or prints nothing."""
    result = system.run(["git", "-C", str(directory), *arguments], timeout=20)
    return result.stdout.removesuffix("\n") or None if result.status == 0 else None
