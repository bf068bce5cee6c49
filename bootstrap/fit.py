"""What fits on this machine, in memory and on the disk, decided before the first byte is downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.errors import HostError
from bootstrap.files import in_words
from bootstrap.messages import any_of, tr

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.catalogue import Catalogue, Model
    from bootstrap.host import Host
    from bootstrap.settings import Settings

SHARE = 0.75  # of the memory, at most, for the model: the rest is for the person's own programs
WINDOWS_LARGEST = (1 << 32) - 1  # bytes of a program that it starts
SPARE = 256 << 20  # bytes of disk that stay free


def choose_model(
    catalogue: Catalogue, host: Host, settings: Settings, *, force: bool = False
) -> tuple[Model, list[str]]:
    """The model to install, and what to say about the choice.

    force: take a model that was asked for even if it does not fit. Raises HostError, CatalogueError.
    """
    if settings.model:
        model = catalogue.model(settings.model)
        if not starts(model, host):
            raise HostError(
                "{name} has {size}, and Windows runs no program over 4 GB",
                "choose a model without a llamafile around it: bootstrap models",
                name=model.name,
                size=in_words(model.about),
            )
        if not force and not fits(model, host, settings.ctx_size):
            raise _too_big(model, catalogue, host, settings.ctx_size)
        notes = _notes(settings.model, model)
        if model.engine and settings.llamafile:
            notes.append(
                tr(
                    "{name} brings its own llamafile, instead of {llamafile}",
                    name=model.name,
                    llamafile=settings.llamafile,
                )
            )
        return model, notes
    first = catalogue.preferred[0]
    for name in catalogue.preferred:
        model = catalogue.model(name)
        if fits(model, host, settings.ctx_size):
            return model, [] if name == first else [
                tr("{name}, because {first} does not fit in memory", name=name, first=first)
            ]
    raise _too_big(catalogue.model(catalogue.preferred[-1]), catalogue, host, settings.ctx_size)


def fits(model: Model, host: Host, ctx_size: int) -> bool:
    """Whether serving the model leaves memory for everything else."""
    return host.memory is None or model.memory(ctx_size) <= host.memory * SHARE


def starts(model: Model, host: Host) -> bool:
    """Whether the system starts a program of that size, as far as it is known."""
    return not model.engine or host.os != "windows" or model.about <= WINDOWS_LARGEST


def room(needed: int, free: int, directory: Path) -> None:
    """Raise HostError where so many bytes to download do not fit on the disk with some to spare."""
    if needed and needed + SPARE > free:
        raise HostError(
            "not enough room below {directory}: {needed} needed, {free} free",
            "free some space, or set XDG_DATA_HOME to a larger disk",
            directory=directory,
            needed=in_words(needed + SPARE),
            free=in_words(free),
        )


def _notes(wanted: str, model: Model) -> list[str]:
    if wanted.lower() == model.name:
        return [f"{model.name}: {model.note}"] if model.note else []
    reason = tr(": Google released no Gemma 3 of 3B") if wanted.lower() == "gemma-3-3b" else ""
    return [tr("{wanted} means {name}{reason}", wanted=wanted, name=model.name, reason=reason)]


def _too_big(model: Model, catalogue: Catalogue, host: Host, ctx_size: int) -> HostError:
    smaller = [m.name for m in catalogue.models if fits(m, host, ctx_size)]
    return HostError(
        tr(
            "{name} needs about {needed} of memory, and of this machine's "
            "{memory} a model may take {share:.0%}",
            name=model.name,
            needed=in_words(model.memory(ctx_size)),
            memory=in_words(host.memory or 0),
            share=SHARE,
        ),
        tr("choose one that fits: --model {smaller}", smaller=any_of(smaller[:3]))
        if smaller
        else tr("use a larger machine"),
    )
