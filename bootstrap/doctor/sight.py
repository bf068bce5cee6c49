"""Everything that the checks look at: plain data, so that every check runs on every system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bootstrap.polish.speed import Speed
from bootstrap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bootstrap.actions import ProveServer
    from bootstrap.autostart.service import Control
    from bootstrap.errors import BootstrapError
    from bootstrap.hook.health import Health
    from bootstrap.host import Host
    from bootstrap.paths import Paths


@dataclass(frozen=True)
class Placed:
    """A file that was downloaded: its size in bytes then and now, None where that is not known, or where it
    is gone; touched: it was written to since; readable: by us."""

    what: str
    path: Path
    was: int | None
    now: int | None
    touched: bool = False
    readable: bool = True


@dataclass(frozen=True)
class Loose:
    """A file of ours to which others have rights that they should not have, as chmod(2) has them."""

    path: Path
    rights: int


@dataclass(frozen=True)
class Strange:
    """A file in our places that belongs to somebody else: to this user, by name or number."""

    path: Path
    owner: str


@dataclass(frozen=True)
class Sight:
    """The machine, what was installed on it, and how the server is. Sizes are bytes."""

    host: Host
    paths: Paths
    # the machine
    programs_start: bool = True  # where ours are
    temporary: str = ""  # TMPDIR of this shell, if it does not start programs
    takers: tuple[str, ...] = ()  # what else the kernel would start a llamafile with
    gpu: bool | None = None  # one was seen; None: not known
    gpu_compiler: str = ""  # nvcc, if there is one
    disk_free: int = 1 << 62
    search: tuple[str, ...] = ()  # directories in PATH
    form: str = ""  # of this program, in words
    git: tuple[int, ...] = (2, 54)  # its version; empty: there is none
    now: float = 2e9  # the clock, in seconds since 1970
    memory_lock: int | None = None  # bytes that a program of ours may keep in memory; None: no limit
    off: str = ""  # what has switched the hook off for all repositories, as it is written
    # what was installed
    receipt_error: BootstrapError | None = None
    about: Mapping[str, Any] = field(default_factory=dict)  # of the receipt; empty: nothing is installed
    unfinished: tuple[str, ...] = ()  # what the last run had begun
    settings: Settings = field(default_factory=Settings)
    settings_error: BootstrapError | None = None
    has_settings: bool = True
    placed: tuple[Placed, ...] = ()
    quarantined: tuple[Path, ...] = ()
    loader_writable: bool | None = True  # None: it is not there
    program_starts: bool = True  # what hooks call
    saved: float = 0  # when the receipt was last written, in seconds since 1970
    loose: tuple[Loose, ...] = ()
    strange: tuple[Strange, ...] = ()
    other_program: str = ""  # what a shell finds as bootstrap, where that is not ours
    health: tuple[Health, ...] = ()  # of the hooks
    # the server
    control: Control | None = None
    proof: ProveServer | None = None
    running: bool = False
    enabled: bool = False
    foreground: bool = False  # `bootstrap run`
    names: tuple[str, ...] = ()  # of the models at its address
    drifted: int = 0  # the port where it answers instead
    holder: str = ""  # who has its port, in words
    other_port: int = 0  # one that is free
    said: str = ""  # the end of its log
    log: Path | None = None  # the file with what it says, where there is one
    log_size: int = 0
    speed: Speed = field(default_factory=Speed)  # as its proof has measured it
    paused: bool = False  # the hook does not ask it, for a minute
    key_file: str = ""  # where the key is with which it is asked
    key: bytes | None = None  # what is in it, None where it cannot be read
    key_changed: bool = False  # since the server was started with it

    @property
    def argv(self) -> tuple[str, ...]:
        """What starts the server."""
        return tuple(self.about.get("argv", ()))

    @property
    def attached(self) -> bool:
        """The server is somebody else's."""
        return bool(self.about) and not self.argv

    @property
    def answers(self) -> bool:
        """Our server does, at its address."""
        return self.about.get("alias") in self.names

    def option(self, flag: str) -> str:
        """The value of an option of the server; "" where it has none."""
        return dict(zip(self.argv, self.argv[1:], strict=False)).get(flag, "")
