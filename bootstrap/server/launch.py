"""The command line of a server, and the names and addresses that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import HostError, UsageError
from bootstrap.host.ports import reachable
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.catalogue import Model
    from bootstrap.host import Host
    from bootstrap.server.dialects import Dialect, Words
    from bootstrap.settings import Settings

_ALL = 999  # layers: llamafile takes as many as there are


@dataclass(frozen=True)
class Launch:
    """What is to be started, and under which names it sees our files. words: the program, in front of all;
    model: its file, "" where it is inside; host: where it listens; key_file: "" where nobody needs a key."""

    words: Words
    dialect: Dialect
    model: str
    host: str
    key_file: str = ""


def command_line(start: Launch, model: Model, settings: Settings, host: Host) -> Words:
    """What starts the server. Raises UsageError for what this kind of server cannot do, HostError for a path
    that it cannot open."""
    if "@" in start.model:
        raise HostError(
            "llamafile cannot open a path with @ in it: {model}",
            "choose another XDG_DATA_HOME",
            model=start.model,
        )
    dialect = start.dialect
    _possible(start, settings)
    wishes = {
        "model": start.model,
        "alias": alias(model, settings, dialect) if dialect.can("alias") else "",
        "ctx_size": settings.ctx_size,
        "threads": settings.threads,
        "threads_batch": settings.threads_batch,
        "chat_template": model.chat_template if dialect.can("chat_template") else None,
        "parallel": settings.parallel if settings.parallel > 1 else None,
        "mlock": settings.mlock,
        "embeddings": settings.embeddings,
        "key_file": start.key_file,
    }
    address = tuple(word.format(host=start.host, port=settings.port) for word in dialect.address)
    argv = [*start.words, *dialect.first, *address]
    for name, value in wishes.items():
        if value:
            argv += [word.format(value) for word in dialect.options[name]]
    if settings.parallel == 1:
        argv += dialect.one_by_one
    return (*argv, *_graphics(dialect, settings, host))


def layers(settings: Settings, host: Host) -> int | None:
    """How many layers of the model are for the GPU; None: as this kind of server does by itself."""
    if isinstance(settings.gpu_layers, int):
        return settings.gpu_layers
    if settings.gpu_layers == "off":
        return 0
    return _ALL if host.gpus else None


def _graphics(dialect: Dialect, settings: Settings, host: Host) -> Words:
    """What uses the GPU, or keeps 0.9 from one that nobody asked for: with an nvcc around it would compile
    for it at each start (its issue 791). On Apple silicon the GPU is the default, and `-ngl 0` does not
    switch it off."""
    wanted = layers(settings, host)
    if wanted:
        return tuple(word.format(wanted) for word in dialect.options["gpu_layers"])
    if host.os == "macos":
        return dialect.options.get("no_metal", ()) if wanted == 0 else ()
    return dialect.options.get("no_gpu", ())


def _possible(start: Launch, settings: Settings) -> None:
    name = start.dialect.name
    for setting, wanted, without in (
        ("mlock", settings.mlock, "--no-mlock"),
        ("embeddings", settings.embeddings, "--no-embeddings"),
        ("key_file", start.key_file, "--no-strict --api-key off" if settings.strict else "--api-key off"),
        ("alias", settings.alias, tr("--alias with the name of the model's file")),
    ):
        if wanted and not start.dialect.can(setting):
            flag = tr("key") if setting == "key_file" else f"--{setting}"
            raise UsageError(
                "{name} knows no {flag}",
                "choose: bootstrap {without}",
                name=name,
                flag=flag,
                without=without,
            )
    if start.dialect.address[0] == "-l" and ":" in start.host:
        raise UsageError(
            "{name} listens on IPv4 addresses only", "choose: bootstrap --host 127.0.0.1", name=name
        )


def alias(model: Model, settings: Settings, dialect: Dialect) -> str:
    """The name under which the server presents its model, and by which we know it for ours."""
    if not dialect.can("alias"):
        return model.file.rpartition(".")[0]
    return settings.alias or model.name


def api_base(settings: Settings) -> str:
    """The address that clients use: of this machine, also when the server listens on all."""
    host = reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/v1"
