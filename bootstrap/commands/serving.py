"""Sees the server that is here or is to be: who has its port, what somebody else's serves, and its key."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import access, attached, files, server, settings
from bootstrap.actions.secret import KEY_MARK, fingerprint
from bootstrap.commands import running
from bootstrap.errors import ServerError, UsageError
from bootstrap.messages import tr
from bootstrap.polish import client, key

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from bootstrap.host import Host
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt
    from bootstrap.settings import Settings

_PATIENCE = 10.0  # seconds for a server that is not ours to say what it serves


def look(
    chosen: Settings, machine: Host, receipt: Receipt, paths: Paths, seen: access.Seen
) -> dict[str, Any]:
    """What a situation tells of it, by its fields. seen: the file with the key. Raises ServerError where
    somebody else's server does not say what it serves."""
    return _elsewhere(chosen, seen) if chosen.attached else _ours(chosen, machine, receipt, paths)


def _ours(chosen: Settings, machine: Host, receipt: Receipt, paths: Paths) -> dict[str, Any]:
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


def only_theirs(arguments: argparse.Namespace) -> None:
    """Raise UsageError for an option of this run that says how a server of ours is to be, where somebody
    else's is used: it would do nothing, and not say so."""
    for choice in settings.CHOICES:
        ours = choice.table == "server" and choice.name not in {"attach", "api_key"}
        if (ours or choice.name == "llamafile") and getattr(arguments, choice.name, None) is not None:
            raise UsageError(
                "{flag} is for a server that bootstrap runs, and another one is used (--attach)",
                "leave it out, or have a server here: --attach off",
                flag=choice.flag,
            )


def same_owner(chosen: Settings, receipt: Receipt) -> None:
    """Raise UsageError where a key that the user has given for one server would go to another one, whose
    owner would have it then."""
    about, file = receipt.about, chosen.api_key
    earlier = about.get("api_base") if about.get("engine") == attached.ENGINE else None
    if not file or file != about.get("key_file") or chosen.attached == earlier:
        return
    whose = (
        tr("the server at {attached}", attached=chosen.attached)
        if chosen.attached
        else tr("the server of this machine")
    )
    raise UsageError(
        "the key in {file} is for {earlier}, and not for {whose}",
        "say which one is: --api-key FILE, or --api-key off",
        file=file,
        earlier=earlier or tr("the server of this machine"),
        whose=whose,
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
        hint = error.hint if 300 <= error.status < 400 else tr("see that it runs there")
        if error.status in {401, 403}:
            hint = (
                tr("see that the key in {file} is the right one", file=file)
                if file
                else tr("give its key: --api-key FILE")
            )
        raise ServerError(f"--attach: {error.message}", hint) from error


def _known_key(receipt: Receipt) -> str:
    """Where the key of the server is that runs now."""
    return receipt.about.get("key_file") or ""


def key_of(chosen: Settings, paths: Paths) -> access.Seen:
    """What is in the file with the key; a new one where there is to be one of ours and is none."""
    place = access.key_file(chosen, paths)
    if place is None or (chosen.attached and place == paths.key_file):
        return access.Seen()
    with files.explained(place):
        if place.exists() and not place.is_file():  # a pipe can be read once only, and not by the server
            return access.Seen(problem=tr("is no file"))
    data = files.read(place)
    if data is None and place == paths.key_file:
        secret = KEY_MARK + secrets.token_urlsafe(32)
        return access.Seen(fingerprint(f"{secret}\n".encode()), secret=secret)
    if data is None:
        return access.Seen(problem=tr("is not there"))
    if place == paths.key_file:
        return access.Seen(fingerprint(data), key.problem(data))
    # of the user's own key, which may be short, nothing is kept: not even what it could be guessed by
    changed = place.stat()
    return access.Seen(f"{changed.st_mtime_ns}-{changed.st_size}", key.problem(data))


def _is_ours(served: Collection[str], address: str, receipt: Receipt, paths: Paths) -> bool:
    """Whether who has the port is our own server; one that is just loading tells no name yet."""
    if served:
        return not {*receipt.about.get("aliases", ())}.isdisjoint(served)
    return receipt.about.get("api_base") == address and running.is_alive(receipt, paths)
