"""What the user should know about the hook in one repository."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from bootstrap import settings
from bootstrap.errors import BootstrapError
from bootstrap.hook import frameworks
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bootstrap.hook.repository import Repository


def on(found: Repository, *, is_new: bool) -> Iterable[str]:
    """Line by line, for this repository. is_new: the hook has just come there, or is about to."""
    if found.git is None:
        yield tr("Every repository whose core.hooksPath leads to {hooks} has it now.", hooks=found.hooks)
    if found.way == "lefthook":
        own = frameworks.local_lefthook(found.root)
        yield tr(
            "lefthook runs it, by {own}, which is yours alone: do not commit it.",
            own=own or "lefthook-local.yml",
        )
        if not any(place.at == "lefthook" for place in found.places.values()):
            yield tr("lefthook takes that up with: lefthook install")
    if found.way == "config":
        yield tr("git runs it beside husky, by the configuration of this repository.")
    if "pre-commit" in found.uses and found.way == "file":
        yield tr(
            "It runs beside pre-commit. For all who work here, .pre-commit-config.yaml can have it instead:"
        )
        yield frameworks.pre_commit_snippet().rstrip("\n")
    if is_new and found.git and _follows_another_convention(found.root):
        yield (
            tr(
                "{root} plainly follows another convention, so its messages are left alone until you say: "
                "git config commit-polish.enabled true",
                root=found.root,
            )
        )


def _follows_another_convention(root: Path) -> bool:
    """Whether the hook will leave messages alone there; False where nobody can tell."""
    from bootstrap.polish import evidence, sources

    with contextlib.suppress(BootstrapError, OSError), contextlib.chdir(root):
        switches = evidence.switches(5)
        return switches.enabled and sources.find(root, switches, settings.Settings.limit, 5) is None
    return False
