"""What is kept running, and by whom: the file that says what, and the lock that its keeper holds."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import lock
from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    from typing import IO

NAME = "commit-polish"  # of what starts it at logon
LOCK, LOG = "keeper.lock", "server.log"
LITTER = (LOCK, LOG, f"{LOG}.1")  # what it leaves in the log directory


@dataclass(frozen=True)
class Kept:
    """One server. pause: seconds before it is started again after its first crash."""

    file: Path
    argv: tuple[str, ...]
    environment: dict[str, str]
    logs: Path
    pause: float = 5

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.logs / LOG

    @property
    def lock(self) -> Path:
        """Held by the keeper as long as it lives; in it the numbers of its process and the server's."""
        return self.logs / LOCK

    def lives(self) -> bool:
        """Whether there is a keeper."""
        return self.lock.exists() and lock.is_taken(self.lock)

    def numbers(self) -> tuple[int, int]:
        """The processes of the keeper and of the server, 0 for none; of the last ones if none lives."""
        with contextlib.suppress(OSError, ValueError):
            keeper, server = self.lock.read_text("ascii").split()
            return int(keeper), int(server)
        return 0, 0

    def server(self) -> int:
        """The process of a server that runs and is looked after, 0 for none."""
        return self.numbers()[1] if self.lives() else 0


def note(file: IO[bytes], keeper: int, server: int) -> None:
    """Write the numbers into the open lock file."""
    file.truncate(0)
    file.write(f"{keeper} {server}\n".encode())
    file.flush()


def text(argv: tuple[str, ...], environment: tuple[tuple[str, str], ...], logs: Path) -> str:
    """What `read` reads."""
    content = {"argv": argv, "environment": dict(environment), "logs": str(logs)}
    return json.dumps(content, indent=1) + "\n"


def read(file: Path) -> Kept:
    """Raises BootstrapError for a file that is missing or broken."""
    try:
        content = json.loads(file.read_text("utf-8"))
        return Kept(
            file,
            tuple(content["argv"]),
            content["environment"],
            Path(content["logs"]),
            content.get("pause", Kept.pause),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BootstrapError(f"{file}: {error}", "install again to repair it: bootstrap") from error
