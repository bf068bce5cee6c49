"""Checks of the machine: whether it can start a llamafile, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import files, fit
from bootstrap.doctor.finding import Finding, error, ok, warning
from bootstrap.errors import HostError
from bootstrap.host import NAMES
from bootstrap.messages import all_of, tr

if TYPE_CHECKING:
    from bootstrap.doctor.sight import Sight

_LONG_AGO = 1735689600  # 2025 began: this program is younger
_TOLERANCE = 86400  # seconds


def supported(sight: Sight) -> Finding:
    """Whether llamafile is known to run here."""
    host = sight.host
    engine = sight.about.get("engine", "llamafile")
    try:
        host.usable(engine)
    except HostError as obstacle:
        return error(obstacle.message, obstacle.hint)
    can = tr("can run llamafile") if engine == "llamafile" else tr("needs to run no llamafile")
    return ok(
        tr(
            "{os} {os_version} on {arch} {can}",
            os=NAMES.get(host.os, host.os),
            os_version=host.os_version,
            arch=host.arch,
            can=can,
        )
    )


def starts_programs(sight: Sight) -> Finding | None:
    """A disk mounted `noexec` starts neither llamafile nor its loader."""
    if sight.host.os != "linux":
        return None  # no other system tells
    where = sight.paths.programs
    if not sight.programs_start:
        return error(
            tr("{where} is on a disk that starts no programs (noexec)", where=where),
            tr("have XDG_DATA_HOME name a directory on another disk, then: bootstrap"),
        )
    return ok(tr("{where} is on a disk that starts programs", where=where))


def temporary_directory(sight: Sight) -> Finding | None:
    """The service has a TMPDIR of its own; who starts llamafile by hand has not."""
    if not sight.temporary:
        return None
    return warning(
        tr(
            "TMPDIR is {temporary}, which starts no programs (noexec): the server does not use it, "
            "but llamafile does when it is started by hand",
            temporary=sight.temporary,
        ),
        tr(
            "by hand, start it so: TMPDIR={loader} sh {bin}",
            loader=sight.paths.loader,
            bin=sight.paths.bin / "llamafile",
        ),
    )


def other_starters(sight: Sight) -> Finding | None:
    """Registered for files that begin with MZ, as llamafiles do. A start by /bin/sh is not concerned."""
    if not sight.takers:
        return None
    return warning(
        tr(
            "{takers} would start a llamafile as a program of Windows; "
            "the server is started in another way and is not concerned",
            takers=all_of(sight.takers),
        ),
        tr("by hand, start it so: sh {bin}", bin=sight.paths.bin / "llamafile"),
    )


def memory(sight: Sight) -> Finding | None:
    """The model's file is about what it takes, and a little more."""
    host, size = sight.host, int(sight.about.get("model", {}).get("size") or 0)
    if not size or not host.memory:
        return None
    needs = tr("{name} has {size}", name=sight.about["model"]["name"], size=files.in_words(size))
    if size > host.memory * fit.SHARE:
        return warning(
            tr(
                "{needs}, and this machine has {memory} of memory",
                needs=needs,
                memory=files.in_words(host.memory),
            ),
            tr("choose a smaller model: bootstrap models"),
        )
    return ok(tr("{needs}, of {memory} of memory", needs=needs, memory=files.in_words(host.memory)))


def memory_lock(sight: Sight) -> Finding | None:
    """--mlock with a smaller limit: llamafile says so in its log, and goes on without."""
    size = int(sight.about.get("model", {}).get("size") or 0)
    if "--mlock" not in sight.argv or sight.memory_lock is None or size <= sight.memory_lock:
        return None
    return warning(
        tr(
            "--mlock is to keep {size} in memory, and a program may keep {limit}",
            size=files.in_words(size),
            limit=files.in_words(sight.memory_lock),
        ),
        tr("raise the limit memlock of your account, or leave it out: bootstrap --no-mlock"),
    )


def clock(sight: Sight) -> Finding | None:
    """With a wrong one no certificate is right, and no download begins."""
    if sight.now < _LONG_AGO or sight.now < sight.saved - _TOLERANCE:
        return warning(
            tr("the clock of this machine is behind, so downloads may be refused"),
            tr("set the clock, or have it set over the network"),
        )
    return None


def disk(sight: Sight) -> Finding:
    """A server and a hook write little, but they do."""
    free = tr(
        "{disk_free} free below {data}", disk_free=files.in_words(sight.disk_free), data=sight.paths.data
    )
    return (
        ok(free)
        if sight.disk_free >= fit.SPARE
        else warning(tr("only {free}", free=free), tr("free some space"))
    )


def gpu(sight: Sight) -> Finding | None:
    """What is asked of a GPU, and what is there: llamafile falls back to the processor in silence."""
    layers = sight.option("-ngl")
    if layers not in {"", "0"}:
        if sight.gpu is False:
            return warning(
                tr(
                    "{layers} layers are to be on a GPU, and none was found: the processor does it all",
                    layers=layers,
                ),
                tr("leave it out: bootstrap --gpu-layers off"),
            )
        if sight.gpu_compiler and "--nocompile" not in sight.argv:
            return warning(
                tr(
                    "each start may compile for the GPU with {gpu_compiler}, which takes a while",
                    gpu_compiler=sight.gpu_compiler,
                ),
                tr("if it never gets ready, leave the GPU out: bootstrap --gpu-layers off"),
            )
        return ok(tr("{layers} layers on the GPU, as you chose", layers=layers))
    left_out = {"--nocompile", "disable"} & set(sight.argv) or sight.about.get("image")
    if sight.gpu_compiler and sight.argv and not left_out and sight.host.os != "macos":
        return warning(
            tr(
                "no GPU is wanted, and a start may compile for it with {gpu_compiler} all the same",
                gpu_compiler=sight.gpu_compiler,
            ),
            tr("have it left out: bootstrap"),
        )
    return None
