"""`bootstrap models`: what can be installed on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import catalogue, files, fit, host, paths
from bootstrap.commands import look, own
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse

    from bootstrap.catalogue import Model
    from bootstrap.console import Console
    from bootstrap.host import Host


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Size, memory, fits or not, installed or not, licence."""
    where = paths.find()
    chosen, _ = look.wishes(arguments, where)
    entries = catalogue.load(Path(chosen.catalogue) if chosen.catalogue else None)
    mine = own.remembered(chosen, entries)
    models = [*entries.everything, *([own.measured(mine, where)] if mine else [])]
    machine = host.detect()
    rows = [_row(model, chosen.ctx_size, machine, where) for model in models]
    width = max(len(row["name"]) for row in rows)
    heading = (tr("model"), tr("download"), tr("memory"), tr("fits"), tr("installed"), tr("licence"))
    lines = [_columns(width, *heading)]
    for row in rows:
        download, memory = files.in_words(row["size"]), files.in_words(row["memory"])
        fitting = tr("yes") if row["fits"] else tr("no")
        here = tr("yes") if row["installed"] else "-"
        licence = tr("your own file") if row["source"] else row["licence"]
        lines.append(_columns(width, row["name"], download, memory, fitting, here, licence))
    console.result("\n".join(lines), {"models": rows})
    return 0


def _columns(width: int, *words: str) -> str:
    model, download, memory, fitting, here, licence = words
    return f"{model:{width}} {download:>9} {memory:>9}  {fitting:5} {here:10} {licence}".rstrip()


def _row(model: Model, ctx_size: int, machine: Host, where: paths.Paths) -> dict[str, Any]:
    """One model as data. packaged: with a llamafile around it; source: the user's own file or address."""
    place = where.llamafile(model.name) if model.engine else where.models / model.file
    return {
        "name": model.name,
        "size": model.about,
        "memory": model.memory(ctx_size),
        "fits": fit.fits(model, machine, ctx_size) and fit.starts(model, machine),
        "installed": place.is_file(),
        "licence": model.licence,
        "aliases": list(model.aliases),
        "note": model.note,
        "packaged": bool(model.engine),
        "source": model.source,
    }
