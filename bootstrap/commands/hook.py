"""`bootstrap hook`: the git hook in repositories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import actions, catalogue, engine, hooking, host, paths, receipt, session, settings
from bootstrap.commands import look, remarks
from bootstrap.errors import BootstrapError, HookError, UsageError
from bootstrap.hook import health, repository
from bootstrap.hook import install as hook
from bootstrap.messages import tr
from bootstrap.situation import Situation

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console
    from bootstrap.hook.repository import Repository
    from bootstrap.receipt import Entry, Receipt
    from bootstrap.situation import Plan


def run(arguments: argparse.Namespace, console: Console) -> int:
    """install, remove or status."""
    if arguments.everywhere and arguments.directories:
        raise UsageError("--global means all repositories, so it goes with none", "leave the directory out")
    return {"install": _install, "remove": _remove, "status": _status}[arguments.verb](arguments, console)


def _install(arguments: argparse.Namespace, console: Console) -> int:
    where = paths.find()
    if not where.receipt_file.exists():
        raise BootstrapError("nothing is installed yet", "run: bootstrap --repo .")
    if arguments.dry_run:
        present = receipt.load(where.receipt_file)
        _show(hooking.plan(_situation(arguments, where, present)[0]), present, console)
        return 0
    with session.begin(where) as present:
        seen, wanted = _situation(arguments, where, present)
        new = [found for found in wanted if found.group not in present.groups()]
        changed = engine.carry_out(hooking.plan(seen), present, console)
        roots = [str(found.root) for found in wanted] or [tr("all repositories")]
        words = tr("The hook polishes commit messages in") if changed else tr("The hook is already in")
        notes = [line for found in wanted for line in remarks.on(found, is_new=found in new)]
        if seen.everywhere:
            notes.append(
                tr("In one repository it is switched off by: git config commit-polish.enabled false")
            )
        text = "\n".join([f"{words} {', '.join(roots)}", *notes])
        console.result(text, {"changed": changed, "hooks": roots, "notes": notes})
    return 0


def _show(wanted: Plan, present: Receipt, console: Console) -> None:
    """What would be done, in words and as data."""
    to_do, stale = engine.preview(wanted, present)
    lines = [f"{number:3}. {action.describe()}" for number, action in enumerate(to_do, 1)]
    lines += [tr("and then taken back:")] if stale else []
    lines += [f"     {action.describe()}" for action in reversed(stale)]
    data = {
        "actions": [actions.to_json(action) | {"description": action.describe()} for action in to_do],
        "taken_back": [action.describe() for action in stale],
    }
    console.result("\n".join([*(lines or [tr("Nothing to do.")]), tr("nothing was changed")]), data)


def _situation(
    arguments: argparse.Namespace, where: paths.Paths, present: Receipt
) -> tuple[Situation, list[Repository]]:
    """What the plan is made from, and the repositories that were named. Raises HookError."""
    chosen, text = look.wishes(arguments, where)
    if arguments.stage:
        chosen = settings.overlay(chosen, {"stage": arguments.stage})
    everywhere = look.hook_is_everywhere(present, wanted=arguments.everywhere)
    if everywhere and not arguments.everywhere:
        raise HookError("the hook is in all repositories already", "see: bootstrap hook status")
    names = [] if everywhere else arguments.directories or ["."]
    # another stage is for all of them
    others = present if arguments.stage and not everywhere else receipt.Receipt(where.receipt_file)
    wanted = [
        look.named(repository.look(Path(name), hooks_path=arguments.hooks_path), present) for name in names
    ]
    rest = [found for found in look.repositories([], others) if found.root not in {w.root for w in wanted}]
    return Situation(
        settings=chosen,
        host=host.detect(),
        catalogue=catalogue.load(),
        paths=where,
        receipt=present,
        program=look.program_of(where),
        config_text=text,
        repositories=(*wanted, *rest),
        everywhere=everywhere,
    ), wanted


def _remove(arguments: argparse.Namespace, console: Console) -> int:
    where = paths.find()
    if arguments.dry_run:
        present = receipt.load(where.receipt_file)
        entries = [entry for group in _named_groups(arguments, present) for entry in _of(group, present)]
        lines = [entry.action.describe() for entry in reversed(entries) if entry.status != "skipped"]
        text = "\n".join([tr("This would be taken back:"), *(f"     {line}" for line in lines)])
        console.result("\n".join([text, tr("nothing was changed")]), {"taken_back": lines})
        return 0
    with session.begin(where) as present:
        kept: list[str] = []
        groups = _named_groups(arguments, present)
        for group in groups:
            kept += engine.undo(_of(group, present), present, console)
        places = [tr("all repositories")] if arguments.everywhere else [_place(group) for group in groups]
        lines = [
            tr("The hook is out of {places}", places=", ".join(places)),
            *(tr("but {reason}", reason=reason) for reason in kept),
        ]
        console.result("\n".join(lines), {"removed": places, "kept": kept})
    return 0


def _named_groups(arguments: argparse.Namespace, present: Receipt) -> list[str]:
    """The receipt's groups that the command line names. Raises BootstrapError where one has no hook."""
    if arguments.everywhere:
        groups = [hook.EVERYWHERE]
    else:
        groups = [_group(Path(name), present) for name in arguments.directories or ["."]]
    for group in groups:
        if not _of(group, present):
            place = (
                tr("for all repositories") if arguments.everywhere else tr("in {group}", group=_place(group))
            )
            raise BootstrapError(
                "there is no hook of ours {place}", "see: bootstrap hook status", place=place
            )
    return list(dict.fromkeys(groups))


def _of(group: str, present: Receipt) -> list[Entry]:
    return [entry for entry in present.entries if entry.group == group]


def _place(group: str) -> str:
    return group.removeprefix("hook ")


def _status(_arguments: argparse.Namespace, console: Console) -> int:
    present = receipt.load(paths.find().receipt_file)
    found = [
        health.check(group, _of(group, present)) for group in present.groups() if group.startswith("hook ")
    ]
    lines = []
    for one in found:
        lines.append(f"{one.place}  {' and '.join(one.stages)}  {one.state}")
        lines += [f"  help: {one.hint}"] if one.hint else []
    data = [
        {"place": one.place, "stages": list(one.stages), "state": one.state, "hint": one.hint}
        for one in found
    ]
    console.result(
        "\n".join(lines) if lines else tr("The hook is in no repository yet."),
        {"hooks": [one.place for one in found], "repositories": data},
    )
    return 0


def _group(directory: Path, present: Receipt) -> str:
    """The receipt's group of the hook in a repository; a directory that is gone is taken as it is named."""
    try:
        found = look.named(repository.find(directory), present)
    except BootstrapError:
        return f"hook {directory.resolve()}"
    groups = present.groups()
    here, there = found.group, f"hook {found.hooks}"  # the second: a directory that others share
    return there if here not in groups and there in groups else here
