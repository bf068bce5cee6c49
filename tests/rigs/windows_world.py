"""A user's profile on the rig's Windows, and the installer run in it as its user would run it."""

import json
import os
import subprocess
from pathlib import Path

from tests.world import ROOT, free_port

DISK = Path(os.environ.get("WINDOWS", "/nowhere"))  # C:
PYTHON = os.environ.get("WINDOWS_PYTHON", "")


class Windows:
    """home: the profile; port: one that is free; catalogue: what can be installed."""

    def __init__(self, catalogue: Path, **environment: str) -> None:
        self.home = DISK / "users" / os.environ["USER"]
        self.catalogue = catalogue
        self.port = free_port()
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
        return self.program(name(PYTHON), "-P", "-m", "bootstrap", *arguments, check=check)

    def program(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess:
        """Any program of this Windows."""
        done = subprocess.run(
            ["windows", *argv],
            check=False,
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        done.stdout, done.stderr = (
            said.decode("cp1252", "replace").replace("\r\n", "\n") for said in (done.stdout, done.stderr)
        )
        assert not check or done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def status(self) -> dict:
        """The last line of `bootstrap status --json`."""
        return json.loads(self.run("status", "--json").stdout.splitlines()[-1])


def name(path: Path | str) -> str:
    """A path of Linux as Windows programs know it."""
    text = str(path)
    if text.startswith(f"{DISK}/"):
        return "C:" + text[len(str(DISK)) :].replace("/", "\\")
    return "Z:" + text.replace("/", "\\")
