"""What has to be done, decided before anything is: settings + host + catalogue + receipt → actions.

Everything here is pure: what was seen comes in as a `Situation`, what to do goes out as a `Plan`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bootstrap import __version__, autostart, fit, server, settings
from bootstrap.actions import Action, CreateDirectory, Download, Link, ProveServer, WriteFile
from bootstrap.autostart.service import Service, describe, generation_of
from bootstrap.errors import BootstrapError, ServerError
from bootstrap.hook import install as hook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bootstrap.catalogue import Artifact, Catalogue, Llamafile, Model
    from bootstrap.hook.repository import Repository
    from bootstrap.host import Host
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt
    from bootstrap.settings import Settings


@dataclass(frozen=True)
class Situation:
    """What the user wants and what this machine looks like, as far as the plan depends on it."""

    settings: Settings
    host: Host
    catalogue: Catalogue
    paths: Paths
    receipt: Receipt
    program: tuple[str, ...]  # what starts bootstrap itself
    config_text: str = ""
    port_is_free: bool = True
    serving: tuple[str, ...] = ()  # names of the models at the address that the server is to have
    serves: bool = False  # our own service runs
    disk_free: int = 1 << 62
    present: Mapping[Path, int] = field(default_factory=dict)  # bytes that need no download any more
    foreign: frozenset[Path] = frozenset()  # places for our links where something else is
    repositories: tuple[Repository, ...] = ()
    force_fit: bool = False
    start: bool = True


@dataclass(frozen=True)
class Planned:
    """An action and the group of the receipt that it belongs to."""

    action: Action
    group: str


@dataclass(frozen=True)
class Plan:
    """What to do, in order. covers: groups whose entries are undone afterwards when they are no
    longer in the plan; first_undo: groups that have to go before. Sizes are bytes."""

    actions: tuple[Planned, ...]
    covers: frozenset[str]
    about: dict[str, Any]
    aliases: tuple[str, ...] = ()
    first_undo: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    settings: Settings | None = None
    model: Model | None = None
    download_bytes: int = 0
    disk_needed: int = 0
    disk_free: int = 0


def install(seen: Situation) -> Plan:
    """Download, verify, configure, register, start, prove, hook: whatever of it is not so yet.

    Raises HostError where it cannot work or does not fit, ServerError where the port is taken,
    CatalogueError for unknown names, HookError.
    """
    seen.host.usable()
    engine = seen.catalogue.llamafile(seen.settings.llamafile)
    model, notes = fit.choose_model(seen.catalogue, seen.host, seen.settings, force=seen.force_fit)
    engine_path, model_path = seen.paths.llamafile(engine.version), seen.paths.models / model.file
    linked = seen.paths.bin / engine_path.name
    chosen = replace(
        seen.settings,
        model=model.name,
        llamafile_path=str(engine_path if linked in seen.foreign else linked),
        model_path=str(model_path),
        api_base=server.api_base(seen.settings),
    )
    service = _service(seen, engine, model, chosen)
    _port(seen, service)
    downloads, needed = _downloads(
        seen,
        ((f"llamafile {engine.version}", engine, engine_path), (model.name, model, model_path)),
    )
    backend = autostart.choose(seen.host)
    program, program_actions = _program(seen)
    actions = [
        *_group("install", _directories(seen, engine_path)),
        *_group("install", downloads),
        *_group("install", [*program_actions, *_links(seen, {linked: engine_path})]),
        *_group(
            "install",
            [WriteFile(seen.paths.config_file, settings.render(seen.config_text, chosen), 0o600)],
        ),
        *_group("service", autostart.BACKENDS[backend].actions(service)),
        *_group("install", _proof(seen, service, chosen, model, backend)),
    ]
    hooks = hook_actions(seen, program)
    earlier = seen.receipt.about.get("backend", backend)
    return Plan(
        actions=(*actions, *hooks),
        covers=frozenset({"install", "service", *(planned.group for planned in hooks)}),
        about=_about(engine, model, chosen, backend, service) | {"program": str(program)},
        aliases=(server.alias(model, chosen),),
        first_undo=frozenset({"service"}) if earlier != backend else frozenset(),
        notes=(*notes, autostart.BACKENDS[backend].promise(service)),
        settings=chosen,
        model=model,
        download_bytes=needed,
        disk_needed=needed + fit.SPARE,
        disk_free=seen.disk_free,
    )


def _group(name: str, actions: list[Action] | tuple[Action, ...]) -> list[Planned]:
    return [Planned(action, name) for action in actions]


def _directories(seen: Situation, engine_path: Path) -> list[Action]:
    """Outer ones first and each by itself: what they were before us must outlive any one version."""
    paths = seen.paths
    ours = (paths.data, paths.models, engine_path.parent.parent, engine_path.parent, paths.bin)
    return [
        CreateDirectory(paths.config, mode=0o700),
        *(CreateDirectory(path) for path in ours),
        CreateDirectory(paths.loader, litter=(".ape-*",), mode=0o700),
    ]


def _downloads(seen: Situation, wanted: tuple[tuple[str, Artifact, Path], ...]) -> tuple[list[Action], int]:
    """The downloads, and the bytes still to come. Raises HostError where they do not fit on the disk."""
    needed = sum(max(0, artifact.about - seen.present.get(path, 0)) for _, artifact, path in wanted)
    fit.room(needed, seen.disk_free, seen.paths.data)
    return [
        Download(
            what=what,
            urls=(
                *(f"{mirror.rstrip('/')}/{artifact.file}" for mirror in seen.settings.mirror),
                *artifact.urls,
            ),
            path=path,
            sha256=artifact.sha256,
            size=artifact.size,
            about=artifact.about,
            executable=path.name.startswith("llamafile"),
        )
        for what, artifact, path in wanted
    ], needed


def _program(seen: Situation) -> tuple[Path, list[Action]]:
    """What hooks call, and what puts it there. -P: never import from the directory it is called in."""
    import shlex

    path = seen.paths.program(__version__)
    first, *rest = seen.program
    command = shlex.join([first, "-P", *rest] if rest else [first])
    actions: list[Action] = [
        CreateDirectory(path.parent.parent),
        CreateDirectory(path.parent),
        WriteFile(path, f'#!/bin/sh\n# written by bootstrap {__version__}\nexec {command} "$@"\n', 0o755),
    ]
    link = seen.paths.bin / path.name
    stable = path if link in seen.foreign else link
    return stable, [*actions, *_links(seen, {link: path})]


def _links(seen: Situation, wanted: dict[Path, Path]) -> list[Action]:
    return [Link(path, target) for path, target in wanted.items() if path not in seen.foreign]


def _service(seen: Situation, engine: Llamafile, model: Model, chosen: Settings) -> Service:
    engine_path, model_path = seen.paths.llamafile(engine.version), seen.paths.models / model.file
    argv = server.command_line(engine.version, engine_path, model, model_path, chosen)
    generation = generation_of(*argv, engine.sha256, model.sha256)
    return describe(argv, seen.paths, generation, at_login=chosen.autostart, now=seen.start)


def _port(seen: Situation, service: Service) -> None:
    """Raise ServerError when somebody else has the port: llamafile would silently take another one."""
    if seen.port_is_free or not service.now:
        return
    ours = {*seen.receipt.about.get("aliases", ())}
    if ours.isdisjoint(seen.serving) and not (seen.serves and not seen.serving):
        who = f" (it serves {seen.serving[0]})" if seen.serving else ""
        raise ServerError(
            f"port {seen.settings.port} is taken by another program{who}",
            f"choose another one: --port {seen.settings.port + 1 if seen.settings.port < 65535 else 8080}",
        )


def _proof(seen: Situation, service: Service, chosen: Settings, model: Model, backend: str) -> list[Action]:
    if not service.now:
        return []
    import shlex

    control = autostart.BACKENDS[backend].control(service)
    return [
        ProveServer(
            api_base=server.api_base(chosen),
            alias=server.alias(model, chosen),
            speed_file=seen.paths.speed_file,
            generation=service.generation,
            alive=control.alive,
            log=shlex.join(control.logs),
        )
    ]


def hook_actions(seen: Situation, program: Path) -> list[Planned]:
    """The hook in every repository that has it or is to have it."""
    known = {entry.key for entry in seen.receipt.entries}
    return [
        Planned(action, repository.group)
        for repository in seen.repositories
        for action in hook.actions(repository, program, seen.settings.stage, known)
    ]


def hooks_only(seen: Situation) -> Plan:
    """The hook in these repositories, on a machine where everything else is installed.

    Raises BootstrapError where nothing is installed yet.
    """
    program = seen.receipt.about.get("program")
    if not program:
        raise BootstrapError("nothing is installed yet", "run: bootstrap")
    from pathlib import Path

    hooks = hook_actions(seen, Path(program))
    covers = frozenset(planned.group for planned in hooks)
    about = {name: value for name, value in seen.receipt.about.items() if name != "aliases"}
    return Plan(tuple(hooks), covers, about, tuple(seen.receipt.about["aliases"]))


def _about(
    engine: Llamafile, model: Model, chosen: Settings, backend: str, service: Service
) -> dict[str, Any]:
    return {
        "version": __version__,
        "llamafile": {
            "version": engine.version,
            "path": chosen.llamafile_path,
            "sha256": engine.sha256,
        },
        "model": {
            "name": model.name,
            "path": chosen.model_path,
            "sha256": model.sha256,
            "size": model.size or model.about,
        },
        "api_base": chosen.api_base,
        "alias": server.alias(model, chosen),
        "backend": backend,
        "argv": list(service.argv),
        "at_login": service.at_login,
    }
