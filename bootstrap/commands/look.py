"""Sees what a plan depends on. The only place where wishes and the machine meet."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import (
    __version__,
    access,
    attached,
    carried,
    container,
    download,
    files,
    host,
    lock,
    plan,
    settings,
    system,
)
from bootstrap.commands import nearby, own, own_engine, remarks, running, serving
from bootstrap.errors import BootstrapError, HookError, HostError, UsageError
from bootstrap.hook import install as hook
from bootstrap.hook import repository
from bootstrap.paths import starts_programs
from bootstrap.program import Program
from bootstrap.situation import Situation

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bootstrap.catalogue import Artifact, Catalogue
    from bootstrap.console import Console
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt
    from bootstrap.settings import Settings, Value
    from bootstrap.situation import Plan


def wishes(arguments: argparse.Namespace, paths: Paths) -> tuple[Settings, str]:
    """The settings of this run and the text of config.toml: the command line wins, then the
    environment, then config.toml, then the default. Raises UsageError, SettingsError."""
    text = settings.text_of(paths.config_file)
    stored = settings.overlay(
        settings.Settings(),
        settings.choices_in(settings.parse(text, paths.config_file), paths.config_file),
    )
    given: dict[str, Value] = {}
    for choice in settings.CHOICES:
        value = getattr(arguments, choice.name, None) if choice.help else None
        if value is None:
            continue
        try:
            converted = settings.convert(choice, value) if isinstance(value, str) else value
            given[choice.name] = settings.check(choice, converted)
        except ValueError as error:
            told = settings.without_password(str(value))
            raise UsageError(
                "{flag} {told}: {error}",
                "see: bootstrap install --help",
                flag=choice.flag,
                told=told,
                error=error,
            ) from error
    given = settings.from_environment(os.environ) | given
    chosen = settings.overlay(stored, given)
    if stored.attached and "model" not in given and (not chosen.attached or arguments.command == "bundle"):
        chosen = replace(chosen, model=None)  # it is one of the server that is somebody else's
    if chosen.catalogue:
        chosen = settings.overlay(chosen, {"catalogue": str(Path(chosen.catalogue).absolute())})
    if chosen.api_key not in {None, access.AUTO, access.OFF}:
        chosen = settings.overlay(chosen, {"api_key": str(files.named(str(chosen.api_key)))})
    return chosen, text


def situation(arguments: argparse.Namespace, paths: Paths, receipt: Receipt, console: Console) -> Situation:
    """Look at this machine, for a plan. Raises BootstrapError for wishes that cannot be."""
    chosen, text = wishes(arguments, paths)
    folder = nearby.folder_of(arguments)
    entries, kept = nearby.catalogue_of(arguments, chosen, paths, folder)
    machine = host.detect()
    machine.usable(attached.ENGINE if chosen.attached else chosen.engine)
    _spellable(paths)
    _startable(paths)
    wished, engines = own.Own(chosen, entries), dict[Path, Path]()
    if chosen.attached:  # where a model may be called as a file is, or an address of Hugging Face
        serving.only_theirs(arguments)
    else:
        chosen, engines = own_engine.resolve(chosen, entries, paths, console)
        wished = own.resolve(arguments, chosen, entries, paths, console)
    chosen, entries = wished.settings, wished.catalogue
    everywhere = hook_is_everywhere(receipt, wanted=arguments.global_hook)
    hooked = () if everywhere else repositories(arguments.repo, receipt)
    new = [found for found in hooked if found.group not in receipt.groups()]
    key = serving.key_of(chosen, paths)
    if not (arguments.api_key or os.environ.get("BOOTSTRAP_API_KEY")):
        serving.same_owner(chosen, receipt)
    return Situation(
        settings=chosen,
        host=machine,
        catalogue=entries,
        paths=paths,
        receipt=receipt,
        program=program_of(paths),
        config_text=text,
        key=key,
        container_program="" if chosen.engine == "llamafile" else system.find(chosen.engine) or "",
        container_asks=_asks(chosen, receipt),
        **serving.look(chosen, machine, receipt, paths, key),
        named=bool(arguments.model or os.environ.get("BOOTSTRAP_MODEL")),
        foreground=lock.is_kept(paths.loader),
        out_of_reach=running.out_of_reach(receipt, paths),
        disk_free=host.free_disk(paths.data),
        present=dict(_present(entries, paths)),
        supply=own.added_to(
            nearby.supply(chosen, _likely(chosen, entries, paths), folder, kept), wished, engines
        ),
        foreign=frozenset(_foreign(paths, receipt)),
        repositories=hooked,
        everywhere=everywhere,
        force_fit=arguments.force_fit,
        start=not arguments.no_start,
        notes=(*wished.notes, *(line for found in new for line in remarks.on(found, is_new=True))),
    )


def _asks(chosen: settings.Settings, receipt: Receipt) -> tuple[tuple[str, str], ...]:
    """Which of docker's daemons this shell means; one that says nothing means that of the installation."""
    about = receipt.about
    if chosen.engine != "docker":
        return ()
    earlier = about.get("environment", ()) if about.get("engine") == "docker" else ()
    return container.named(os.environ) or container.named(dict(earlier))


