"""From a repository's facts to the actions that put our hook into it.

What is at NAME      | at NAME.legacy  | at NAME.chained | what is done
---------------------|-----------------|-----------------|------------------------------------------------
nothing, or ours     | whatever        | nothing, ours   | ours at NAME
nothing              | whatever        | somebody's      | that one to NAME.chained.2: git never ran it
somebody's           | whatever        | nothing         | theirs to NAME.chained, ours at NAME runs it
somebody's           | whatever        | an earlier one  | the earlier one to NAME.chained.2, or away if it
                     |                 |                 | is the same; theirs to NAME.chained, ours at NAME
pre-commit's         | nothing, ours   | whatever        | ours at NAME.legacy: pre-commit runs it, and
                     |                 |                 | `pre-commit uninstall` puts it back at NAME
pre-commit's         | somebody's      | whatever        | as somebody's

So whoever puts another hook in our place has it run from the next time on, and no hook runs twice.
"""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

from bootstrap import resources
from bootstrap.actions import CreateDirectory, EditGitConfig, MoveAside, Sweep, WriteFile
from bootstrap.errors import HookError
from bootstrap.hook import frameworks
from bootstrap.hook.repository import MARK, NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.hook.repository import Place, Repository

EVERYWHERE = "hook everywhere"  # the receipt's group of the hook in git's own configuration
KEPT = ("COMMIT_POLISH_*", "worktrees/*/COMMIT_POLISH_*")  # the last original message, in git's directory
# to what pre-commit and lefthook rename a hook of ours
_RENAMED = (".legacy", ".old")
# a configured hook must not be named as its event (git-hook(1))
_CONFIGURED = {"prepare-commit-msg": "commit-polish", "commit-msg": "commit-polish-commit-msg"}


def script(program: Path, pause: Path, *, suggest: bool) -> str:
    """The hook's text, for this program. pause: the file that says until when no server is asked; suggest:
    whether an editor without a message gets a suggestion."""
    text = resources.text("hook_template/prepare-commit-msg")
    for name, path in (("@PROGRAM@", program), ("@PAUSE@", pause)):
        text = text.replace(name, shlex.quote(path.as_posix()))  # git's sh takes C:/ too
    return text.replace("@SUGGEST@", "yes" if suggest else "no")


def actions(repository: Repository, text: str, stage: str, known: Collection[str]) -> list[Action]:
    """Put the hook in; an earlier one of the user's still runs.

    text: of our script; known: keys of the receipt's entries, so that a hook that was moved aside stays so.
    """
    names = NAMES if stage == "both" else (stage,)
    result: list[Action] = [] if repository.git is None else [Sweep(repository.git, KEPT)]
    result.append(CreateDirectory(repository.hooks))
    result.append(_sweep_renamed(repository, text))
    if repository.way == "file":
        for name in names:
            result += _in_directory(repository.hooks / name, repository.places[name], text, known)
        return result
    assert repository.git
    scripts = {name: repository.git / "commit-polish" / name for name in names}
    result.append(CreateDirectory(repository.git / "commit-polish"))
    result += (WriteFile(path, text, 0o755, ours=MARK) for path in scripts.values())
    if repository.way == "config":
        return [*result, *_configured(scripts, str(repository.root))]
    place = frameworks.local_lefthook(repository.root) or repository.root / "lefthook-local.yml"
    return [*result, WriteFile(place, frameworks.lefthook_text(MARK, scripts), ours=MARK)]


def everywhere(directory: Path, text: str, stage: str) -> list[Action]:
    """The hook in git's own configuration, for all repositories. directory: where our script goes."""
    names = NAMES if stage == "both" else (stage,)
    scripts = {name: directory / name for name in names}
    return [
        CreateDirectory(directory),
        *(WriteFile(path, text, 0o755, ours=MARK) for path in scripts.values()),
        *_configured(scripts),
    ]


def _in_directory(path: Path, place: Place, text: str, known: Collection[str]) -> Iterable[Action]:
    """Our script where git looks for it, or where pre-commit does, which has that place. Raises HookError
    for a hook that cannot be moved aside."""
    if place.at == "pre-commit" and place.legacy in {"", "ours"}:
        yield WriteFile(path.with_name(f"{path.name}.legacy"), text, 0o755, ours=MARK)
        return
    aside = MoveAside(path, path.with_name(f"{path.name}.chained"), MARK)
    if place.at == "foreign" and place.by_name:
        raise HookError(
            "{path} looks at its own name, so it cannot run under another one",
            "add this line to it: {line}",
            path=path,
            line=frameworks.guarded_call(chr(34) + "$1" + chr(34)),
        )
    if place.at not in {"", "ours"} or place.chained or aside.key in known:
        yield aside
    yield WriteFile(path, text, 0o755, ours=MARK)


def _sweep_renamed(repository: Repository, text: str) -> Sweep:
    """Others may have given our script another name, or put it back under its own."""
    names = tuple(name + more for name in NAMES for more in ("", *_RENAMED))
    return Sweep(repository.hooks, names, hashlib.sha256(text.encode()).hexdigest())


def _configured(scripts: dict[str, Path], repository: str = "") -> Iterable[Action]:
    """The command first: git stops every commit over an event without one, and over a command whose
    file is missing, which the guard is against."""
    for name, path in scripts.items():
        key = f"hook.{_CONFIGURED[name]}"
        yield EditGitConfig(f"{key}.command", frameworks.guarded_script(path), repository)
        yield EditGitConfig(f"{key}.event", name, repository)
