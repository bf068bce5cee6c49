"""`bootstrap uninstall`: the receipt, backwards."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bootstrap import engine, files, lock, paths, server
from bootstrap.actions import CreateDirectory
from bootstrap.commands import leaving, running
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
        Receipt(where.receipt_file).sweep()
        console.result("Nothing is installed here.", {"removed": False, "kept": []})
        return 0
    with engine.session(where) as present:
        if lock.is_kept(where.loader):
            raise server.in_the_foreground()
        if running.out_of_reach(present, where):
            about = present.about
            raise server.out_of_reach(about["backend"], about["alias"], about["api_base"])
        running.in_its_place(present, stopped=True)
        stays = [entry for entry in present.entries if arguments.keep_models and _keeps_models(entry, where)]
        entries = [entry for entry in present.entries if entry not in stays]
        present.proved = None
        # from here on nothing is installed that could be started; what may run still is known for ours
        present.about = {"aliases": present.about.get("aliases", [])}
        kept = engine.undo(entries, present, console)
        if stays and stays == present.entries:
            present.about.clear()
            present.save()
        failed = any(entry in entries for entry in present.entries)
        if stays:
            lines = [f"Uninstalled; the models stay in {where.models}"]
        else:
            lines = ["Uninstalled; kept:" if kept else "Uninstalled: nothing is left."]
        lines += [f"  {reason}" for reason in kept]
        if os.name == "nt":  # and nothing at its end keeps cmd from looking, and the exit status
            lines.append("Windows may say now that it cannot find the batch file: that is gone, too.")
        console.result("\n".join(lines), {"removed": True, "kept": kept})
    return 1 if failed else 0


def _keeps_models(entry: Entry, where: paths.Paths) -> bool:
    """A model, or a directory that leads to it."""
    path = getattr(entry.action, "path", None)
    if path is None:
        return False
    return where.models in path.parents or (
        isinstance(entry.action, CreateDirectory) and path in {where.data, where.models}
    )
