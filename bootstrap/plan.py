"""What has to be done, decided before anything is: settings + host + catalogue + receipt → actions.

Everything here is pure: what was seen comes in as a `Situation`, what to do goes out as a `Plan`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from bootstrap import __version__, autostart, changes, container, fit, hooking, lock, program, server, supply
from bootstrap.actions import (
    Action,
    AwaitPort,
    CreateDirectory,
    Download,
    ProveServer,
    Sweep,
    Unquarantine,
    WriteFile,
)
from bootstrap.host import ports
from bootstrap.messages import tr
from bootstrap.settings import writing
from bootstrap.situation import Plan, Situation, group, once
from bootstrap.target import choose_target, linked

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.autostart.service import Service
    from bootstrap.target import Target


def install(seen: Situation) -> Plan:
    """Download, verify, configure, register, start, prove, hook: whatever of it is not so yet.

    Raises HostError where it cannot work or does not fit, ServerError where the port is taken,
    CatalogueError for unknown names.
    """
    seen.host.usable(seen.settings.engine)
    target = choose_target(seen)
    _port(seen, target.service)
    items = _items(target)
    supply.complete(items, seen.present, seen.supply)
    downloads = supply.downloads(items, seen.settings, seen.supply)
    amounts = supply.amounts(downloads, seen.present, seen.supply)
    disk = amounts.disk + seen.program.size
    fit.room(disk, seen.disk_free, seen.paths.data)
    text = writing.render(seen.config_text, target.settings)
    config = WriteFile(seen.paths.config_file, text, 0o600, merged=True)
    backend = autostart.BACKENDS[target.backend]
    # hooks call the link, where there is one: it stays in its place when the program is upgraded
    caller = next((link for link, end in target.links.items() if end == target.program), target.program)
    hooks = hooking.actions(seen, caller)
    actions = [
        *group("install", _directories(seen, target)),
        # before what takes long, and so undone after it: whoever is interrupted can call it again
        *group("install", program.actions(target.program, seen.program, windows=seen.host.os == "windows")),
        *group("install", linked(target.links, target.program)),
        # a daemon may be down, or not for this user: known before the model has come
        *group("install", target.container.bring() if target.container else []),
        *group("install", downloads),
        *group("install", _engine(seen, target)),
        *group("install", _kept_catalogue(seen)),
        *group("install", target.access.actions),
        *group("install", [config]),
        *group("service", _successor(target)),
        *group("service", backend.actions(target.service)),
        *group("install", _proof(seen, target)),
        *hooks,
    ]
    about = _about(target, caller)
    return Plan(
        actions=once(actions),
        # without a start nothing new has proved itself, so the old one stays
        covers=frozenset({"install", "service"} if seen.start else ()) | hooking.groups(seen, hooks),
        first_undo=_first_undo(seen, target),
        about=about,
        aliases=(target.alias,),
        whole=True,
        changes=changes.between(seen, about, target.settings),
        notes=(*seen.notes, *target.notes, *_remarks(seen, target)),
        promise=backend.promise(target.service),
        model=target.model,
        download_bytes=amounts.network,
        reused_bytes=amounts.local,
        disk_needed=disk + fit.SPARE,
        disk_free=seen.disk_free,
    )


def downloads(seen: Situation) -> list[tuple[supply.Item, Download]]:
    """What `install` would bring, also what is in its place already. Raises HostError, CatalogueError."""
    items = _items(choose_target(seen))
    return list(zip(items, supply.downloads(items, seen.settings, seen.supply), strict=True))


def _directories(seen: Situation, target: Target) -> list[Action]:
    """Outer ones first and each by itself: what they were before us must outlive any one version."""
    paths, engine = seen.paths, target.engine_path.parent
    engines = (engine.parent, engine) if target.engine else ()
    return [
        CreateDirectory(paths.config, mode=0o700),
        *(CreateDirectory(path) for path in (paths.data, paths.models, *engines, paths.bin)),
        CreateDirectory(paths.loader, mode=0o700),
        Sweep(paths.loader, (".ape-*", ".llamafile", lock.KEPT)),
    ]


def _items(target: Target) -> list[supply.Item]:
    """The engine and the model, which may be one file; what the user brought is checked before it is used."""
    engine, model = target.engine, target.model
    if model.engine:
        return [supply.Item(model.name, model, target.engine_path, executable=True)]
    version = engine.version if engine and model.source else ""
    items = [supply.Item(model.name, model, target.model_path, own_for=version)]
    if engine:
        items.insert(
            0, supply.Item(f"llamafile {engine.version}", engine, target.engine_path, executable=True)
        )
    return items


def _engine(seen: Situation, target: Target) -> list[Action]:
    """What makes a llamafile ready to be started."""
    if target.container:
        return []
    unmarked: list[Action] = [Unquarantine(target.engine_path)] if seen.host.os == "macos" else []
    return [*unmarked, *linked(target.links, target.engine_path)]


def _kept_catalogue(seen: Situation) -> list[Action]:
    """The catalogue that the files came with, where later runs would not know them without it."""
    text = seen.supply.catalogue
    return [WriteFile(seen.paths.catalogue_file, text)] if text else []


def _port(seen: Situation, wanted: Service) -> None:
    """Raise ServerError when somebody else has the port: llamafile would silently take another one."""
    if not wanted.now:
        return
    if seen.foreground:
        raise server.in_the_foreground()
    if seen.out_of_reach:
        about = seen.receipt.about
        raise server.out_of_reach(
            about["backend"], about["alias"], about["api_base"], shlex.join(container.left(about))
        )
    if not seen.port_is_free and not seen.is_ours:
        raise server.taken(seen.settings.port, seen.holder, seen.serving, seen.other_port)


def _successor(target: Target) -> list[Action]:
    """It needs the port as no server before it had it."""
    if not target.service.now:
        return []
    settings = target.settings
    option = ports.REUSING if target.container else ports.SHARING
    return [AwaitPort(settings.host, settings.port, option)]


def _proof(seen: Situation, target: Target) -> list[Action]:
    """The completion that shows that it works; none where the server is not to be started."""
    if not target.service.now:
        return []
    control = autostart.BACKENDS[target.backend].control(target.service)
    return [
        ProveServer(
            api_base=server.api_base(target.settings),
            alias=target.alias,
            model=target.model.name,
            key_file=target.settings.api_key_file or "",
            speed_file=seen.paths.speed_file,
            generation=target.service.generation,
            alive=control.alive,
            log=shlex.join(control.logs),
            log_file=control.log,
            model_bytes=target.model.about,
        )
    ]


def _remarks(seen: Situation, target: Target) -> list[str]:
    """What is different on this machine from what a person may expect."""
    host, wanted = seen.host, target.service
    notes = []
    if host.emulated:
        notes.append(tr("This bootstrap is for AMD64 and emulated here: take the one for ARM64"))
    if host.elevated:
        notes.append(
            tr("Running as administrator is not needed: everything is installed for this account only")
        )
    if host.os == "windows" and not seen.receipt.about:
        notes.append(tr("To call bootstrap by its name, add {bin} to your PATH", bin=seen.paths.bin))
    if wanted.linger and target.backend != "systemd":
        notes.append(tr("--linger is for systemd: here autostart is {backend}", backend=target.backend))
    if (place := seen.paths.bin / target.program.name) in seen.foreign:
        notes.append(
            tr(
                "{place} is not ours and stays as it is; what was installed is {program}",
                place=place,
                program=target.program,
            )
        )
    if not wanted.at_login:
        return notes
    if target.backend == "systemd" and host.ssh and not (wanted.linger or host.linger):
        notes.append(tr("The server ends when you have logged out everywhere; with --linger it goes on"))
    if host.wsl:
        notes.append(tr("WSL ends what runs in it soon after its last window has closed"))
    if target.backend == "none" and host.container:
        notes.append(tr("In a container, have it started with: bootstrap run"))
    return notes


def _first_undo(seen: Situation, target: Target) -> frozenset[str]:
    """Never two service managers at once, nor one that looks into two places: the earlier service goes
    before the new one comes. Nor two kinds of server: only its own service removes a container."""
    about = seen.receipt.about
    now = {
        "backend": target.backend,
        "config_home": str(target.service.config_home),
        "engine": target.settings.engine,
    }
    moved = any(about.get(name, value) != value for name, value in now.items())
    return frozenset({"service"}) if moved else frozenset()


def _about(target: Target, caller: Path) -> dict[str, Any]:
    """What the receipt tells other commands."""
    model, engine, settings = target.model, target.engine, target.settings
    return {
        "version": __version__,
        "program": str(caller),
        "engine": settings.engine,
        "image": target.container.image if target.container else None,
        "llamafile": {"version": engine.version, "path": settings.llamafile_path, "sha256": engine.sha256}
        if engine
        else None,
        "model": {
            "name": model.name,
            "path": settings.model_path,
            "sha256": model.sha256,
            "size": model.size or model.about,
        },
        "api_base": settings.api_base,
        "key_file": settings.api_key_file,
        "alias": target.alias,
        "backend": target.backend,
        "argv": list(target.service.argv),
        "environment": [list(pair) for pair in target.service.environment],
        "at_login": target.service.at_login,
        "generation": target.service.generation,  # of what has proved itself, if the proof's is the same
        "config_home": str(target.service.config_home),
        "launcher": list(target.service.launcher),
    }
