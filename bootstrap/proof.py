"""The proof of the server that is installed, for whoever waits for it or repeats it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import PROOF, ProveServer

if TYPE_CHECKING:
    from bootstrap.autostart.service import Control
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt


def of(receipt: Receipt, control: Control, paths: Paths) -> ProveServer:
    """The last one, or the first one of a server that was never started until now."""
    about, entry = receipt.about, receipt.find(PROOF)
    if entry and isinstance(entry.action, ProveServer):
        return entry.action
    return ProveServer(
        api_base=about["api_base"],
        alias=about["alias"],
        model=about["model"]["name"],
        speed_file=paths.speed_file,
        generation="",
        alive=control.alive,
        log=shlex.join(control.logs),
        log_file=control.log,
        key_file=about.get("key_file") or "",
    )
