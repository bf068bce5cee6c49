"""One port, one server: who holds it is named, and ours never share it."""

import errno
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import lock, server
from bootstrap.host import ports
from tests.world import World, free_port

PROC = Path("/proc/net/tcp").exists()
RUN = [sys.executable, "-P", "-m", "bootstrap", "run"]

# ---- who it is ----------------------------------------------------------------------------------

LISTEN = "import socket, sys; s = socket.create_server(('{}', {}), family={}); print(flush=True); input()"


@pytest.mark.skipif(not PROC, reason="told by /proc")
@pytest.mark.parametrize(
    ("address", "family"), [("127.0.0.1", "socket.AF_INET"), ("0.0.0.0", "socket.AF_INET")]
)
def test_a_process_that_listens_is_named(address: str, family: str) -> None:
    port = free_port()
    argv = [sys.executable, "-c", LISTEN.format(address, port, family)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        found = ports.holder(port)
        other.communicate(b"\n")
    assert found
    assert (found.pid, found.name.startswith("python")) == (other.pid, True)
    assert str(other.pid) in str(found)


def test_nobody_is_nobody() -> None:
    assert ports.holder(free_port()) is None


@pytest.mark.skipif(not PROC, reason="told by /proc")
def test_who_only_calls_out_does_not_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.socket() as caller:
        caller.bind(("127.0.0.1", free_port()))
        caller.connect(other.getsockname())
        assert ports.holder(caller.getsockname()[1]) is None


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0
"""


def test_a_table_of_sockets() -> None:
    assert list(ports.listeners(TABLE, 8080)) == [("4711", 1000)]
    assert list(ports.listeners(TABLE, 22)) == [("4713", 0)]
    assert list(ports.listeners(TABLE, 50000)) == []
    assert list(ports.listeners("", 8080)) == []


def test_what_lsof_says() -> None:
    assert ports.from_lsof("p3120\ncControlCenter\nf10\n") == ports.Holder(3120, "ControlCenter")
    assert ports.from_lsof("") is None


def test_what_sockstat_says() -> None:
    said = (
        "USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS\n"
        "root     sshd       911   4  tcp4   *:22                  *:*\n"
        "www      nginx      1234  6  tcp4   127.0.0.1:8080        *:*\n"
    )
    assert ports.from_sockstat(said, 8080) == ports.Holder(1234, "nginx", "www")
    assert ports.from_sockstat(said, 80) is None
    assert ports.from_sockstat("www  nginx  1234  6  udp4  127.0.0.1:8080  *:*\n", 8080) is None


def test_what_netstat_says_in_any_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_windows_name", lambda pid: f"name of {pid}")
    said = (
        "\nAktive Verbindungen\n\n"
        "  Proto  Lokale Adresse         Remoteadresse          Status           PID\n"
        "  TCP    127.0.0.1:8080         127.0.0.1:50000        HERGESTELLT     1111\n"
        "  TCP    127.0.0.1:8080         0.0.0.0:0              ABHÖREN         5678\n"
    )
    assert ports.from_netstat(said, 8080) == ports.Holder(5678, "name of 5678")
    assert ports.from_netstat(said, 808) is None


def test_whoever_it_is_there_are_words_for_it() -> None:
    assert str(ports.Holder(123, "nginx")) == "nginx (process 123)"
    assert str(ports.Holder(123)) == "a program (process 123)"
    assert str(ports.Holder(user="bob")) == "a program of the user bob"
    assert str(ports.Holder()) == "another program"


# ---- what the user is told ----------------------------------------------------------------------


@pytest.mark.skipif(not PROC, reason="told by /proc")
def test_the_holder_is_named_and_the_port_offered_is_free(world: World) -> None:
    with (
        socket.create_server(("127.0.0.1", world.port)),
        socket.create_server(("127.0.0.1", world.port + 1)),
    ):
        said = world.install(check=False)
        assert said.returncode == 1
        assert f"(process {os.getpid()})" in said.stderr
        offered = re.search(r"--port (\d+)", said.stderr)
        assert offered
        assert int(offered[1]) > world.port + 1
        assert server.port_is_free("127.0.0.1", int(offered[1]))


def test_no_port_is_offered_where_there_is_none() -> None:
    assert server.free_port_near("127.0.0.1", server.HIGHEST_PORT) == 0
    assert "--port 0" not in server.taken(server.HIGHEST_PORT, "", (), 0).hint


# ---- never two of ours --------------------------------------------------------------------------

posix = pytest.mark.skipif(os.name == "nt", reason="no directory can be locked")


@pytest.fixture
def loading(world: World) -> Iterator[World]:
    """`bootstrap run` in another window, with a model that takes its time: nothing listens yet."""
    world.install("--no-start")
    holder = "import sys, pathlib; from bootstrap import lock; lock.keep(pathlib.Path(sys.argv[1])); "
    argv = [sys.executable, "-c", holder + "print(flush=True); input()", str(world.data / "loader")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        yield world
        other.communicate(b"\n")


@posix
@pytest.mark.parametrize("command", ["run", "start", "restart", "install"])
def test_a_server_in_the_foreground_gets_no_companion(loading: World, command: str) -> None:
    said = loading.install(check=False) if command == "install" else loading.run(command, check=False)
    assert said.returncode == 1, said
    assert "foreground" in said.stderr
    assert "Ctrl-C" in said.stderr
    assert loading.status()["server"]["running"], "in the other window"
    assert not (loading.state / "logs" / "server.pid").exists(), "and only there"


@posix
def test_the_program_that_run_becomes_keeps_the_lock(world: World) -> None:
    world.install("--no-start")
    loader = world.data / "loader"
    with subprocess.Popen(RUN, env=world.environment, stderr=subprocess.DEVNULL) as running:
        try:
            end = time.monotonic() + 20
            while not world.status()["server"]["ready"]:
                assert time.monotonic() < end
            assert lock.is_kept(loader)
            said = world.run("run", check=False)
            assert (said.returncode, "foreground" in said.stderr) == (1, True)
            assert world.run("start").returncode == 0, "it answers already"
            assert world.install(check=False).returncode == 1
        finally:
            running.terminate()
    assert not lock.is_kept(loader)
    world.run("start")
    assert world.status()["server"]["ready"]


@posix
def test_a_server_in_the_foreground_is_not_said_to_be_stopped_or_gone(world: World) -> None:
    world.install("--no-start")
    before = world.receipt.read_bytes()
    with subprocess.Popen(RUN, env=world.environment, stderr=subprocess.DEVNULL) as running:
        try:
            end = time.monotonic() + 20
            while not world.status()["server"]["ready"]:
                assert time.monotonic() < end
            assert world.status()["server"]["running"]
            for command in ("stop", "uninstall"):
                said = world.run(command, check=False)
                assert (said.returncode, "foreground" in said.stderr) == (1, True)
            assert world.receipt.read_bytes() == before
        finally:
            running.terminate()
    assert not world.status()["server"]["running"]


@posix
def test_a_file_system_without_locks_does_not_look_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    assert not lock.is_kept(tmp_path)
    lock.keep(tmp_path)


@posix
def test_a_stranger_on_the_port_keeps_run_from_drifting_to_the_next(world: World) -> None:
    world.install("--no-start")
    with socket.create_server(("127.0.0.1", world.port)):
        said = world.run("run", check=False)
        assert said.returncode == 1
        assert "taken" in said.stderr
    assert "foreground" not in said.stderr
