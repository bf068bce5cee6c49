"""Ports of this machine: who listens on one, as far as the system tells us, and who could."""

from __future__ import annotations

import contextlib
import csv
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import system
from bootstrap.host import texts
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Iterator


# options of sockets that listen: of llamafile's and llama.cpp's servers; of docker's and podman's
SHARING, REUSING = "SO_REUSEPORT", "SO_REUSEADDR"


@dataclass(frozen=True)
class Holder:
    """A process that listens. Systems do not tell everything about other users' processes."""

    pid: int | None = None
    name: str = ""
    user: str = ""

    def __str__(self) -> str:
        """In words, such as "nginx (process 123)"."""
        number = f" (process {self.pid})" if self.pid else ""
        if self.name or self.pid:
            return f"{self.name or 'a program'}{number}"
        return tr("a program of the user {user}", user=self.user) if self.user else tr("another program")


def reachable(host: str) -> str:
    """The address at which a server that listens there is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def family_of(host: str) -> socket.AddressFamily:
    """IPv6 by its colons; everything else is IPv4, as for llamafile."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_shared(host: str, port: int, option: str) -> bool:
    """Whether a server could listen there that sets this option of sockets, where there is one. For a minute
    after its end a server's connections keep the port (TIME_WAIT), but not from one that sets the same."""
    with socket.socket(family_of(host), socket.SOCK_STREAM) as successor:
        successor.setsockopt(socket.SOL_SOCKET, getattr(socket, option, socket.SO_REUSEADDR), 1)
        try:
            successor.bind((host, port))
        except OSError:
            return False
    return True


def refuses(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket(family_of(host), socket.SOCK_STREAM) as caller:
        caller.settimeout(2)
        try:
            caller.connect((reachable(host), port))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def holder(port: int) -> Holder | None:
    """Who listens on this TCP port; None where nobody does or nothing is told."""
    if Path("/proc/net/tcp").exists():
        return _by_proc(port)
    if os.name == "nt":
        netstat = system.windows_program("netstat.exe")
        return from_netstat(texts.said(netstat, "-ano", "-p", "TCP") or "", port)
    if system.find("lsof"):
        return from_lsof(texts.said("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc") or "")
    # the options that FreeBSD's and NetBSD's have in common; OpenBSD has none
    return from_sockstat(texts.said("sockstat", "-l", "-p", str(port)) or "", port)


def listeners(table: str, port: int) -> Iterator[tuple[str, int]]:
    """The inodes and users of the sockets that listen there, from the text of /proc/net/tcp (proc(5))."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9], int(fields[7])


def from_lsof(said: str) -> Holder | None:
    """One field a line, its letter in front: lsof(8), "output for other programs"."""
    fields: dict[str, str] = {}
    for line in said.splitlines():
        fields.setdefault(line[:1], line[1:])
    pid = fields.get("p", "")
    return Holder(int(pid), fields.get("c", "")) if pid.isdigit() else None


def from_sockstat(said: str, port: int) -> Holder | None:
    """Columns of sockstat(1): user, command, process, descriptor, protocol, local address, other one."""
    for line in said.splitlines():
        fields = line.split()
        local = len(fields) > 5 and fields[4].startswith("tcp") and fields[5]
        if local and fields[2].isdigit() and local.endswith((f":{port}", f".{port}")):
            return Holder(int(fields[2]), fields[1], fields[0])
    return None


def from_netstat(said: str, port: int) -> Holder | None:
    """Columns of `netstat -ano`: protocol, local address, other one, state (in the user's language), process.
    Who listens has no other one."""
    for line in said.splitlines():
        fields = line.split()
        if len(fields) == 5 and fields[1].endswith(f":{port}") and fields[2].endswith(":0"):
            return Holder(int(fields[4]), _windows_name(fields[4]))
    return None


def _windows_name(pid: str) -> str:
    said = texts.said(system.windows_program("tasklist.exe"), "/fi", f"PID eq {pid}", "/fo", "csv", "/nh")
    rows = [row for row in csv.reader((said or "").splitlines()) if len(row) > 1 and row[1] == pid]
    return rows[0][0] if rows else ""


def _by_proc(port: int) -> Holder | None:
    tables = [texts.of(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    found = {inode: uid for table in tables for inode, uid in listeners(table, port)}
    if not found:
        return None
    wanted = {f"socket:[{inode}]" for inode in found}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # other users' descriptors are not for us, and processes end
            if any(str(entry.readlink()) in wanted for entry in (process / "fd").iterdir()):
                return Holder(int(process.name), texts.of(process / "comm").strip())
    return Holder(user=_user(next(iter(found.values()))))


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
