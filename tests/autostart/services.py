"""Services of users with all kinds of homes, and nobody to listen."""

import os
from pathlib import Path, PurePosixPath

import pytest

from bootstrap.autostart.service import Service, describe
from bootstrap.paths import Paths

posix = pytest.mark.skipif(os.name == "nt", reason="a script for sh")

HOSTILE = {
    "plain": "ann",
    "spaces": "two  words ",
    "percent": "100%h %% %n%",
    "dollar": "$HOME ${USER} $$ $(id) `id`",
    "quotes": "it's \"so\" 'or' so\"",
    "backslash": "back\\slash \\n \\\\ \\",
    "unicode": "Zoë 日本 🦙",
    "dashes": "-rf --server",
    "shell": "a;b & (c) > d | *? [e] #f !g ~",
    "template": "@ARGV@ @LOGS@ @ENVIRONMENT@",
}


def service_in(home: Path, *, at_login: bool = True, now: bool = True) -> Service:
    """The server of a user with this home."""
    share, state = home / ".local" / "share" / "commit-polish", home / ".local" / "state" / "commit-polish"
    paths = Paths(home, home / ".config" / "commit-polish", share, state, home / ".local" / "bin")
    argv = (
        *("/bin/sh", str(paths.llamafile("0.9.3")), "--server", "--nobrowser"),
        *("--port", "8080", "-m", str(paths.models / "tiny.gguf"), "-a", "tiny"),
    )
    return describe(argv, paths, "generation", at_login=at_login, now=now)


PLAIN = service_in(PurePosixPath("/home/ann"))
HOMES = [pytest.param(PurePosixPath("/home", name), id=kind) for kind, name in HOSTILE.items()]


class Silent:
    """Nobody to tell how far an action is."""

    def advance(self, done: int, total: int | None) -> None: ...

    def say(self, text: str) -> None: ...
