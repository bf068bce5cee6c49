"""Looks at everything that the checks are about. Only this module and `surroundings` touch the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import autostart, files, host, lock, paths, proof, server, settings, system, tail
from bootstrap import receipt as receipts
from bootstrap.actions import Download, KeepKey
from bootstrap.actions.repair import is_quarantined
from bootstrap.actions.secret import fingerprint
from bootstrap.autostart.service import registered
from bootstrap.doctor import surroundings
from bootstrap.doctor.sight import Placed, Sight
from bootstrap.errors import BootstrapError, CommandError
from bootstrap.hook import health
from bootstrap.host import binfmt, gpu, ports
from bootstrap.polish import pause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bootstrap.autostart.service import Control
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt
    from bootstrap.settings import Settings

_DRIFT = 10  # ports above its own that llamafile 0.9.3 tries by itself


def look(where: Paths) -> Sight:
    """At this machine and this user's installation. It starts nothing and changes nothing."""
    machine = host.detect()
    facts: dict[str, Any] = _around(where, machine.os) | surroundings.of_everybody()
    chosen = settings.Settings()
    try:
        chosen = settings.read(where.config_file)
    except BootstrapError as error:
        facts["settings_error"] = error
    try:
        present = receipts.load(where.receipt_file)
    except BootstrapError as error:
        facts["receipt_error"] = error
        present = receipts.Receipt(where.receipt_file)
    if "backend" in present.about:
        facts |= _installed(where, present) | _server(where, present, chosen)
        facts |= surroundings.of_installation(where, present.about, facts.get("key_file", ""))
        if machine.os == "macos":
            facts["quarantined"] = tuple(_quarantined(present))
    return Sight(machine, where, settings=chosen, **facts)


def _around(where: Paths, system_name: str) -> dict[str, Any]:
    """What does not depend on what is installed."""
    temporary = os.environ.get("TMPDIR", "")
    return {
        "programs_start": paths.starts_programs(where.programs),
        "temporary": "" if not temporary or paths.starts_programs(Path(temporary)) else temporary,
        "takers": binfmt.takers() if system_name == "linux" else (),
        "gpu": bool(gpu.devices()) if system_name == "linux" else None,
        "gpu_compiler": gpu.nvcc(os.environ, system.find),
        "disk_free": host.free_disk(where.data),
        "search": tuple(os.environ.get("PATH", "").split(os.pathsep)),
        "has_settings": where.config_file.exists(),
        "paused": pause.is_on(where.pause_file),
        "foreground": lock.is_kept(where.loader),
    }


def _installed(where: Paths, present: Receipt) -> dict[str, Any]:
    """What became of the files."""
    return {
        "about": present.about,
        "unfinished": tuple(
            entry.action.describe() for entry in present.entries if entry.status == "started"
        ),
        "placed": tuple(_placed(present)),
        "loader_writable": os.access(where.loader, os.W_OK | os.X_OK) if where.loader.is_dir() else None,
        "program_starts": _starts(present.about["program"]),
        "health": tuple(
            health.check(group, [entry for entry in present.entries if entry.group == group])
            for group in present.groups()
            if group.startswith("hook ")
        ),
    }


def _starts(program: str) -> bool:
    """Windows has a script for its users and another one for git's sh."""
    if not os.access(program, os.X_OK):
        return False
    return os.name == "nt" or system.run([program, "--version"]).status == 0


def _placed(present: Receipt) -> Iterable[Placed]:
    for entry in present.entries:
        if isinstance(entry.action, Download):
            path, memory = entry.action.path, entry.memory
            try:
                stat = path.stat()
            except OSError:
                yield Placed(entry.action.what, path, memory.get("size"), None)
                continue
            touched = memory.get("mtime_ns") not in {None, stat.st_mtime_ns}
            readable = os.access(path, os.R_OK)
            yield Placed(entry.action.what, path, memory.get("size"), stat.st_size, touched, readable)


def _quarantined(present: Receipt) -> Iterable[Path]:
    for entry in present.entries:
        action = entry.action
        if isinstance(action, Download) and action.executable and is_quarantined(action.path):
            yield action.path


def _server(where: Paths, present: Receipt, chosen: Settings) -> dict[str, Any]:
    """How the server is, at the address that it was registered with."""
    about = present.about
    key_file = about.get("key_file") or ""
    names = tuple(server.answers_as(about["api_base"], key_file))
    access: dict[str, Any] = {
        "key_file": key_file,
        "key": _bytes(Path(key_file)) if key_file else None,
        "names": names,
    }
    kept = present.find(f"key {key_file}")
    if access["key"] and kept and isinstance(kept.action, KeepKey):
        access["key_changed"] = fingerprint(access["key"]) != kept.action.fingerprint
    if about["backend"] not in autostart.BACKENDS:  # somebody else looks after it
        return access
    control = autostart.BACKENDS[about["backend"]].control(registered(about, where))
    found = access | {
        "control": control,
        "proof": proof.of(present, control, where),
        "running": _says_yes(control.alive),
        "enabled": bool(control.enabled) and _says_yes(control.enabled),
        "log": log_of(control),
    }
    if found["log"]:
        found["log_size"] = _size(found["log"])
    return found if about["alias"] in names else found | _silence(control, about, chosen)


def _silence(control: Control, about: dict[str, Any], chosen: Settings) -> dict[str, Any]:
    """Why our model may not answer at its address."""
    base, _, port = about["api_base"].removesuffix("/v1").rpartition(":")
    number = int(port)
    near = range(number + 1, min(number + _DRIFT, server.HIGHEST_PORT) + 1)
    holder = ports.holder(number)
    pid = _said(control.pid).strip()
    foreign = holder and str(holder.pid) != pid
    return {
        "said": said_by(control),
        "drifted": next(
            (
                p
                for p in near
                if about["alias"] in server.answers_as(f"{base}:{p}/v1", about.get("key_file") or "")
            ),
            0,
        ),
        "holder": str(holder) if foreign else "",
        "other_port": server.free_port_near(chosen.host, number) if foreign else 0,
    }


def said_by(control: Control) -> str:
    """The end of what the server says; "" where nobody tells."""
    return tail.last(Path(control.log)) if control.log else _said(control.logs)


def log_of(control: Control) -> Path | None:
    """The file with what the server says, where it is one."""
    if control.log:
        return Path(control.log)
    return Path(control.logs[-1]) if control.logs[:1] == ("tail",) else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _says_yes(argv: tuple[str, ...]) -> bool:
    try:
        return system.run(argv, timeout=10).status == 0
    except CommandError:  # it hangs
        return False


def _said(argv: tuple[str, ...]) -> str:
    try:
        return system.run(argv, timeout=10).stdout
    except CommandError:
        return ""


def _bytes(path: Path) -> bytes | None:
    try:
        return files.read(path)
    except BootstrapError:
        return None
