"""What this repository asks of its subjects: from its configuration, its history or, last, the usual.

Types, and apart from them scopes, are those of the first source that names any: git config,
commitlint, commitizen, semantic-release, the last 50 commits, the eleven usual types. The limit is
the smallest that git config and the tools say, since a tool refuses what is longer; only where none
says one it is the user's own for all repositories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.sources import asked, commitizen, commitlint, history, semantic_release
from bootstrap.polish.sources.configured import Files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.polish.evidence import Switches
    from bootstrap.polish.sources.asked import Asked


def find(root: Path, switches: Switches, limit: int, timeout: float) -> Convention | None:
    """The convention of the repository; None if it plainly follows another than Conventional Commits.

    That is so if the first tool configured there reads subjects of another form, or if none is and
    most of the last subjects have another form; an explicit commit-polish.enabled = true overrules
    both. root: of the work tree, in or below which the process stands; limit: of characters, the
    user's for all repositories; timeout: of git, in seconds. Raises nothing.
    """
    files = Files(root)
    tools = [
        found
        for tool in (commitlint, commitizen, semantic_release)
        if (found := tool.find(files)) is not None
    ]
    wanted = switches.enabled and switches.explicit
    if tools and tools[0].foreign and not wanted:
        return None
    said = [_git_config(switches), *(tool for tool in tools if not tool.foreign)]
    if not (tools and _says_all(said)):
        habits = history.habits(history.subjects(timeout))
        if habits.foreign and not (tools or wanted):
            return None
        said.append(habits)
    return _merged(said, limit)


def _git_config(switches: Switches) -> Asked:
    scopes = asked.scopes(switches.scopes)
    return asked.Asked(
        "git config",
        types=asked.types(switches.types),
        scopes=scopes,
        closed=scopes is not None,
        limit=asked.limit(switches.limit),
    )


def _says_all(said: Sequence[Asked]) -> bool:
    return any(one.types is not None for one in said) and any(one.scopes is not None for one in said)


def _merged(said: Sequence[Asked], limit: int) -> Convention:
    nothing = asked.Asked(Convention.source, TYPES, ())
    types = next((one for one in said if one.types is not None), nothing)
    scopes = next((one for one in said if one.scopes is not None), nothing)
    shortest = min((one for one in said if one.limit), key=lambda one: one.limit or 0, default=nothing)
    sources = dict.fromkeys(one.source for one in (types, scopes, shortest) if one is not nothing)
    return Convention(
        types=types.types or TYPES,
        scopes=scopes.scopes or (),
        closed=scopes.closed,
        scoped=any(one.scoped for one in said),
        limit=shortest.limit or limit,
        source=" and ".join(sources) or nothing.source,
    )
