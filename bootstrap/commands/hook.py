"""`bootstrap hook`: the git hook in repositories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import catalogue, engine, host, paths, plan, receipt, resources
from bootstrap.commands import look
from bootstrap.errors import BootstrapError
from bootstrap.hook import repository
from bootstrap.situation import Situation

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console


def run(arguments: argparse.Namespace, console: Console) -> int:
    """install, remove or status."""
    return {"install": _install, "remove": _remove, "status": _status}[arguments.verb](arguments, console)


def _install(arguments: argparse.Namespace, console: Console) -> int:
    where = paths.find()
    if not where.receipt_file.exists():
        raise BootstrapError("nothing is installed yet", "run: bootstrap --repo .")
    with engine.session(where) as present:
        chosen, text = look.wishes(arguments, where)
        seen = Situation(
            settings=chosen,
            host=host.detect(),
            catalogue=catalogue.load(),
            paths=where,
            receipt=present,
            program=tuple(resources.launcher()),
            config_text=text,
            repositories=tuple(repository.look(Path(name)) for name in arguments.directories or ["."]),
        )
        changed = engine.carry_out(plan.hooks_only(seen), present, console)
        roots = [str(found.root) for found in seen.repositories]
        words = "The hook polishes commit messages in" if changed else "The hook is already in"
        console.result(f"{words} {', '.join(roots)}", {"changed": changed, "hooks": roots})
    return 0


def _remove(arguments: argparse.Namespace, console: Console) -> int:
    where = paths.find()
    with engine.session(where) as present:
        kept: list[str] = []
        roots = [_root(Path(name)) for name in arguments.directories or ["."]]
        for root in roots:
            entries = [entry for entry in present.entries if entry.group == f"hook {root}"]
            if not entries:
                raise BootstrapError(f"there is no hook of ours in {root}", "see: bootstrap hook status")
            kept += engine.undo(entries, present, console)
        lines = [
            f"The hook is out of {', '.join(map(str, roots))}",
            *(f"kept: {reason}" for reason in kept),
        ]
        console.result("\n".join(lines), {"removed": [str(root) for root in roots], "kept": kept})
    return 0


def _status(_arguments: argparse.Namespace, console: Console) -> int:
    present = receipt.load(paths.find().receipt_file)
    roots = [group.removeprefix("hook ") for group in present.groups() if group.startswith("hook ")]
    console.result("\n".join(roots) if roots else "The hook is in no repository yet.", {"hooks": roots})
    return 0


def _root(directory: Path) -> Path:
    """The work tree's top; a directory that is gone is taken as it is named."""
    try:
        return repository.look(directory).root
    except BootstrapError:
        return directory.resolve()