def planned(seen: Situation) -> Plan:
    """The plan for it: with a server of our own, or with somebody else's. Raises as they do."""
    return attached.install(seen) if seen.settings.attached else plan.install(seen)


def program_of(paths: Paths) -> Program:
    """This program, and where it is to be."""
    build = carried.build()
    place = paths.program(__version__, build).parent
    launcher, windowless = carried.launcher(place), carried.windowless(place)
    size = carried.size() if build and not place.is_dir() else 0
    return Program(tuple(launcher), tuple(windowless), place, build, size)


def hook_is_everywhere(receipt: Receipt, *, wanted: bool) -> bool:
    """Whether the hook is, or is to be, in git's own configuration. Raises HookError."""
    if wanted and (version := repository.git_version()) < repository.CONFIG_HOOKS:
        raise HookError(
            "git {version} has no hooks for all repositories: 2.54 has",
            "name the repositories: bootstrap hook install DIR…",
            version=".".join(map(str, version)) or "(none)",
        )
    return wanted or hook.EVERYWHERE in receipt.groups()


def repositories(
    wanted: Iterable[str], receipt: Receipt, *, hooks_path: bool = False
) -> tuple[repository.Repository, ...]:
    """The repositories named, which must be able to take the hook, and those that have it already."""
    seen = (named(repository.look(Path(place), hooks_path=hooks_path), receipt) for place in wanted)
    found = {one.root: one for one in seen}
    for group in receipt.groups():
        root = Path(group.removeprefix("hook "))
        if group.startswith("hook ") and group != hook.EVERYWHERE and root not in found:
            try:
                one = _again(root, group, receipt)
            except BootstrapError:  # moved, deleted or changed since: that is for `hook remove` to say
                continue
            if one.root == root:  # else it is one around it, which nobody has named
                found[root] = one
    return tuple(found.values())


def named(seen: repository.Repository, receipt: Receipt) -> repository.Repository:
    """The repository under the name that the receipt has for it: any of its work trees."""
    entry = receipt.find(f"sweep {seen.git}")
    return replace(seen, root=Path(entry.group.removeprefix("hook "))) if entry else seen


def _again(root: Path, group: str, receipt: Receipt) -> repository.Repository:
    """A place that has the hook already. Raises BootstrapError where it cannot have it any more."""
    swept = {entry.key for entry in receipt.entries if entry.group == group}
    if swept & {f"sweep {root}"} and not (root / "HEAD").exists():
        return repository.shared(root)
    return named(repository.look(root), receipt)


def _startable(paths: Paths) -> None:
    """Raise HostError where nothing that we bring could be started."""
    if not starts_programs(paths.programs):
        raise HostError(
            "{programs} is on a disk that starts no programs (noexec)",
            "have XDG_DATA_HOME name a directory on another disk, then run the same command again",
            programs=paths.programs,
        )


def _spellable(paths: Paths) -> None:
    """Raise HostError for directories whose names config.toml cannot hold."""
    for path in (paths.home, paths.config, paths.data, paths.state):
        text = str(path)
        if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
            raise HostError(
                "{text!a} has a control character in it or is not UTF-8",
                "choose other places with HOME, XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME",
                text=text,
            )


def _present(entries: Catalogue, paths: Paths) -> Iterable[tuple[Path, int]]:
    """Bytes of each file of the catalogue that are on this machine already, in part or whole."""
    wanted = [(paths.llamafile(entry.version), entry.about, entry.sha256) for entry in entries.llamafiles]
    wanted += [(paths.models / entry.file, entry.about, entry.sha256) for entry in entries.models]
    wanted += [(paths.llamafile(entry.name), entry.about, entry.sha256) for entry in entries.packaged]
    for path, size, sha256 in wanted:
        if path.is_file():
            yield path, size
        elif part := download.already(path, sha256):
            yield path, part


def _likely(chosen: Settings, entries: Catalogue, paths: Paths) -> list[tuple[Artifact, Path]]:
    """The models that a plan may want, and where."""
    names = {chosen.model.lower()} if chosen.model else set(entries.preferred)
    return [
        (model, paths.llamafile(model.name) if model.engine else paths.models / model.file)
        for model in entries.everything
        if names & {model.name.lower(), *(alias.lower() for alias in model.aliases)}
    ]


def _foreign(paths: Paths, receipt: Receipt) -> Iterable[Path]:
    """Places of our links where something is that we did not put there."""
    for path in (paths.bin / paths.llamafile("0").name, paths.bin / paths.program("0").name):
        ours = receipt.find(f"link {path}") or receipt.find(f"file {path}")  # the second one on Windows
        lost = path.is_symlink() and paths.programs in path.readlink().parents
        if os.path.lexists(path) and not ours and not lost:
            yield path
