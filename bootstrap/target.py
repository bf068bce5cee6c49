"""What is to be here when a plan is done: one engine, one model, one service, one program of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bootstrap import __version__, autostart, fit, server
from bootstrap.access import decide
from bootstrap.actions import Link
from bootstrap.autostart import service
from bootstrap.container import choose as choose_container
from bootstrap.errors import UsageError
from bootstrap.messages import tr
from bootstrap.server import Launch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bootstrap.access import Access
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service
    from bootstrap.catalogue import Llamafile, Model
    from bootstrap.container import Container
    from bootstrap.server import Dialect
    from bootstrap.settings import Settings
    from bootstrap.situation import Situation


@dataclass(frozen=True)
class Target:
    """It, as the wishes and the machine have decided it. engine: None where a container serves the model."""

    engine: Llamafile | None
    engine_path: Path
    container: Container | None
    model: Model
    model_path: Path
    settings: Settings
    backend: str
    service: Service
    program: Path  # of this version
    links: dict[Path, Path]  # place → where it leads
    alias: str  # the name that the server gives its model
    access: Access
    notes: list[str]


def choose_target(seen: Situation) -> Target:
    """From wishes to one engine, one model, one service."""
    wishes = seen.settings
    model, notes = fit.choose_model(seen.catalogue, seen.host, wishes, force=seen.force_fit)
    container = _container(seen, model)
    engine = None if container else model.engine or seen.catalogue.llamafile(wishes.llamafile)
    engine_path = seen.paths.llamafile(model.name if model.engine else engine.version if engine else "none")
    model_path = engine_path if model.engine else seen.paths.models / model.file
    dialect = _dialect(model, engine, wishes)
    access = decide(wishes, seen.paths, dialect, seen.key)
    place = own_program(seen)
    links = links_to(seen, place, *([engine_path] if engine else []))
    settings = replace(
        wishes,
        model=model.name,
        catalogue=str(seen.paths.catalogue_file) if seen.supply.catalogue else wishes.catalogue,
        llamafile_path=str(_called(links, engine_path)) if engine else None,
        model_path=str(model_path),
        api_base=server.api_base(wishes),
        api_key_file=str(access.path) if access.path else None,
    )
    if container:
        launch = container.launch(wishes, model_path, access.path, in_unit=_in_unit(seen))
    else:
        launch = _llamafile(seen, dialect, engine_path, None if model.engine else model_path, access)
    argv = server.command_line(launch, model, settings, seen.host)
    sources = (engine.sha256 if engine else "", model.sha256, access.stamp)
    described = _service(seen, settings, argv, sources, container)
    return Target(
        engine=engine,
        engine_path=engine_path,
        container=container,
        model=model,
        model_path=model_path,
        settings=settings,
        backend=autostart.choose(seen.host, described, seen.receipt.about.get("backend", "")),
        service=described,
        program=place,
        links=links,
        alias=server.alias(model, settings, dialect),
        access=access,
        notes=[*notes, *access.notes, *_untried(dialect)],
    )


def _container(seen: Situation, model: Model) -> Container | None:
    """The one that serves the model, if one is wished for. Raises UsageError, HostError."""
    if seen.settings.engine == "llamafile":
        return None
    container = choose_container(seen.settings, seen.host, seen.container_program, seen.container_asks)
    if model.engine:
        raise UsageError(
            "{name} is a llamafile, which needs no {kind}",
            "choose another model, or: bootstrap --engine llamafile",
            name=model.name,
            kind=container.kind,
        )
    return container


def _dialect(model: Model, engine: Llamafile | None, wishes: Settings) -> Dialect:
    """How the server is told what to do. Raises UsageError, HostError."""
    if not engine:
        return server.CONTAINER
    if model.engine and wishes.embeddings:
        raise UsageError(
            "{name} has its model inside, and its second server would not tell which",
            "choose a model without a llamafile around it: bootstrap models",
            name=model.name,
        )
    return server.of_llamafile(engine.version, embeddings=wishes.embeddings)


def _llamafile(
    seen: Situation, dialect: Dialect, path: Path, model_path: Path | None, access: Access
) -> Launch:
    """The file is an APE: only a shell starts it everywhere (a direct execve gives ENOEXEC); on Windows it is
    an .exe and is started as it is. A model with the llamafile around it is named by nothing."""
    start = (str(path),) if path.suffix == ".exe" else ("/bin/sh", str(path))
    key_file = str(access.path) if access.path else ""
    return Launch(start, dialect, str(model_path or ""), seen.settings.host, key_file)


def _service(
    seen: Situation,
    settings: Settings,
    argv: tuple[str, ...],
    sources: tuple[str, ...],
    container: Container | None,
) -> Service:
    """What is to be started, known by everything that makes a running one out of date."""
    keeper = seen.program.windowless if seen.host.os == "windows" else ()  # it goes on running, too
    asked = (word for pair in (container.asks if container else ()) for word in pair)
    generation = service.generation_of(*argv, *sources, *keeper, *asked)
    described = service.describe(argv, seen.paths, generation, at_login=settings.autostart, now=seen.start)
    if container:
        described = replace(
            described,
            environment=container.surroundings,
            mark=container.image,
            tidy=container.tidy,
            ended_by_others=container.kind == "docker",  # seen with 20.10: by its daemon, when that ends
            confined=False,
        )
    return replace(
        described,
        linger=settings.linger,
        config_home=_config_home(seen),
        launcher=seen.program.windowless,
        account=seen.host.user,
    )


def _in_unit(seen: Situation) -> bool:
    """Whether systemd starts it and nothing stands between them: lingering brings the manager."""
    host, wishes = seen.host, seen.settings
    return host.user_manager or (host.login_manager and wishes.linger and wishes.autostart)


def _untried(dialect: Dialect) -> list[str]:
    if dialect.tried:
        return []
    return [
        tr(
            "Of {name} this project has read the options only: it was never tried with the real one",
            name=dialect.name,
        )
    ]


def _called(links: dict[Path, Path], path: Path) -> Path:
    """What a person calls to start that."""
    return next((link for link, end in links.items() if end == path), path)


def own_program(seen: Situation) -> Path:
    """What hooks call. Windows knows no links for everybody, so there it is always in the same place."""
    place = seen.paths.program(__version__, seen.program.build)
    if seen.host.os == "windows":
        return seen.paths.bin / place.name
    return place


def links_to(seen: Situation, *targets: Path) -> dict[Path, Path]:
    """What a person calls, by where it leads."""
    if seen.host.os == "windows":
        return {}
    links = {seen.paths.bin / path.name: path for path in targets}
    return {place: path for place, path in links.items() if place not in seen.foreign}


def linked(links: Mapping[Path, Path], end: Path) -> list[Action]:
    """What a person calls to start this, where nothing else has that name."""
    return [Link(place, end) for place, leads_to in links.items() if leads_to == end]


def _config_home(seen: Situation) -> Path:
    """Where service managers look: an XDG_CONFIG_HOME that is set in a shell only is not known to them."""
    ours = seen.paths.config.parent
    if seen.host.systemd and f"{ours}/systemd/user" not in seen.host.unit_path:
        return seen.paths.home / ".config"
    return ours
