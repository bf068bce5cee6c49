"""`bootstrap uninstall`: the receipt, backwards."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from bootstrap import attached, container, engine, failure, files, lock, paths, recovery, server, session
from bootstrap.actions import CreateDirectory
from bootstrap.commands import leaving, running
from bootstrap.errors import ReceiptError
from bootstrap.messages import tr
from bootstrap.receipt import Receipt

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console
    from bootstrap.receipt import Entry


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Undo every entry; what the user has edited since stays, and is named."""
    where = paths.find()
    with leaving.program_of_ours(where, console):
        return _uninstall(arguments, where, console)


def _uninstall(arguments: argparse.Namespace, where: paths.Paths, console: Console) -> int:
    if files.read(where.receipt_file) is None:
        if recovery.is_installed(where):
            raise _unknown(where)
        Receipt(where.receipt_file).sweep()
        failure.forget()
        console.result(tr("Nothing is installed here."), {"removed": False, "kept": []})
        return 0
    with session.begin(where) as present:
        if present.rebuilding or (not present.entries and recovery.is_installed(where)):
            raise _unknown(where)
        if lock.is_kept(where.loader):
            raise server.in_the_foreground()
        if running.out_of_reach(present, where):
            about = present.about
            raise server.out_of_reach(
                about["backend"], about["alias"], about["api_base"], shlex.join(container.left(about))
            )
        running.in_its_place(present, stopped=True)
        stays = [entry for entry in present.entries if arguments.keep_models and _keeps_models(entry, where)]
        entries = [entry for entry in present.entries if entry not in stays]
        present.proved = None
        about = present.about
        # from here on nothing is installed that could be started; what may run still is known for ours
        present.about = {"aliases": present.about.get("aliases", [])}
        kept = engine.undo(entries, present, console)
        if not present.entries:
            files.remove(present.broken)
            failure.forget()
        elif stays == present.entries:
            present.about.clear()
            present.save()
        left = _left_running(about)
        failed = any(entry in entries for entry in present.entries) or bool(left)
        kept += left
        if stays:
            lines = [tr("Uninstalled; the models stay in {models}", models=where.models)]
        else:
            lines = [tr("Uninstalled; kept:") if kept else tr("Uninstalled: nothing is left.")]
        lines += [f"  {reason}" for reason in kept]
        if os.name == "nt":  # and nothing at its end keeps cmd from looking, and the exit status
            lines.append(tr("Windows may say now that it cannot find the batch file: that is gone, too."))
        console.result("\n".join(lines), {"removed": True, "kept": kept})
    return 1 if failed else 0


def _unknown(where: paths.Paths) -> ReceiptError:
    return ReceiptError(
        "{receipt_file} was lost, so nobody knows what is ours to remove",
        "have it found out again: bootstrap; and then: bootstrap uninstall",
        receipt_file=where.receipt_file,
    )


def _left_running(about: dict[str, Any]) -> list[str]:
    """A server that could not be stopped, as what stops it was gone already."""
    if "api_base" not in about or about.get("engine") == attached.ENGINE:
        return []
    if about["alias"] not in server.answers_as(about["api_base"], about.get("key_file") or ""):
        return []
    port = int(about["api_base"].removesuffix("/v1").rpartition(":")[2])
    holder = running.holder_of(port) or tr("who serves it")
    return [
        tr(
            "{alias} still answers at {api_base}: end {holder}",
            alias=about["alias"],
            api_base=about["api_base"],
            holder=holder,
        )
    ]


def _keeps_models(entry: Entry, where: paths.Paths) -> bool:
    """A model, or a directory that leads to it."""
    path = getattr(entry.action, "path", None)
    if path is None:
        return False
    return where.models in path.parents or (
        isinstance(entry.action, CreateDirectory) and path in {where.data, where.models}
    )
