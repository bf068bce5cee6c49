"""Addresses and ports that a server listens on, tried out: whether one could, and who is there already."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from pathlib import Path

from bootstrap.errors import BootstrapError, ServerError
from bootstrap.host import ports
from bootstrap.polish import client, key

HIGHEST_PORT = 65535


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
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    with socket.socket(ports.family_of(host), socket.SOCK_STREAM) as probe:
        if exclusive:  # Windows would share a port with whoever does not mind
            probe.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE or (exclusive and error.errno == errno.EACCES):
                return not exclusive and _is_left(host, port)
            raise ServerError(
                "cannot listen on {host} port {port}: {strerror}",
                "choose another --host or --port",
                host=host,
                port=port,
                strerror=error.strerror or error,
            ) from error
    return True


def free_port_near(host: str, port: int) -> int:
    """A port that a server could listen on, the nearest one above; 0 if there is none."""
    for candidate in range(port + 1, min(port + 100, HIGHEST_PORT + 1)):
        with contextlib.suppress(ServerError):  # one that is forbidden
            if port_is_free(host, candidate):
                return candidate
    return 0


def _is_left(host: str, port: int) -> bool:
    """A server that has just ended keeps the port, but not from its successor; a program that only calls
    others from this port shares it with nobody."""
    shared = any(ports.is_shared(host, port, option) for option in (ports.SHARING, ports.REUSING))
    return shared and ports.refuses(host, port)


def answers_as(address: str, key_file: str = "") -> list[str]:
    """The names of the models that a server there presents; [] where none answers. key_file: where the key
    is that it asks for."""
    try:
        return client.models(address, timeout=2, api_key=key.read(Path(key_file)) if key_file else None)
    except BootstrapError:
        return []
