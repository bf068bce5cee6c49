"""What is to be started at login, and the commands that start and stop it."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.messages import later

if TYPE_CHECKING:
    from bootstrap.paths import Paths


START = later("start the server")  # what the actions that do it are called
STOP = later("stop the server")


@dataclass(frozen=True)
class Service:
    """What is to be started. generation: changes whenever a running server would be out of date."""

    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    home: Path
    config_home: Path  # where the system's own configuration is, such as ~/.config
    run_script: Path
    logs: Path
    generation: str
    at_login: bool = True
    now: bool = True
    linger: bool = False  # also while its user is not logged in
    launcher: tuple[str, ...] = ()  # what starts bootstrap without a window, where it is to keep the server
    account: str = ""  # whose logon starts it, where the system has to be told
    mark: str = "--server"  # a word of its command line by which run.sh knows it
    tidy: tuple[str, ...] = ()  # removes what it leaves when it is killed: before each start, after each end
    ended_by_others: bool = False  # that it has ended well does not mean that it was to end
    confined: bool = True  # it needs no rights that it has not at its start: a container's program does

    @property
    def tidied(self) -> tuple[str, ...]:
        """argv for a manager that has no words for `tidy`: docker takes no name twice, whoever was killed."""
        if not self.tidy:
            return self.argv
        script = f'{shlex.join(self.tidy)} >/dev/null 2>&1 </dev/null; exec "$@"'
        return ("/bin/sh", "-c", script, "sh", *self.argv)

    @property
    def lingers(self) -> bool:
        """Nothing lingers that is not started."""
        return self.linger and self.at_login


@dataclass(frozen=True)
class Control:
    """The commands that start, stop and restart it; `alive` has status 0 while it runs, `enabled` while
    it is registered to start by itself (no command: it never does); `pid` prints its process number;
    `logs` shows what it says, `follow` keeps showing."""

    start: tuple[str, ...]
    stop: tuple[str, ...]
    restart: tuple[str, ...]
    alive: tuple[str, ...]
    enabled: tuple[str, ...]
    pid: tuple[str, ...]
    logs: tuple[str, ...]
    follow: tuple[str, ...]
    log: str = ""  # the file with what it says, where no command shows it


def generation_of(*texts: str) -> str:
    """A short text that changes whenever one of these does."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def surroundings(paths: Paths) -> tuple[tuple[str, str], ...]:
    """Variables of a llamafile: it unpacks its loader below our own directory, and builds its modules for
    GPUs there, which it would otherwise leave in the home directory (~/.llamafile)."""
    return (("TMPDIR", str(paths.loader)), ("HOME", str(paths.loader)))


def describe(argv: tuple[str, ...], paths: Paths, generation: str, *, at_login: bool, now: bool) -> Service:
    """The server as a service of this user."""
    return Service(
        argv=argv,
        environment=surroundings(paths),
        home=paths.home,
        config_home=paths.config.parent,
        run_script=paths.run_script,
        logs=paths.logs,
        generation=generation,
        at_login=at_login,
        now=now,
    )


def registered(about: dict[str, Any], paths: Paths) -> Service:
    """The service that the receipt's facts tell of."""
    service = describe(tuple(about["argv"]), paths, "", at_login=about["at_login"], now=True)
    return replace(
        service,
        environment=tuple((name, value) for name, value in about.get("environment", service.environment)),
        config_home=Path(about.get("config_home", service.config_home)),
        launcher=tuple(about.get("launcher", ())),
    )
