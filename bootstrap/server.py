"""The llamafile command line, which belongs to the version, and who holds the port."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING

from bootstrap.errors import HostError, ServerError
from bootstrap.host import version_of
from bootstrap.polish import client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bootstrap.catalogue import Model
    from bootstrap.host import Host
    from bootstrap.settings import Settings

HIGHEST_PORT = 65535


def command_line(
    version: str, binary: Path, model: Model, model_path: Path, settings: Settings
) -> tuple[str, ...]:
    """What starts the server. Raises HostError for a version whose options are not known.

    A model with the llamafile around it is named by nothing: its file knows it.

    The file is an APE: only a shell starts it everywhere (a direct execve gives ENOEXEC); on
    Windows it is an .exe and is started as it is.
    """
    if not (0, 9) <= version_of(version) < (0, 10):
        raise HostError(
            f"llamafile {version} takes other options than 0.9, and they are not known yet",
            "use --llamafile 0.9.3",
        )
    start = (str(binary),) if binary.suffix == ".exe" else ("/bin/sh", str(binary))
    argv = [
        *start, "--server", "--nobrowser", "--log-disable",
        "--host", settings.host, "--port", str(settings.port),
        *(() if model.engine else ("-m", str(model_path))), "-a", alias(model, settings),
        "-c", str(settings.ctx_size), "--slots-endpoint-disable",
    ]  # fmt: skip
    for flag, value in (
        ("-t", settings.threads),
        ("-tb", settings.threads_batch),
        ("-ngl", settings.gpu_layers),
        ("--chat-template", model.chat_template),
    ):
        if value is not None:
            argv += [flag, str(value)]
    if settings.parallel > 1:
        argv += ["-cb", "-np", str(settings.parallel)]
    if settings.mlock:
        argv.append("--mlock")
    if "@" in str(model_path) and not model.engine:
        raise HostError(
            f"llamafile cannot open a path with @ in it: {model_path}",
            "choose another XDG_DATA_HOME",
        )
    return tuple(argv)


def graphics(host: Host, settings: Settings) -> tuple[str, ...]:
    """What keeps 0.9 from a GPU that nobody asked for: with an nvcc around it would compile for it at each
    start (its issue 791). On Apple silicon the GPU is the default, and `-ngl 0` does not switch it off."""
    if host.os == "macos":
        return ("--gpu", "disable") if settings.gpu_layers == 0 else ()
    return () if settings.gpu_layers else ("--nocompile",)


def alias(model: Model, settings: Settings) -> str:
    """The name under which the server presents its model, and by which we know it for ours."""
    return settings.alias or model.name


def api_base(settings: Settings) -> str:
    """The address that clients use: of this machine, also when the server listens on all."""
    host = reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/v1"


def reachable(host: str) -> str:
    """The address at which a server that listens there is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there, found out by a bind: llamafile's own would share the port.

    Raises ServerError when the address itself cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if exclusive:  # Windows would share a port with whoever does not mind
            probe.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE or (exclusive and error.errno == errno.EACCES):
                return not exclusive and _nobody_listens(family, host, port)
            raise ServerError(
                f"cannot listen on {host} port {port}: {error.strerror or error}",
                "choose another --host or --port",
            ) from error
    return True


def taken(port: int, holder: str, serving: Sequence[str], other_port: int) -> ServerError:
    """That somebody else has the port. holder: who, in words; serving: the models that it serves;
    other_port: one that is free, 0 if none was found."""
    models = f", and serves {serving[0]}" if serving else ""
    return ServerError(
        f"port {port} is taken by {holder or 'another program'}{models}",
        f"choose another one: --port {other_port}" if other_port else "choose another one with --port",
    )


def in_the_foreground() -> ServerError:
    """That another one of ours would share the port with the one that somebody watches."""
    return ServerError("the server runs in the foreground (bootstrap run)", "end it there, with Ctrl-C")


def out_of_reach(backend: str, alias: str, address: str) -> ServerError:
    """That our server answers, and yet who has started it says that it does not run: from here it cannot be
    asked, as after `su`."""
    return ServerError(
        f"{alias} answers at {address}, and {backend} does not know of it here",
        "run this in the session in which it was installed, or end that server first",
    )


def free_port_near(host: str, port: int) -> int:
    """A port that a server could listen on, the nearest one above; 0 if there is none."""
    for candidate in range(port + 1, min(port + 100, HIGHEST_PORT + 1)):
        with contextlib.suppress(ServerError):  # one that is forbidden
            if port_is_free(host, candidate):
                return candidate
    return 0


def _nobody_listens(family: int, host: str, port: int) -> bool:
    """A server that has just ended keeps the port for a minute (TIME_WAIT), but not from its successor,
    which shares it; a program that only calls others from this port shares it with nobody."""
    with socket.socket(family, socket.SOCK_STREAM) as successor:
        # as llamafile does (0.9.3: SO_REUSEPORT, where there is one)
        shared = getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR)
        successor.setsockopt(socket.SOL_SOCKET, shared, 1)
        try:
            successor.bind((host, port))
        except OSError:
            return False
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(2)
        try:
            caller.connect((reachable(host), port))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def answers_as(address: str) -> list[str]:
    """The names of the models that a server there presents; [] where none answers."""
    try:
        return client.models(address, timeout=2)
    except ServerError:
        return []
