"""A plan for somebody else's server: nothing is installed but the settings, the program and the hook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bootstrap import __version__, changes, fit, hooking, program, server
from bootstrap.access import AUTO, IN_A_FILE, OFF
from bootstrap.actions import CreateDirectory, ProveServer, WriteFile
from bootstrap.autostart.service import generation_of
from bootstrap.errors import CatalogueError, UsageError
from bootstrap.messages import any_of, tr
from bootstrap.server import is_open
from bootstrap.settings import writing
from bootstrap.situation import Plan, group, once
from bootstrap.target import linked, links_to, own_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.access import Seen
    from bootstrap.actions import Action
    from bootstrap.settings import Settings
    from bootstrap.situation import Situation

ENGINE = "attached"  # what serves the model, in the receipt
_PATIENCE = 60.0  # seconds: it is there already, and its model may have to be loaded


@dataclass(frozen=True)
class Attached:
    """The server at `api_base`, with the model `name` of those that it serves. generation: changes whenever
    it has to prove itself again."""

    api_base: str
    name: str
    key_file: str
    settings: Settings
    generation: str
    notes: tuple[str, ...]


def install(seen: Situation) -> Plan:
    """Settings, program and hook, proved by a completion from there; a server of our own goes at the end.

    Raises UsageError, CatalogueError as `choose` does, HostError where there is no room, ServerError where
    ours cannot be stopped from here.
    """
    _apart(seen)
    chosen = choose(seen.settings, seen.serving, seen.key, named=seen.named)
    place = own_program(seen)
    links = links_to(seen, place)
    caller = next(iter(links), place)
    hooks = hooking.actions(seen, caller)
    fit.room(seen.program.size, seen.disk_free, seen.paths.data)
    text = writing.render(seen.config_text, chosen.settings)
    actions: list[Action] = [
        CreateDirectory(seen.paths.config, mode=0o700),
        *(CreateDirectory(path) for path in (seen.paths.data, seen.paths.bin)),
        *program.actions(place, seen.program, windows=seen.host.os == "windows"),
        *linked(links, place),
        WriteFile(seen.paths.config_file, text, 0o600, merged=True),
        ProveServer(
            api_base=chosen.api_base,
            alias=chosen.name,
            speed_file=seen.paths.speed_file,
            generation=chosen.generation,
            key_file=chosen.key_file,
            timeout=_PATIENCE,
        ),
    ]
    about = _about(chosen, caller)
    return Plan(
        actions=once([*group("install", actions), *hooks]),
        covers=frozenset({"install", "service"}) | hooking.groups(seen, hooks),
        about=about,
        aliases=(chosen.name,),
        whole=True,
        changes=changes.between(seen, about, chosen.settings),
        notes=(*seen.notes, *chosen.notes),
        promise=tr("none of ours: the server is looked after where it runs"),
        disk_needed=seen.program.size + fit.SPARE,
        disk_free=seen.disk_free,
    )


def _apart(seen: Situation) -> None:
    """Ours is to be stopped, and its files go: nobody may watch it, nor may it be the one that is wanted."""
    about, address = seen.receipt.about, str(seen.settings.attached)
    if about.get("engine") == ENGINE or "api_base" not in about:
        return
    if seen.foreground:
        raise server.in_the_foreground()
    if seen.out_of_reach:
        raise server.out_of_reach(about["backend"], about["alias"], about["api_base"])
    ours, wanted = urlsplit(about["api_base"]), urlsplit(address)
    here = not (is_open(ours.hostname or "") or is_open(wanted.hostname or ""))
    if ours.port == wanted.port and (here or ours.hostname == wanted.hostname):
        raise UsageError(
            "{address} is the server that bootstrap runs here, and would stop now",
            "leave --attach out: all is in place for it",
            address=address,
        )


def choose(wishes: Settings, served: Sequence[str], key: Seen, *, named: bool) -> Attached:
    """served: the names of its models; named: the user has said for this run which one it is to be.

    Raises UsageError for a key that is none, CatalogueError where it has no such model.
    """
    address = wishes.attached
    assert address
    key_file = "" if wishes.api_key in {None, AUTO, OFF} else str(wishes.api_key)
    if key_file and key.problem:
        raise UsageError(f"{key_file} {key.problem}", IN_A_FILE)
    name = _model(wishes, served, address, named=named)
    settings = replace(
        wishes,
        model=name,
        llamafile_path=None,
        model_path=None,
        api_base=address,
        api_key_file=key_file or None,
    )
    generation = generation_of(address, name, key_file, key.stamp)
    return Attached(address, name, key_file, settings, generation, tuple(_remarks(address, key_file)))


def _model(wishes: Settings, served: Sequence[str], address: str, *, named: bool) -> str:
    if not served:
        raise CatalogueError(
            "{address} serves no model", "load one there, then run the same command again", address=address
        )
    known = {name.lower(): name for name in reversed(served)}
    wanted = known.get((wishes.model or "").lower())
    if wanted is None and named:
        raise CatalogueError(
            "{address} serves no model {model!r}",
            "choose: --model {served}; or have a server here: --attach off",
            address=address,
            model=wishes.model,
            served=any_of(served[:3]),
        )
    return wanted or served[0]


def _remarks(address: str, key_file: str) -> list[str]:
    """What leaves this machine, and how."""
    split = urlsplit(address)
    host = split.hostname or ""
    if not is_open(host):
        return []
    notes = [
        tr("{host} will see your commit messages and parts of the changes: this is its server", host=host)
    ]
    if split.scheme == "http":
        also = tr(" and the key") if key_file else ""
        notes.append(tr("They{also} go there without encryption: better an https address", also=also))
    return notes


def _about(chosen: Attached, caller: Path) -> dict[str, Any]:
    """What the receipt tells other commands: no file and no process of the server is ours."""
    return {
        "version": __version__,
        "program": str(caller),
        "engine": ENGINE,
        "image": None,
        "llamafile": None,
        "model": {"name": chosen.name, "path": None, "sha256": None, "size": None},
        "api_base": chosen.api_base,
        "key_file": chosen.settings.api_key_file,
        "alias": chosen.name,
        "backend": ENGINE,
        "argv": [],
        "environment": [],
        "at_login": False,
        "generation": chosen.generation,
    }
