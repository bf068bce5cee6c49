"""Real git for the rig's Windows: what its git.exe is asked is done by the Linux beside it, with paths as Git
for Windows has them, and a repository in which Linux's sh can follow those."""

import contextlib
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.rigs.windows_world import DISK, PYTHON, name


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The port at which git is asked."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        done = subprocess.run(
            ["git", *map(_of_linux, asked["argv"])],
            check=False,
            cwd=_of_linux(asked["cwd"]),
            env=os.environ | {variable: _of_linux(text) for variable, text in asked["variables"].items()},
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        stdout = done.stdout.replace(os.fsencode(DISK), b"C:")
        answer = {"status": done.returncode, "stdout": stdout.hex(), "stderr": done.stderr.hex()}
        self.wfile.write(json.dumps(answer).encode())


def _of_linux(text: str) -> str:
    path = re.sub(r"^[Cc]:(?=[\\/])", lambda _: str(DISK), text)
    return path if path == text else path.replace("\\", "/")


def repository(directory: Path, shims: Path) -> Path:
    """A fresh one with a staged file, where C:/ and Z:/ lead to what Git for Windows would find there; the
    Python for Windows is one that Linux can start. shims: a directory for that."""
    subprocess.run(["git", "init", "--quiet", directory], check=True)
    (directory / "C:").symlink_to(DISK)
    (directory / "Z:").symlink_to(shims)
    python = shims / PYTHON.lstrip("/")
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nexec windows '{name(PYTHON)}' \"$@\"\n")
    python.chmod(0o755)
    (directory / ".git" / "info" / "exclude").write_text("?:\n")
    (directory / "login.py").write_text("print('hello')\n")
    subprocess.run(["git", "-C", directory, "add", "."], check=True)
    return directory


@contextlib.contextmanager
def startable(program: Path) -> Iterator[None]:
    """A program for Windows that Linux's sh can start, too."""
    moved = program.with_name(f"really-{program.name}")
    program.rename(moved)
    try:
        program.write_text(f"#!/bin/sh\nexec windows '{name(moved)}' \"$@\"\n")
        program.chmod(0o755)
        yield
    finally:
        moved.replace(program)


def committed(repository: Path, words: str, environment: dict[str, str]) -> str:
    """Commit what is staged, with the hook: the message that it has then."""
    identity = ("-c", "user.name=A U Thor", "-c", "user.email=author@example.com")
    git = ["git", "-C", str(repository), *identity]
    subprocess.run([*git, "commit", "--quiet", "-m", words], env=environment, check=True)
    said = subprocess.run([*git, "log", "-1", "--format=%B"], capture_output=True, text=True, check=True)
    return said.stdout.strip()
