"""Checks of the server: whether it runs, answers, and is where it is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import files, trouble
from bootstrap.actions import Discard, RunCommand, Shorten
from bootstrap.doctor.finding import Finding, error, ok, warning
from bootstrap.messages import later, tr
from bootstrap.polish.key import problem as problem_of
from bootstrap.server import taken

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.doctor.sight import Sight

LONGEST_LOG = 50_000_000  # bytes; who keeps the server begins a new one much earlier, but not everybody does
_LOCAL = {"127.0.0.1", "::1", "localhost"}


def autostart(sight: Sight) -> Finding | None:
    """What was promised about the next login."""
    if not sight.about or sight.attached:
        return None
    backend = sight.about["backend"]
    if not sight.about["at_login"]:
        return ok(tr("it does not start by itself, as you chose"))
    if backend == "none":
        return warning(
            tr("nothing on this machine can start it by itself"), tr("after a reboot: bootstrap start")
        )
    if not sight.enabled:
        return warning(
            tr("it is not registered with {backend} any more", backend=backend),
            tr("register it again: bootstrap"),
        )
    return ok(tr("registered with {backend}", backend=backend))


def server(sight: Sight) -> Finding | None:
    """Whether our model answers at its address."""
    about = sight.about
    if not about:
        return None
    if sight.answers:
        return ok(tr("{alias} answers at {api_base}", alias=about["alias"], api_base=about["api_base"]))
    if sight.attached:
        return error(
            tr("{alias} does not answer at {api_base}", alias=about["alias"], api_base=about["api_base"]),
            tr("see to it where it runs, or have a server here: bootstrap --attach off"),
        )
    what, hint = _silence(sight)
    return error(f"{about['alias']} {what}", hint)


def _silence(sight: Sight) -> tuple[str, str]:
    """Why it does not answer, as far as can be seen, and what helps."""
    if sight.drifted:
        back = _elsewhere(sight) if sight.holder else tr("give it its own back: bootstrap restart")
        return tr("answers at port {drifted}: its own was taken when it started", drifted=sight.drifted), back
    if sight.holder:
        return tr("does not answer: its port is taken"), _elsewhere(sight)
    if found := trouble.explain(sight.said):
        return tr("does not answer: {what}", what=found.what), found.hint
    if sight.running:
        return tr("runs and does not answer yet"), tr("see what it does: bootstrap logs")
    return tr("is stopped"), tr("start it: bootstrap start")


def restart(sight: Sight) -> tuple[Action, ...]:
    """Only where its port is free for it, and nobody watches it in the foreground."""
    if not (sight.control and sight.proof) or sight.holder or sight.foreground or sight.answers:
        return ()
    return (RunCommand(later("restart the server"), sight.control.restart), sight.proof)


def port(sight: Sight) -> Finding | None:
    """Somebody else who has it: llamafile would silently take another one."""
    if not sight.about or sight.answers or not sight.holder:
        return None
    address = sight.about["api_base"]
    number = int(address.rpartition(":")[2].partition("/")[0])
    return error(taken(number, sight.holder, sight.names, sight.other_port).message, _elsewhere(sight))


def pause(sight: Sight) -> Finding | None:
    """After a failure the hook lets a minute of commits pass."""
    if not sight.paused:
        return None
    return warning(
        tr("the hook leaves messages alone for up to a minute, because the server had failed"),
        tr("wait, or end that: bootstrap doctor --fix")
        if sight.answers
        else tr("bring the server back first"),
    )


def end_pause(sight: Sight) -> tuple[Action, ...]:
    """Only when there is something to ask again."""
    return (Discard(sight.paths.pause_file),) if sight.answers else ()


def log(sight: Sight) -> Finding | None:
    """launchd, OpenRC and a server that never ends only ever add to it."""
    if sight.log is None or sight.log_size <= LONGEST_LOG:
        return None
    return warning(
        tr("{log} has grown to {log_size}", log=sight.log, log_size=files.in_words(sight.log_size)),
        tr("shorten it: bootstrap doctor --fix"),
    )


def shorten(sight: Sight) -> tuple[Action, ...]:
    """Its last lines stay."""
    return (Shorten(sight.log),) if sight.log else ()


def network(sight: Sight) -> Finding | None:
    """Who else can use the model."""
    host = _listens(sight)
    if not host or host in _LOCAL:
        return None
    if sight.key_file:
        return ok(tr("it listens on {host}, for those who know the key", host=host))
    return warning(
        tr("it listens on {host}, for everybody who reaches this machine", host=host),
        "bootstrap --host 127.0.0.1",
    )


def _listens(sight: Sight) -> str:
    """Where others may reach it: each kind of server has other words for that, and a container another
    address inside."""
    if published := sight.option("--publish"):
        return published.rsplit(":", 2)[0].strip("[]")
    return sight.option("-l").rpartition(":")[0] or sight.option("--host")


def key(sight: Sight) -> Finding | None:
    """The traps of --api-key-file."""
    if not sight.key_file:
        return None
    problem = tr("cannot be read") if sight.key is None else problem_of(sight.key)
    if problem:
        return error(
            f"{sight.key_file} {problem}",
            tr("write one key of 16 characters or more into it, and no more"),
        )
    return ok(f"{sight.key_file} holds a key")


def _elsewhere(sight: Sight) -> str:
    return tr(
        "end that program, or choose another port: bootstrap --port {other_port}",
        other_port=sight.other_port or "PORT",
    )
