"""A throwaway home on this machine, and the installer run in it as a user would run it."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = [
    "basename", "cat", "chmod", "cp", "date", "dd", "dirname", "env", "git", "gzip", "head", "ln", "mkdir",
    "mv", "nohup", "ps", "readlink", "rm", "sed", "sh", "sleep", "tail", "tr", "uname", "wc",
]  # fmt: skip


class World:
    """home: the throwaway home; port: one that is free; catalogue: what can be installed; bootstrap: the
    words that start it."""

    def __init__(self, home: Path, catalogue: Path, environment: dict[str, str] | None = None) -> None:
        self.home = home
        self.catalogue = catalogue
        self.port = free_port()
        self.bootstrap: tuple[str, ...] = (sys.executable, "-P", "-m", "bootstrap")
        self.environment = clean_environment(home) | (environment or {})

    @property
    def config(self) -> Path:
        return self.home / ".config" / "commit-polish" / "config.toml"

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "commit-polish"

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "commit-polish"

    @property
    def receipt(self) -> Path:
        return self.state / "receipt.json"

    def install(
        self, *arguments: str, check: bool = True, prefix: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess:
        """`bootstrap` with this world's catalogue and port."""
        wanted = ("--catalogue", str(self.catalogue), "--port", str(self.port))
        return self.run("install", *wanted, *arguments, check=check, prefix=prefix)

    def run(
        self,
        *arguments: str,
        check: bool = True,
        cwd: Path | None = None,
        prefix: tuple[str, ...] = (),
        timeout: float = 120,
    ) -> subprocess.CompletedProcess:
        """`bootstrap ARGUMENTS`; with check, it has to succeed."""
        done = subprocess.run(
            [*(prefix or self.bootstrap), *arguments],
            check=False,
            env=self.environment,
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, (
            f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def git(self, directory: Path, *arguments: str, check: bool = True, **environment: str) -> str:
        """git, as this user."""
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            check=False,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def repository(self, name: str = "project") -> Path:
        """A fresh repository with one staged file."""
        path = self.home / name
        self.git(self.home, "init", "--quiet", str(path))
        (path / "login.py").write_text("print('hello')\n")
        self.git(path, "add", ".")
        return path

    def without_python(self, tools: Path) -> None:
        """From now on nothing is on PATH but the programs that we may need, in this new directory."""
        tools.mkdir()
        for name in NEEDED:
            if found := shutil.which(name):
                (tools / name).symlink_to(found)
        self.environment["PATH"] = str(tools)

    def status(self) -> dict:
        """The last line of `bootstrap status --json`."""
        return json.loads(self.run("status", "--json").stdout.splitlines()[-1])


def clean_environment(home: Path) -> dict[str, str]:
    """What a login would give, and no way out to the network."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "error",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A U Thor",
        "GIT_AUTHOR_EMAIL": "author@example.com",
        "GIT_COMMITTER_NAME": "A U Thor",
        "GIT_COMMITTER_EMAIL": "author@example.com",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def tree(directory: Path, without: tuple[str, ...] = ()) -> dict[str, tuple]:
    """Everything below a directory: kind, permissions and content of each path. without: what is not looked
    at, by its path there."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if any(name == part or name.startswith(f"{part}/") for part in without):
            continue
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()))
        elif path.is_dir():
            found[name] = ("directory", mode)
        else:
            found[name] = ("file", mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def free_port() -> int:
    """A port that nothing listens on, and from which the system lets nobody call out: those begin at
    32768 (Linux) or 49152, and one of them that was used a minute ago can be listened on by nobody."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
