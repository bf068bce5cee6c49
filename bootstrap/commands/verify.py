"""`bootstrap verify`: reads again what later runs only look at, and has the next one repair what is wrong.

Small files are not among it: every run compares their text anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap import paths, session
from bootstrap.actions import Download
from bootstrap.actions.check import CheckFile
from bootstrap.autostart.service import START
from bootstrap.errors import BootstrapError, FileError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console
    from bootstrap.receipt import Entry, Receipt


def run(_arguments: argparse.Namespace, console: Console) -> int:
    """Hash every file that was downloaded; exit status 1 if one is not what it was."""
    where = paths.find()
    if not where.receipt_file.exists():
        raise BootstrapError("nothing is installed yet", "run: bootstrap")
    with session.begin(where) as present:
        wrong: list[Entry] = []
        rows: list[dict[str, Any]] = []
        for entry in present.entries:
            if isinstance(entry.action, Download):
                problem = _problem(entry.action, entry, console)
                wrong += [entry] if problem else []
                rows.append(_row(entry.action, problem))
        if wrong:
            _doubt(wrong, present)
    hint = tr("repair it with: bootstrap") if wrong else None
    lines = [*map(_line, rows), f"help: {hint}" if hint else tr("Every file is as it was installed.")]
    console.result("\n".join(lines), {"ok": not wrong, "files": rows, "hint": hint})
    return 1 if wrong else 0


def check(what: str, action: Download, console: Console) -> str:
    """What is wrong with the file of a download, after reading all of it; "" if nothing is."""
    checking = CheckFile(what, action.path, action.about)
    console.begin(checking)
    try:
        found = checking.execute({}, console)["sha256"]
    except FileError as error:
        return error.message
    finally:
        console.end(checking)
    return (
        ""
        if found == action.sha256
        else tr("its checksum is {found}… instead of {sha256}…", found=found[:12], sha256=action.sha256[:12])
    )


def _problem(action: Download, entry: Entry, console: Console) -> str:
    if not action.path.is_file():
        return tr("missing") if entry.status != "started" else tr("not finished")
    size = action.path.stat().st_size
    if action.size not in {None, size}:
        return tr("it has {size} bytes instead of {action_size}", size=size, action_size=action.size)
    return check(action.what, action, console)


def _doubt(wrong: list[Entry], present: Receipt) -> None:
    """The next run is not to trust its memory of these files, nor of the server that has loaded them."""
    for entry in wrong:
        entry.memory.pop("sha256", None)
    for key in (f"command {START}", "proof"):
        if started := present.find(key):
            started.memory.pop("generation", None)
    present.save()


def _row(action: Download, problem: str) -> dict[str, Any]:
    return {
        "what": action.what,
        "path": str(action.path),
        "sha256": action.sha256,
        "ok": not problem,
        "problem": problem or None,
    }


def _line(row: dict[str, Any]) -> str:
    line = f"{'ok' if row['ok'] else 'wrong':5}  {row['what']}  {row['path']}"
    return line if row["ok"] else f"{line}: {row['problem']}"
