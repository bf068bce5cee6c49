"""Starts a llamafile, or its stand-in, the way it is really started, and ends it afterwards."""

import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a started process sees of ours: PATH, never the real home."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), **(more or {})}


def command(file: Path, port: int, form: str = "v1") -> list[str]:
    """How a server of this form is started on a port, but for its model: "v1" and "v2" of llamafile 0.9.3,
    llamafile "0.10", or the program "llama-server"."""
    place = ["--host", "127.0.0.1", "--port", str(port)]
    return {
        "v1": ["/bin/sh", str(file), "--server", "--nobrowser", "--log-disable", *place],
        "v2": ["/bin/sh", str(file), "--server", "--v2", "-l", f"127.0.0.1:{port}"],
        "0.10": ["/bin/sh", str(file), "--server", *place],
        "llama-server": [str(file), *place],
    }[form]


@contextmanager
def running(
    file: Path, *args: str, env: Mapping[str, str] | None = None, home: Path, form: str = "v1"
) -> Iterator[str]:
    """The base URL, without a slash at its end, of a ready server; `env` is added to PATH and HOME.

    `args` go behind those that `command` has for its `form`: at least `-m MODEL`. RuntimeError with its
    output when it ends before it is ready, or is not ready in 20 seconds.
    """
    port = free_port()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*command(file, port, form), *args],
            cwd=home,
            env=environment(home, env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, output, "/v1/models" if form in ("v1", "v2") else "/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen, port: int, output: IO[bytes], path: str) -> None:
    deadline = time.monotonic() + 20
    while not answers(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise RuntimeError(f"no server on port {port} (status {process.returncode}):\n{said}")
        time.sleep(0.01)


def answers(port: int, path: str = "/v1/models") -> bool:
    """Whether a server on this port of the loopback interface answers this."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
