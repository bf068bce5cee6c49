"""Why a later run has something to do: what is not as it was. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.actions import WriteFile
from bootstrap.messages import tr
from bootstrap.receipt import engine_of
from bootstrap.settings import CHOICES, Settings, choices_in, overlay, parse
from bootstrap.situation import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bootstrap.receipt import Receipt
    from bootstrap.situation import Situation

# they follow from others, or are told with more of what they mean
_TOLD = {
    *("model", "llamafile", "llamafile_path", "model_path", "api_base", "api_key_file"),
    *("model_sha256", "model_size", "engine", "attach"),
}


def between(seen: Situation, about: Mapping[str, Any], settings: Settings) -> tuple[Change, ...]:
    """What is another one than in the installation that is here; nothing where none is. about, settings: what
    will be."""
    was = seen.receipt.proved.about if seen.receipt.proved else seen.receipt.about
    if "version" not in was:
        return ()
    moved = [Change("home", *seen.receipt.moved)] if seen.receipt.moved else []
    return (*moved, *_parts(was, about), *_settings(seen, settings), *_service(was, about))


def _parts(was: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[Change]:
    if was["version"] != about["version"]:
        yield Change("bootstrap", was["version"], about["version"])
    before, now = was["llamafile"], about["llamafile"]
    if before and now:
        yield from _part("llamafile", (before["version"], before["sha256"]), (now["version"], now["sha256"]))
    else:
        yield from _part("engine", (engine_of(was), ""), (engine_of(about), ""))
    yield from _part("model", _model(was), _model(about))


def _part(what: str, before: tuple[str, str], now: tuple[str, str]) -> Iterator[Change]:
    """By its name, or else by its checksum."""
    if before[0] != now[0]:
        yield Change(what, before[0], now[0])
    elif before[1] != now[1]:
        yield Change(what, f"{before[0]} ({before[1][:12]})", f"{now[0]} ({now[1][:12]})")


def _model(about: Mapping[str, Any]) -> tuple[str, str]:
    return about["model"]["name"], about["model"]["sha256"] or ""


def _settings(seen: Situation, settings: Settings) -> Iterator[Change]:
    """Beside what we wrote into config.toml the last time: what it says now may be what changes."""
    path = seen.paths.config_file
    text = _config(seen.receipt)
    if not text:
        return
    earlier = overlay(Settings(), choices_in(parse(text, path), path))
    for choice in CHOICES:
        before, now = getattr(earlier, choice.name), getattr(settings, choice.name)
        if before != now and choice.name not in _TOLD:
            yield Change(choice.name, _in_words(before), _in_words(now))


def _service(was: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[Change]:
    if was["backend"] != about["backend"]:
        yield Change(tr("started by"), was["backend"], about["backend"])


def _config(receipt: Receipt) -> str:
    actions = [entry.action for entry in receipt.entries]
    if receipt.proved:
        actions = [action for _, action in receipt.proved.steps]
    return next((action.text for action in actions if isinstance(action, WriteFile) and action.merged), "")


def _in_words(value: object) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, tuple):
        return ", ".join(value) or tr("none")
    return str(value).lower() if isinstance(value, bool) else str(value)
