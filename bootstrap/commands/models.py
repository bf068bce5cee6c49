"""`bootstrap models`: what can be installed on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import catalogue, files, fit, host, paths
from bootstrap.commands import look

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Size, memory, fits or not, installed or not, licence."""
    where = paths.find()
    chosen, _ = look.wishes(arguments, where)
    entries = catalogue.load(Path(chosen.catalogue) if chosen.catalogue else None)
    machine = host.detect()
    rows: list[dict[str, Any]] = []
    for model in entries.models:
        installed = (where.models / model.file).is_file()
        rows.append(
            {
                "name": model.name,
                "size": model.about,
                "memory": model.memory(chosen.ctx_size),
                "fits": fit.fits(model, machine, chosen.ctx_size),
                "installed": installed,
                "licence": model.licence,
                "aliases": list(model.aliases),
                "note": model.note,
            }
        )
    lines = [f"{'model':14} {'download':>9} {'memory':>9}  {'fits':5} {'installed':10} licence"]
    for row in rows:
        download, memory = files.in_words(row["size"]), files.in_words(row["memory"])
        fitting, here = "yes" if row["fits"] else "no", "yes" if row["installed"] else "-"
        lines.append(f"{row['name']:14} {download:>9} {memory:>9}  {fitting:5} {here:10} {row['licence']}")
    console.result("\n".join(line.rstrip() for line in lines), {"models": rows})
    return 0
