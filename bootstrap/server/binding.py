"""Addresses and ports that a server listens on, tried out: whether one could, and who is there already."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from pathlib import Path

from bootstrap.errors import BootstrapError, ServerError
from bootstrap.polish import client, key

HIGHEST_PORT = 65535


def reachable(host: str) -> str:
    """The address at which a server that listens there is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def is_open(host: str) -> bool:
    """Whether other machines reach a server that listens there; a name but localhost may be any of ours."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


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
    # as llamafile does (0.9.3: SO_REUSEPORT, where there is one), or as podman and docker do
    options = {getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR), socket.SO_REUSEADDR}
    if not any(_is_shared(family, host, port, option) for option in options):
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


def _is_shared(family: int, host: str, port: int, option: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as successor:
        successor.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            successor.bind((host, port))
        except OSError:
            return False
    return True


def answers_as(address: str, key_file: str = "") -> list[str]:
    """The names of the models that a server there presents; [] where none answers. key_file: where the key
    is that it asks for."""
    try:
        return client.models(address, timeout=2, api_key=key.read(Path(key_file)) if key_file else None)
    except BootstrapError:
        return []
