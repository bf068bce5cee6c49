"""`bootstrap undo`: the last commit gets the words back that its author wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import system
from bootstrap.errors import HookError
from bootstrap.messages import tr
from bootstrap.polish import result

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console

# Our own hook is asked not to polish the words again; the staged changes stay staged.
_AMEND = (
    *("-c", "commit-polish.enabled=false", "-c", "i18n.commitEncoding=UTF-8"),
    *("commit", "--amend", "--only", "--allow-empty"),
    *("--no-verify", "--quiet", "--cleanup=verbatim", "--file=-"),
)


def run(_arguments: argparse.Namespace, console: Console) -> int:
    """Amend HEAD. HookError where it does not carry our subject, or has been pushed."""
    kept = _git("rev-parse", "--git-path", result.POLISHED)
    if kept is None:
        raise HookError("this is not a git repository", "run it in the repository of the commit")
    subjects = result.subjects(Path(kept))
    subject, _, rest = (
        _git("log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%B") or ""
    ).partition("\n")
    if subjects and subject.strip() == subjects.original:
        raise HookError(
            "the last commit has its own words already: {subject}", "nothing is left to undo", subject=subject
        )
    if subjects is None or subject.strip() != subjects.polished or not _follows(subjects.head):
        raise HookError(
            "the subject of the last commit was not polished: {subject}",
            "change it by hand: git commit --amend",
            subject=subject or tr("there is no commit"),
        )
    if branch := _git(
        "for-each-ref", "--contains", "HEAD", "--count=1", "--format=%(refname:short)", "refs/remotes"
    ):
        raise HookError(
            "the last commit has been pushed already: it is in {branch}",
            "if nobody else has it, change it by hand: git commit --amend",
            branch=branch,
        )
    message = f"{subjects.original}\n{rest}".rstrip("\n") + "\n"
    done = system.run(("git", *_AMEND), stdin=message)
    if done.status:
        raise HookError(
            "git does not change the commit: {last_words}",
            "change it: git commit --amend",
            last_words=done.last_words,
        )
    console.result(
        tr("The last commit is again: {original}", original=subjects.original),
        {"subject": subjects.original, "was": subjects.polished},
    )
    return 0


def _follows(head: str) -> bool:
    """Whether HEAD was made on top of that commit, or in its place, so that it is the polished one."""
    parents = _git("rev-parse", "HEAD^@") or ""
    replaced = _git("rev-parse", f"{head}^@") or "" if head else ""
    return head in parents.split() or parents == replaced


def _git(*arguments: str) -> str | None:
    """What git prints; None where it fails or prints nothing."""
    done = system.run(("git", *arguments))
    return done.stdout.removesuffix("\n") or None if done.status == 0 else None
