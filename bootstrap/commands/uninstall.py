"""`bootstrap uninstall`: the receipt, backwards."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bootstrap import carried, engine, files, lock, paths, server, system
from bootstrap.actions import CreateDirectory, InstallProgram
from bootstrap.commands import running
from bootstrap.errors import BootstrapError
from bootstrap.receipt import Receipt

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bootstrap.console import Console
    from bootstrap.receipt import Entry


_COPY = "commit-polish-uninstall-"


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Undo every entry; what the user has edited since stays, and is named."""
    where = paths.find()
    own = carried.home()
    if own and where.programs in own.parents:
        _from_elsewhere(where, console)
    with _tidied(own):
        return _uninstall(arguments, where, console)


def _from_elsewhere(where: paths.Paths, console: Console) -> NoReturn:
    """Have a copy of this program do it: nobody can saw off the branch that they are sitting on, since an
    interpreter reads its modules when they are needed. Raises CommandError, FileError."""
    temporary = Path(tempfile.gettempdir())
    above = temporary if paths.starts_programs(temporary) else where.home
    with files.explained(above):
        copy = Path(tempfile.mkdtemp(prefix=_COPY, dir=above))
    launcher = carried.launcher(copy)
    program = InstallProgram(copy, carried.build(), tuple(launcher))
    try:
        program.execute(program.remember({}), console)
        system.become([*launcher, *sys.argv[1:]], {})
    except BootstrapError:
        files.remove_tree(copy)
        raise


@contextlib.contextmanager
def _tidied(own: Path | None) -> Iterator[None]:
    """At the end such a copy removes itself; nothing that is not loaded by then is needed any more."""
    try:
        yield
    finally:
        if own and own.name.startswith(_COPY):
            sys.stdout.flush()
            atexit.register(_remove_later if os.name == "nt" else files.remove_tree, own)


def _remove_later(own: Path) -> None:
    """Windows removes no program that runs, so somebody else does when all have ended."""
    shell, name = system.windows_program("cmd.exe"), own.name  # in which nothing needs quotes
    again = f"rmdir /s /q {name} & if not exist {name} exit & ping -n 2 127.0.0.1"
    system.leave_running([shell, "/d", "/q", "/c", f"for /l %i in (1,1,60) do ({again})"], own.parent)


def _uninstall(arguments: argparse.Namespace, where: paths.Paths, console: Console) -> int:
    if not where.receipt_file.exists():
        Receipt(where.receipt_file).sweep()
        console.result("Nothing is installed here.", {"removed": False, "kept": []})
        return 0
    with engine.session(where) as present:
        if lock.is_kept(where.loader):
            raise server.in_the_foreground()
        if running.out_of_reach(present, where):
            about = present.about
            raise server.out_of_reach(about["backend"], about["alias"], about["api_base"])
        stays = [entry for entry in present.entries if arguments.keep_models and _keeps_models(entry, where)]
        entries = [entry for entry in present.entries if entry not in stays]
        present.about.clear()  # from here on nothing is installed that could be started
        kept = engine.undo(entries, present, console)
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
