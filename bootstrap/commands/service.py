"""`bootstrap status`, `start`, `stop`, `restart`, `logs` and `run`: the server, as it was registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import container, lock, paths, proof, receipt, server, settings, system, tail
from bootstrap.autostart.service import registered
from bootstrap.commands import running
from bootstrap.commands.outcome import status_data
from bootstrap.errors import BootstrapError, CommandError, LockedError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from bootstrap.autostart.service import Control
    from bootstrap.console import Console
    from bootstrap.receipt import Receipt


def status(_arguments: argparse.Namespace, console: Console) -> int:
    """What is installed and whether it answers."""
    present, control = _installed(moved=True)
    about = present.about
    alive = control is not None and system.run(control.alive).status == 0
    ready = running.answers(present)
    runs = alive or ready or lock.is_kept(paths.find().loader)
    data = status_data(present)
    pid = system.run(control.pid).stdout.strip() if control and alive else ""
    data["server"] |= {"running": runs, "ready": ready, "pid": int(pid) if pid.isdigit() else None}
    enabled = control is not None and bool(control.enabled) and system.run(control.enabled).status == 0
    data["autostart"] = {"backend": about["backend"], "enabled": enabled}
    stopped = tr("is stopped (bootstrap start)") if control else tr("does not answer")
    state = tr("answers") if ready else tr("does not answer yet") if runs else stopped
    lines = [
        tr("{alias} {state} at {api_base}", alias=about["alias"], state=state, api_base=about["api_base"]),
        tr("  bootstrap  {version}", version=about["version"]),
        *(f"  {name:9}  {text}" for name, text in _engine(about)),
        *([tr("  key        {key_file}", key_file=about["key_file"])] if about.get("key_file") else []),
        tr("  autostart  {backend}", backend=about["backend"] if data["autostart"]["enabled"] else tr("off")),
        *(tr("  hook       {hook}", hook=hook) for hook in data["hooks"]),
    ]
    console.result("\n".join(lines), data)
    return 0


def _engine(about: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What serves the model, and where both are."""
    if found := about["llamafile"]:
        yield "llamafile", f"{found['version']}, {found['path']}"
    if image := about.get("image"):
        yield "image", image
    if path := about["model"]["path"]:
        yield "model", f"{about['model']['name']}, {path}"


def start(_arguments: argparse.Namespace, console: Console) -> int:
    """Start it and wait until it answers."""
    present, control = _ours()
    about = present.about
    if running.answers(present) and not running.is_left(present, paths.find()):
        console.result(
            tr("{alias} answers already at {api_base}", alias=about["alias"], api_base=about["api_base"]),
            {"ready": True},
        )
        return 0
    return _and_wait(control.start, present, control, console)


def restart(_arguments: argparse.Namespace, console: Console) -> int:
    """Stop it, start it, wait until it answers."""
    present, control = _ours()
    return _and_wait(control.restart, present, control, console)


def stop(_arguments: argparse.Namespace, console: Console) -> int:
    """Stop it until the next start or login."""
    present, control = _ours()
    if lock.is_kept(paths.find().loader):
        raise server.in_the_foreground()
    _do(control.stop, "stop")
    console.result(tr("{alias} is stopped", alias=present.about["alias"]), {"running": False})
    return 0


def logs(arguments: argparse.Namespace, console: Console) -> int:
    """Hand the terminal to the program that shows them, where there is one."""
    _, control = _ours()
    if arguments.json:
        for line in _lines(control, follow=arguments.follow):
            console.part("line", line, {"text": line})
        console.result("", {})
        return 0
    if not control.log:
        system.become(_shows(control, follow=arguments.follow), {})
    tail.show(Path(control.log), follow=arguments.follow)
    return 0


def _lines(control: Control, *, follow: bool) -> Iterator[str]:
    """What it says, line by line. Raises CommandError, FileError."""
    if control.log:
        yield from tail.lines(Path(control.log), follow=follow)
        return
    argv = _shows(control, follow=follow)
    try:
        process = system.start(argv, {})
    except OSError as error:
        raise CommandError(
            "{program}: {strerror}", "see: bootstrap status", program=argv[0], strerror=error.strerror
        ) from error
    assert process.stdout
    line = ""
    try:
        with process.stdout:
            for data in process.stdout:
                line = data.decode("utf-8", "replace").rstrip("\r\n")
                yield line
        if process.wait():
            raise CommandError(
                line or tr("{program} shows nothing", program=argv[0]), tr("see: bootstrap status")
            )
    finally:
        system.end(process)


def _shows(control: Control, *, follow: bool) -> tuple[str, ...]:
    """The program that shows what it says. Raises CommandError."""
    argv = control.follow if follow else control.logs
    program = system.find(argv[0])
    if not program:
        raise CommandError("{program} is not installed", "install {program}", program=argv[0])
    return (program, *argv[1:])


def foreground(_arguments: argparse.Namespace, console: Console) -> int:
    """Become the server: for containers, and to see what it says."""
    present, control = _ours()
    about, where = present.about, paths.find()
    if system.run(control.alive).status == 0:
        raise BootstrapError("the server runs already", "stop it first: bootstrap stop")
    try:
        lock.keep(where.loader)  # nothing else starts one meanwhile: they would share the port
    except LockedError as error:
        raise server.in_the_foreground() from error
    if words := container.left(about):  # by one of us that was killed: nobody else looks after it now
        system.run(words)
    chosen = settings.read(where.config_file)
    if not server.port_is_free(chosen.host, chosen.port):
        near = server.free_port_near(chosen.host, chosen.port)
        names = server.answers_as(about["api_base"], about.get("key_file") or "")
        raise server.taken(chosen.port, running.holder_of(chosen.port), names, near)
    console.say(
        tr(
            "{alias} is starting at {api_base}; Ctrl-C ends it",
            alias=about["alias"],
            api_base=about["api_base"],
        )
    )
    service = registered(about, where)
    system.become(container.outside(service.argv), dict(service.environment))


def _and_wait(argv: tuple[str, ...], present: Receipt, control: Control, console: Console) -> int:
    if lock.is_kept(paths.find().loader):
        raise server.in_the_foreground()
    _do(argv, "start")
    about = present.about
    proof.of(present, control, paths.find()).wait(console)
    console.result(
        tr("{alias} answers at {api_base}", alias=about["alias"], api_base=about["api_base"]), {"ready": True}
    )
    return 0


def _do(argv: tuple[str, ...], verb: str) -> None:
    result = system.run(argv)
    if result.status:
        raise CommandError(
            "cannot {verb} the server: {last_words}",
            "repair it: bootstrap",
            verb=verb,
            last_words=result.last_words,
        )


def _installed(*, moved: bool = False) -> tuple[Receipt, Control | None]:
    """The receipt, and how to drive the server: None where it is not ours. Raises BootstrapError where
    nothing is installed, or, unless that may be, where it has moved since."""
    where = paths.find()
    present = receipt.load(where.receipt_file)
    if "backend" not in present.about:
        raise BootstrapError("nothing is installed yet", "run: bootstrap")
    if not moved:
        running.in_its_place(present)
    return present, running.control(present, where)


def _ours() -> tuple[Receipt, Control]:
    """Likewise, for what can be done to a server of ours only."""
    present, control = _installed()
    if control is None:
        raise BootstrapError(
            "the server at {api_base} is not ours",
            "see to it where it runs, or have one here: bootstrap --attach off",
            api_base=present.about["api_base"],
        )
    return present, control
