"""Why a later run has something to do: what is not as it was. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap import __version__
from bootstrap.actions import WriteFile
from bootstrap.settings import CHOICES, Settings, choices_in, overlay, parse
from bootstrap.situation import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap.receipt import Receipt
    from bootstrap.situation import Situation
    from bootstrap.target import Target

# they follow from others, or are told with more of what they mean
_TOLD = {"model", "llamafile", "llamafile_path", "model_path", "api_base", "model_sha256", "model_size"}


def between(seen: Situation, target: Target) -> tuple[Change, ...]:
    """What is another one than in the installation that is here; nothing where none is."""
    about = seen.receipt.proved.about if seen.receipt.proved else seen.receipt.about
    if "version" not in about:
        return ()
    moved = [Change("home", *seen.receipt.moved)] if seen.receipt.moved else []
    return (*moved, *_parts(about, target), *_settings(seen, target), *_service(about, target))


def _parts(about: dict[str, Any], target: Target) -> Iterator[Change]:
    engine, model = target.engine, target.model
    was = about["llamafile"], about["model"]
    if about["version"] != __version__:
        yield Change("bootstrap", about["version"], __version__)
    for name, (before, checksum), (now, wanted) in (
        ("llamafile", (was[0]["version"], was[0]["sha256"]), (engine.version, engine.sha256)),
        ("model", (was[1]["name"], was[1]["sha256"]), (model.name, model.sha256)),
    ):
        if before != now:
            yield Change(name, before, now)
        elif checksum != wanted:
            yield Change(name, f"{before} ({checksum[:12]})", f"{now} ({wanted[:12]})")


def _settings(seen: Situation, target: Target) -> Iterator[Change]:
    """Beside what we wrote into config.toml the last time: what it says now may be what changes."""
    path = seen.paths.config_file
    text = _config(seen.receipt)
    if not text:
        return
    earlier = overlay(Settings(), choices_in(parse(text, path), path))
    for choice in CHOICES:
        before, now = getattr(earlier, choice.name), getattr(target.settings, choice.name)
        if before != now and choice.name not in _TOLD:
            yield Change(choice.name, _in_words(before), _in_words(now))


def _service(about: dict[str, Any], target: Target) -> Iterator[Change]:
    if about["backend"] != target.backend:
        yield Change("started by", about["backend"], target.backend)


def _config(receipt: Receipt) -> str:
    actions = [entry.action for entry in receipt.entries]
    if receipt.proved:
        actions = [action for _, action in receipt.proved.steps]
    return next((action.text for action in actions if isinstance(action, WriteFile) and action.merged), "")


def _in_words(value: object) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
