"""Checks of what was installed: the receipt, the settings, the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import __version__
from bootstrap.actions import CreateDirectory, Unquarantine
from bootstrap.doctor.finding import Finding, error, ok, warning
from bootstrap.hook.health import INTACT
from bootstrap.messages import all_of, tr
from bootstrap.receipt import engine_of
from bootstrap.server import api_base

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.doctor.sight import Placed, Sight

_AGAIN = tr("repair it with: bootstrap")


def receipt(sight: Sight) -> Finding:
    """Without it nothing can be undone, and nothing is known."""
    if sight.receipt_error:
        return error(sight.receipt_error.message, sight.receipt_error.hint)
    if not sight.about and sight.has_settings:
        return error(
            tr(
                "{receipt_file} is gone or was never finished, so nobody knows what is installed",
                receipt_file=sight.paths.receipt_file,
            ),
            tr("install again, so that it is known: bootstrap"),
        )
    if not sight.about:
        return error(tr("nothing is installed yet"), tr("run: bootstrap"))
    return ok(tr("{alias} with {engine}", alias=sight.about["alias"], engine=engine_of(sight.about)))


def finished(sight: Sight) -> Finding | None:
    """A run that was killed is finished by the next one."""
    if not sight.unfinished:
        return None
    return error(
        tr("the last run did not get to its end: {unfinished}", unfinished=sight.unfinished[0]),
        tr("finish it with: bootstrap"),
    )


def version(sight: Sight) -> Finding | None:
    """Which bootstrap did it."""
    if sight.about.get("version", __version__) == __version__:
        return None
    return warning(
        tr(
            "bootstrap {version} has installed this, and you call {own_version}",
            version=sight.about["version"],
            own_version=__version__,
        ),
        tr("bring it up to date with: bootstrap"),
    )


def settings(sight: Sight) -> Finding | None:
    """config.toml, as the hook and the next run read it."""
    if sight.settings_error:
        return error(sight.settings_error.message, sight.settings_error.hint)
    if not sight.has_settings:
        return (
            error(tr("{config_file} is gone", config_file=sight.paths.config_file), _AGAIN)
            if sight.about
            else None
        )
    return ok(tr("{config_file} can be read", config_file=sight.paths.config_file))


def changed(sight: Sight) -> Finding | None:
    """Settings that the server does not have yet."""
    if not sight.about or sight.settings_error or not sight.has_settings:
        return None
    wanted, registered = sight.settings.attached or api_base(sight.settings), sight.about["api_base"]
    if wanted != registered:
        return warning(
            tr(
                "the settings say {wanted}, and the server has {registered}",
                wanted=wanted,
                registered=registered,
            ),
            tr("apply them with: bootstrap"),
        )
    for name, told, right in (  # what the hook and other clients go by
        ("api_base", sight.settings.api_base, registered),
        ("api_key_file", sight.settings.api_key_file, sight.key_file),
    ):
        if told not in {None, right}:
            return error(
                tr(
                    "{config_file} has another {name} than the server",
                    config_file=sight.paths.config_file,
                    name=name,
                ),
                _AGAIN,
            )
    if sight.key_changed:
        return error(
            tr("the key in {key_file} is not the one that the server asks for", key_file=sight.key_file),
            _AGAIN,
        )
    return None


def files(sight: Sight) -> Finding | None:
    """By their sizes: to read them all takes `bootstrap verify`."""
    for placed in sight.placed:
        if finding := _file(placed, sight):
            return finding
    if not sight.placed:
        return None
    return ok(tr("{placed} in place, by size", placed=all_of(placed.what for placed in sight.placed)))


def _file(placed: Placed, sight: Sight) -> Finding | None:
    if placed.now is None or not placed.readable:
        state = tr("gone") if placed.now is None else tr("not readable")
        if sight.host.os == "windows" and placed.path.suffix == ".exe":
            return error(
                tr(
                    "{path} is {state}: most likely an antivirus program took it by mistake, as has "
                    "happened to others, for its checksum was right",
                    path=placed.path,
                    state=state,
                ),
                tr("have that program give it back (in Windows: Protection history), then: bootstrap"),
            )
        return error(tr("{path} is {state}", path=placed.path, state=state), _AGAIN)
    if placed.was not in {None, placed.now}:
        return error(
            tr("{path} has {now} bytes instead of {was}", path=placed.path, now=placed.now, was=placed.was),
            _AGAIN,
        )
    if placed.touched:
        return warning(
            tr("{path} was written to since", path=placed.path),
            tr("see whether it is still right: bootstrap verify"),
        )
    return None


def quarantine(sight: Sight) -> Finding | None:
    """macOS starts nothing that it holds to be just downloaded (llamafile's issue 106)."""
    if not sight.quarantined:
        return None
    path = sight.quarantined[0]
    return error(tr("macOS has quarantined {path}", path=path), f"xattr -d com.apple.quarantine {path}")


def lift_quarantine(sight: Sight) -> tuple[Action, ...]:
    """Its checksum was right, whoever marked it."""
    return tuple(map(Unquarantine, sight.quarantined))


def loader(sight: Sight) -> Finding | None:
    """llamafile makes the directory itself, but `bootstrap run` needs it earlier."""
    place = sight.paths.loader
    if not sight.about or sight.attached or sight.host.os == "windows":  # which starts a llamafile as it is
        return None
    if sight.loader_writable is None:
        return warning(tr("{place} is gone", place=place), tr("make it again: bootstrap doctor --fix"))
    if not sight.loader_writable:
        return error(
            tr("{place} is not writable: llamafile unpacks its loader there", place=place),
            tr("make it writable: {place}", place=place),
        )
    return ok(tr("{place} takes llamafile's loader", place=place))


def make_loader(sight: Sight) -> tuple[Action, ...]:
    """A directory that is not writable is left alone: somebody has made it so."""
    return (CreateDirectory(sight.paths.loader, mode=0o700),) if sight.loader_writable is None else ()


def program(sight: Sight) -> Finding | None:
    """What the hooks call."""
    if not sight.about:
        return None
    path = sight.about["program"]
    return (
        ok(tr("hooks call {path}", path=path))
        if sight.program_starts
        else error(tr("{path} cannot be started", path=path), _AGAIN)
    )


def path(sight: Sight) -> Finding | None:
    """The commands in messages are those of a person at a prompt."""
    place = str(sight.paths.bin)
    if not sight.about or place.casefold() in {directory.casefold() for directory in sight.search}:
        return None
    if sight.host.os == "windows":
        return warning(
            tr("{place} is not in PATH, so no prompt finds bootstrap", place=place),
            tr("add it to the variable Path of your account: Settings, environment variables"),
        )
    in_shell = place.replace(str(sight.paths.home), "$HOME", 1)
    return warning(
        tr("{place} is not in PATH, so a shell does not find bootstrap", place=place),
        tr('add it in your shell\'s start-up file: export PATH="$PATH:{in_shell}"', in_shell=in_shell),
    )


def hooks(sight: Sight) -> Finding | None:
    """In the repositories where the receipt says that they are."""
    for health in sight.health:
        if health.state != INTACT:
            return warning(
                tr("the hook in {place}: {state}", place=health.place, state=health.state), health.hint
            )
    if not sight.health:
        return None
    return ok(
        tr(
            "the hook is intact in {places}",
            places=", ".join(Path(health.place).name for health in sight.health),
        )
    )
