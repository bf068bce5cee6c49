"""Whether our server runs, and who says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import autostart, lock, server, system
from bootstrap.autostart.service import describe, registered
from bootstrap.errors import BootstrapError
from bootstrap.host import ports

if TYPE_CHECKING:
    from bootstrap.autostart.service import Control
    from bootstrap.host import Host
    from bootstrap.paths import Paths
    from bootstrap.receipt import Receipt


def control(receipt: Receipt, paths: Paths) -> Control | None:
    """How to drive the service that was registered; None where none was."""
    about = receipt.about
    if about.get("backend") not in autostart.BACKENDS:
        return None
    return autostart.BACKENDS[about["backend"]].control(registered(about, paths))


def is_alive(receipt: Receipt, paths: Paths) -> bool:
    """Whether who has started it says that it runs."""
    known = control(receipt, paths)
    return known is not None and system.run(known.alive).status == 0


def is_forgotten(machine: Host, paths: Paths) -> bool:
    """Whether a server of ours runs, though no receipt tells of it: whoever would start it says so."""
    service = describe((), paths, "", at_login=True, now=True)
    names = (autostart.choose(machine, service), "none")
    found = {autostart.BACKENDS[name].control(service).alive for name in names}
    return any(system.run(alive).status == 0 for alive in found)


def answers(receipt: Receipt) -> bool:
    """Whether a server at our address has our model's name."""
    about = receipt.about
    return "alias" in about and about["alias"] in server.answers_as(
        about["api_base"], about.get("key_file") or ""
    )


def out_of_reach(receipt: Receipt, paths: Paths) -> bool:
    """Whether it answers, and the service manager, who would have to stop it, does not know of it: that one
    cannot be asked from here. To go on would be to lose that server, and to start a second one."""
    return (
        receipt.about.get("backend") in autostart.MANAGERS
        and any(entry.group == "service" for entry in receipt.entries)
        and not is_alive(receipt, paths)
        and not lock.is_kept(paths.loader)
        and answers(receipt)
    )


def is_left(receipt: Receipt, paths: Paths) -> bool:
    """Whether what answers is a container that docker goes on with, and who was to look after it was killed:
    nobody would start it again. Of a manager that cannot be asked from here nothing is known."""
    return (
        receipt.about.get("engine") == "docker"
        and receipt.about.get("backend") not in autostart.MANAGERS
        and not is_alive(receipt, paths)
        and not lock.is_kept(paths.loader)
    )


def in_its_place(receipt: Receipt, *, stopped: bool = False) -> None:
    """Raise BootstrapError where the home has moved, and the service with which the server is started and
    stopped still names the old one. stopped: that does not matter where no server runs."""
    if receipt.moved and not (stopped and not answers(receipt)):
        raise BootstrapError(
            "this was installed when the home was {moved}",
            "put it right first: bootstrap",
            moved=receipt.moved[0],
        )


def holder_of(port: int) -> str:
    """Who listens there, in words; "" where nobody tells."""
    return str(ports.holder(port) or "")
