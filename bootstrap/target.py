"""What is to be here when a plan is done: one engine, one model, one service, one program of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bootstrap import __version__, autostart, fit, server
from bootstrap.autostart import service

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.autostart.service import Service
    from bootstrap.catalogue import Llamafile, Model
    from bootstrap.settings import Settings
    from bootstrap.situation import Situation


@dataclass(frozen=True)
class Target:
    """It, as the wishes and the machine have decided it."""

    engine: Llamafile
    engine_path: Path
    model: Model
    model_path: Path
    settings: Settings
    backend: str
    service: Service
    program: Path  # of this version
    links: dict[Path, Path]  # place → where it leads
    notes: list[str]

    @property
    def alias(self) -> str:
        """The name that the server gives its model."""
        return server.alias(self.model, self.settings)


def choose_target(seen: Situation) -> Target:
    """From wishes to one engine, one model, one service."""
    model, notes = fit.choose_model(seen.catalogue, seen.host, seen.settings, force=seen.force_fit)
    engine = model.engine or seen.catalogue.llamafile(seen.settings.llamafile)
    engine_path = seen.paths.llamafile(model.name if model.engine else engine.version)
    model_path = engine_path if model.engine else seen.paths.models / model.file
    own_program = _own_program(seen)
    links = _links(seen, own_program, engine_path)
    settings = replace(
        seen.settings,
        model=model.name,
        catalogue=str(seen.paths.catalogue_file) if seen.supply.catalogue else seen.settings.catalogue,
        llamafile_path=str(next((link for link, end in links.items() if end == engine_path), engine_path)),
        model_path=str(model_path),
        api_base=server.api_base(seen.settings),
    )
    argv = server.command_line(engine.version, engine_path, model, model_path, settings)
    argv += server.graphics(seen.host, settings)
    keeper = seen.program.windowless if seen.host.os == "windows" else ()  # it goes on running, too
    generation = service.generation_of(*argv, engine.sha256, model.sha256, *keeper)
    described = service.describe(argv, seen.paths, generation, at_login=settings.autostart, now=seen.start)
    described = replace(
        described,
        linger=settings.linger,
        config_home=_config_home(seen),
        launcher=seen.program.windowless,
        account=seen.host.user,
    )
    backend = autostart.choose(seen.host, described, seen.receipt.about.get("backend", ""))
    return Target(
        engine, engine_path, model, model_path, settings, backend, described, own_program, links, notes
    )


def _own_program(seen: Situation) -> Path:
    """What hooks call. Windows knows no links for everybody, so there it is always in the same place."""
    place = seen.paths.program(__version__, seen.program.build)
    if seen.host.os == "windows":
        return seen.paths.bin / place.name
    return place


def _links(seen: Situation, *targets: Path) -> dict[Path, Path]:
    """What a person calls, by where it leads."""
    if seen.host.os == "windows":
        return {}
    links = {seen.paths.bin / path.name: path for path in targets}
    return {place: path for place, path in links.items() if place not in seen.foreign}


def _config_home(seen: Situation) -> Path:
    """Where service managers look: an XDG_CONFIG_HOME that is set in a shell only is not known to them."""
    ours = seen.paths.config.parent
    if seen.host.systemd and f"{ours}/systemd/user" not in seen.host.unit_path:
        return seen.paths.home / ".config"
    return ours
