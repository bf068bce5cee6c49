"""A user's profile on the rig's Windows, and the installer run in it as its user would run it."""

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import IO

from tests.world import ROOT, free_port

DISK = Path(os.environ.get("WINDOWS", "/nowhere"))  # C:
PYTHON = os.environ.get("WINDOWS_PYTHON", "")


class Windows:
    """home: the profile; port: one that is free; catalogue: what can be installed."""

    def __init__(self, catalogue: Path, **environment: str) -> None:
        self.home = DISK / "users" / os.environ["USER"]
        self.catalogue = catalogue
        self.port = free_port()
        self.bootstrap = [name(PYTHON), "-P", "-m", "bootstrap"]
        self.environment = os.environ | {
            "PYTHONPATH": name(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "error",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
            **environment,
        }

    @property
    def data(self) -> Path:
        return self.home / "AppData" / "Local" / "commit-polish"

    def install(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """`bootstrap` with this world's catalogue and port."""
        wanted = ("--catalogue", name(self.catalogue), "--port", str(self.port))
        return self.run("install", *wanted, *arguments, check=check)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """`bootstrap ARGUMENTS`; with check, it has to succeed."""
        return self.program(*self.bootstrap, *arguments, check=check)

    def program(self, *argv: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess:
        """Any program of this Windows, to its end: what it has left running may have its pipes, in wine."""
        process = self.start(*argv)
        heard = [_Listener(stream) for stream in (process.stdout, process.stderr)]
        status = process.wait(timeout=timeout)
        done = subprocess.CompletedProcess(argv, status, *(listener.text() for listener in heard))
        assert not check or status == 0, f"{argv}: {status}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *argv: str) -> subprocess.Popen:
        """Any program of this Windows; no regular file may be its stream, wine's Python dies of that."""
        return subprocess.Popen(
            ["windows", *argv],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def status(self) -> dict:
        """The last line of `bootstrap status --json`."""
        return json.loads(self.run("status", "--json").stdout.splitlines()[-1])


class _Listener(threading.Thread):
    """Hears a stream to its end, if that comes soon after the end of the program."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.stream, self.heard = stream, b""
        self.start()

    def run(self) -> None:
        while data := self.stream.read1(1 << 16):
            self.heard += data

    def text(self) -> str:
        self.join(0.3)
        return self.heard.decode("cp1252", "replace").replace("\r\n", "\n")


def name(path: Path | str) -> str:
    """A path of Linux as Windows programs know it."""
    text = str(path)
    if text.startswith(f"{DISK}/"):
        return "C:" + text[len(str(DISK)) :].replace("/", "\\")
    return "Z:" + text.replace("/", "\\")
