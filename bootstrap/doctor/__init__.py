"""What may be wrong on this machine, and what helps: checks as data, over what was seen of it.

A new check is a function from a `Sight` to a `Finding` and a line in `CHECKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.doctor import installed, machine, ownership, polishing, serving
from bootstrap.doctor.finding import Check, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap.doctor.sight import Sight

__all__ = ["CHECKS", "Check", "Finding", "examine"]

CHECKS: tuple[Check, ...] = (
    Check("machine", machine.supported),
    Check("noexec", machine.starts_programs),
    Check("tmpdir", machine.temporary_directory),
    Check("binfmt", machine.other_starters),
    Check("memory", machine.memory),
    Check("mlock", machine.memory_lock),
    Check("disk", machine.disk),
    Check("clock", machine.clock),
    Check("gpu", machine.gpu),
    Check("receipt", installed.receipt),
    Check("finished", installed.finished),
    Check("version", installed.version),
    Check("settings", installed.settings),
    Check("changed", installed.changed),
    Check("files", installed.files),
    Check("quarantine", installed.quarantine, installed.lift_quarantine),
    Check("loader", installed.loader, installed.make_loader),
    Check("program", installed.program),
    Check("path", installed.path),
    Check("other", ownership.other),
    Check("private", ownership.private, ownership.close),
    Check("owner", ownership.owner),
    Check("git", polishing.git),
    Check("hooks", installed.hooks),
    Check("switch", polishing.switched_off),
    Check("autostart", serving.autostart),
    Check("server", serving.server, serving.restart),
    Check("port", serving.port),
    Check("speed", polishing.speed),
    Check("pause", serving.pause, serving.end_pause),
    Check("log", serving.log, serving.shorten),
    Check("network", serving.network),
    Check("api-key", serving.key),
)


def examine(sight: Sight) -> Iterator[tuple[Check, Finding]]:
    """Every check that has something to say here, in order, with what it has found."""
    for check in CHECKS:
        finding = check.run(sight)
        if finding:
            yield check, finding
