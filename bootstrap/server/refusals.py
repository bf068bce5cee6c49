"""Why a server of ours cannot be started or stopped, as errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.errors import ServerError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Sequence


def taken(port: int, holder: str, serving: Sequence[str], other_port: int) -> ServerError:
    """That somebody else has the port. holder: who, in words; serving: the models that it serves;
    other_port: one that is free, 0 if none was found."""
    models = tr(", and serves {serving}", serving=serving[0]) if serving else ""
    return ServerError(
        tr(
            "port {port} is taken by {holder}{models}",
            port=port,
            holder=holder or tr("another program"),
            models=models,
        ),
        tr("choose another one: --port {other_port}", other_port=other_port)
        if other_port
        else tr("choose another one with --port"),
    )


def in_the_foreground() -> ServerError:
    """That another one of ours would share the port with the one that somebody watches."""
    return ServerError("the server runs in the foreground (bootstrap run)", "end it there, with Ctrl-C")


def out_of_reach(backend: str, alias: str, address: str, ending: str = "") -> ServerError:
    """That our server answers, and yet who has started it says that it does not run: from here it cannot be
    asked, as after `su`. ending: the command that ends it, where there is one."""
    hint = tr("run this in the session in which it was installed, or end that server first")
    return ServerError(
        tr(
            "{alias} answers at {address}, and {backend} does not know of it here",
            alias=alias,
            address=address,
            backend=backend,
        ),
        f"{hint}: {ending}" if ending else hint,
    )
