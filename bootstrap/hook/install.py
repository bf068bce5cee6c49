"""From a repository's facts to the actions that put our hook into it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap import resources
from bootstrap.actions import CreateDirectory, MoveAside, Sweep, WriteFile
from bootstrap.hook.repository import MARK, NAMES

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.hook.repository import Repository

KEPT = ("COMMIT_POLISH_*", "worktrees/*/COMMIT_POLISH_*")  # the last original message, in git's directory


def script(program: Path) -> str:
    """The hook's text, for this program."""
    return resources.text("hook_template/prepare-commit-msg").replace("@PROGRAM@", shlex.quote(str(program)))


def actions(repository: Repository, program: Path, stage: str, known: Collection[str]) -> list[Action]:
    """Put the hook in; an earlier one of the user's is moved aside and run first.

    known: keys of the receipt's entries, so that a hook that was moved aside stays so.
    """
    names = NAMES if stage == "both" else (stage,)
    result: list[Action] = [Sweep(repository.git, KEPT), CreateDirectory(repository.hooks)]
    for name in names:
        path = repository.hooks / name
        aside = MoveAside(path, path.with_name(f"{name}.chained"), MARK)
        if name in repository.foreign | repository.aside or aside.key in known:
            result.append(aside)
        result.append(WriteFile(path, script(program), 0o755, ours=MARK))
    return result
