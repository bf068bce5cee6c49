"""At which moments a message is left alone, whatever is in it. The hook's script judges likewise; other
callers, such as pre-commit, come without it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What git keeps beside the message while it merges, picks, reverts or rebases: then it says "message"
# to the hook as for any other commit (builtin/commit.c, `prepare_to_commit`).
_STATES = (
    "MERGE_MSG", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG",
    "rebase-merge", "rebase-apply", "sequencer",
)  # fmt: skip


def why(message_file: Path, stage: str, environment: Mapping[str, str]) -> str:
    """Why this commit's message is left alone; "" where it may be polished."""
    if environment.get("COMMIT_POLISH") == "0" or environment.get("CI"):
        return tr("COMMIT_POLISH=0 or CI is set")
    # https://pre-commit.com/#prepare-commit-msg: how it passes on what git told it
    source = environment.get("PRE_COMMIT_COMMIT_MSG_SOURCE", "message")
    if stage != "commit-msg" and source != "message":
        return (
            tr("git made it from a {source}", source=source) if source else tr("it is written in an editor")
        )
    for name in _STATES:
        if os.path.lexists(message_file.parent / name):
            return tr("git is in the middle of something: {name}", name=name)
    return ""


def is_edited(environment: Mapping[str, str]) -> bool:
    """Whether an editor is opened: git says with GIT_EDITOR=: that there is none, and always sets
    GIT_INDEX_FILE for its hooks."""
    return "GIT_INDEX_FILE" in environment and environment.get("GIT_EDITOR") != ":"
