"""Sees what a plan depends on. The only place where wishes and the machine meet."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import (
    __version__,
    access,
    attached,
    carried,
    download,
    files,
    host,
    lock,
    plan,
    server,
    settings,
    system,
)
from bootstrap.actions.secret import KEY_MARK, fingerprint
from bootstrap.commands import nearby, own, own_engine, remarks, running
from bootstrap.errors import BootstrapError, HookError, HostError, ServerError, UsageError
from bootstrap.hook import install as hook
from bootstrap.hook import repository
from bootstrap.paths import starts_programs
from bootstrap.polish import client, key, wire
from bootstrap.program import Program
from bootstrap.situation import Situation

_PATIENCE = 10.0  # seconds for a server that is not ours to say what it serves

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable

    from bootstrap.catalogue import Artifact, Catalogue
    from bootstrap.console import Console
    from bootstrap.host import Host
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
            raise UsageError(f"{choice.flag} {told}: {error}", "see: bootstrap install --help") from error
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
    if not chosen.attached:  # where a model may be called as a file is, or an address of Hugging Face
        chosen, engines = own_engine.resolve(chosen, entries, paths, console)
        wished = own.resolve(arguments, chosen, entries, paths, console)
    chosen, entries = wished.settings, wished.catalogue
    everywhere = hook_is_everywhere(receipt, wanted=arguments.global_hook)
    hooked = () if everywhere else repositories(arguments.repo, receipt)
    new = [found for found in hooked if found.group not in receipt.groups()]
    seen_key = _key(chosen, paths)
    if not (arguments.api_key or os.environ.get("BOOTSTRAP_API_KEY")):
        _same_owner(chosen, receipt)
    facts = _elsewhere(chosen, seen_key) if chosen.attached else _port(chosen, machine, receipt, paths)
    return Situation(
        settings=chosen,
        host=machine,
        catalogue=entries,
        paths=paths,
        receipt=receipt,
        program=program_of(paths),
        config_text=text,
        key=seen_key,
        container_program="" if chosen.engine == "llamafile" else system.find(chosen.engine) or "",
        **facts,
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


def planned(seen: Situation) -> Plan:
    """The plan for it: with a server of our own, or with somebody else's. Raises as they do."""
    return attached.install(seen) if seen.settings.attached else plan.install(seen)


def _port(chosen: Settings, machine: Host, receipt: Receipt, paths: Paths) -> dict[str, Any]:
    """Whether our server can have its port, and who has it if not."""
    address = server.api_base(chosen)
    if server.port_is_free(chosen.host, chosen.port):
        return {"port_is_free": True}
    served = tuple(server.answers_as(address, _known_key(receipt)))
    forgotten = receipt.rebuilding and running.is_forgotten(machine, paths)
    if forgotten or _is_ours(served, address, receipt, paths):
        return {"port_is_free": False, "serving": served, "is_ours": True}
    return {
        "port_is_free": False,
        "serving": served,
        "holder": running.holder_of(chosen.port),
        "other_port": server.free_port_near(chosen.host, chosen.port),
    }


def _same_owner(chosen: Settings, receipt: Receipt) -> None:
    """Raise UsageError where a key that the user has given for one server would go to another one, whose
    owner would have it then."""
    about, file = receipt.about, chosen.api_key
    earlier = about.get("api_base") if about.get("engine") == attached.ENGINE else None
    if not file or file != about.get("key_file") or chosen.attached == earlier:
        return
    whose = f"the server at {chosen.attached}" if chosen.attached else "the server of this machine"
    raise UsageError(
        f"the key in {file} is for {earlier or 'the server of this machine'}, and not for {whose}",
        "say which one is: --api-key FILE, or --api-key off",
    )


def _elsewhere(chosen: Settings, seen: access.Seen) -> dict[str, Any]:
    """What somebody else's server serves, unless its key is none. Raises ServerError where it does not
    say."""
    address = chosen.attached
    assert address
    if seen.problem:
        return {}
    file = None if chosen.api_key in {None, access.AUTO, access.OFF} else Path(str(chosen.api_key))
    try:
        secret = key.read(file) if file else None
        return {"serving": tuple(client.models(address, timeout=_PATIENCE, api_key=secret))}
    except ServerError as error:
        hint = error.hint if wire.LEADS in error.message else "see that it runs there"
        if {"401", "403"} & set(error.message.removeprefix(address).split()[:2]):
            hint = f"see that the key in {file} is the right one" if file else "give its key: --api-key FILE"
        raise ServerError(f"--attach: {error.message}", hint) from error


def _known_key(receipt: Receipt) -> str:
    """Where the key of the server is that runs now."""
    return receipt.about.get("key_file") or ""


def _key(chosen: Settings, paths: Paths) -> access.Seen:
    """What is in the file with the key; a new one where there is to be one of ours and is none."""
    place = access.key_file(chosen, paths)
    if place is None or (chosen.attached and place == paths.key_file):
        return access.Seen()
    with files.explained(place):
        if place.exists() and not place.is_file():  # a pipe can be read once only, and not by the server
            return access.Seen(problem="is no file")
    data = files.read(place)
    if data is None and place == paths.key_file:
        secret = KEY_MARK + secrets.token_urlsafe(32)
        return access.Seen(fingerprint(f"{secret}\n".encode()), secret=secret)
    if data is None:
        return access.Seen(problem="is not there")
    if place == paths.key_file:
        return access.Seen(fingerprint(data), key.problem(data))
    # of the user's own key, which may be short, nothing is kept: not even what it could be guessed by
    changed = place.stat()
    return access.Seen(f"{changed.st_mtime_ns}-{changed.st_size}", key.problem(data))


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
            f"git {'.'.join(map(str, version)) or '(none)'} has no hooks for all repositories: 2.54 has",
            "name the repositories: bootstrap hook install DIR…",
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
            f"{paths.programs} is on a disk that starts no programs (noexec)",
            "have XDG_DATA_HOME name a directory on another disk, then run the same command again",
        )


def _spellable(paths: Paths) -> None:
    """Raise HostError for directories whose names config.toml cannot hold."""
    for path in (paths.home, paths.config, paths.data, paths.state):
        text = str(path)
        if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in text):
            raise HostError(
                f"{text!a} has a control character in it or is not UTF-8",
                "choose other places with HOME, XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME",
            )


def _is_ours(served: Collection[str], address: str, receipt: Receipt, paths: Paths) -> bool:
    """Whether who has the port is our own server; one that is just loading tells no name yet."""
    if served:
        return not {*receipt.about.get("aliases", ())}.isdisjoint(served)
    return receipt.about.get("api_base") == address and running.is_alive(receipt, paths)


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
