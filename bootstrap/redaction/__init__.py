"""What a text that is handed to others must not tell: whose it is, on which machine, and any secret.

One function of text, so that whatever is to be pasted goes through the same door. What it takes out is
replaced by `~` (the home), `~user`, `~host` or `[hidden]`. When in doubt it is taken out.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.redaction.secrets import HIDDEN, hidden
from bootstrap.redaction.spelling import NOT_LONGER, spellings, without_home, without_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["HIDDEN", "NOT_LONGER", "Redaction", "harmless", "homes", "of_here", "without_home"]

# names that many have and that tell nothing, and words of our own: without them no report makes sense
_NOBODY = {
    "root", "user", "users", "admin", "administrator", "guest", "test", "tester", "dev", "developer",
    "docker", "runner", "ubuntu", "debian", "fedora", "alpine", "arch", "linux", "windows", "macos",
    "darwin", "freebsd", "openbsd", "netbsd", "localhost", "localdomain", "local", "home", "host",
    "bootstrap", "llamafile", "server", "model", "models", "hook", "hooks", "git", "python", "system",
    "systemd", "memory", "backend", "port", "pi", "vagrant", "vscode", "nobody", "daemon", "default",
    "service", "error", "warning",
}  # fmt: skip
_CONTROL = re.compile(
    r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# homes of whomever
_SOMEBODYS = re.compile(
    r"(?i)((?:(?<![\w.~-])/(?:home|users|export/home|var/home|usr/home|media|run/media)/"
    r"|[a-z]:(?:\\{1,4}|/)(?:users|documents and settings)(?:\\{1,4}|/)|/[a-z]/users/))"
    r"""(?!~|(?:public|shared|default|all users)\b)[^/\\\s"':;,<>|]+"""
)
_SECRET_VARIABLE = re.compile(r"TOKEN|SECRET|PASSW|API_?KEY|CREDENTIAL|PRIVATE", re.IGNORECASE)


@dataclass(frozen=True)
class Redaction:
    """homes: directories; names: of the user's accounts; hosts: of this machine; secrets: as they are."""

    homes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        """The text without all that, and without control characters."""
        text = harmless(text)
        for secret in sorted(self.secrets, key=len, reverse=True):
            for spelt in spellings(secret):
                text = text.replace(spelt, HIDDEN)
        text = without_home(hidden(text), self.homes)
        text = _SOMEBODYS.sub(r"\1~user", text)
        text = without_words(text, filter(_tells, self.hosts), "~host")
        return without_words(text, filter(_tells, self.names), "~user")


def of_here(more_secrets: Iterable[str] = ()) -> Redaction:
    """For this user on this machine. more_secrets: what else must not be told, such as keys of ours."""
    host = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    secrets = {value.strip() for name, value in os.environ.items() if _SECRET_VARIABLE.search(name)}
    return Redaction(
        homes=tuple(homes()),
        names=tuple(_account_names()),
        hosts=(host, host.partition(".")[0]),
        secrets=(*(value for value in secrets if len(value) >= 8), *filter(None, more_secrets)),
    )


def harmless(text: str) -> str:
    """The text without control characters, and with one kind of line ends."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def homes() -> Iterator[str]:
    """This user's home, by its names."""
    wanted = [os.environ.get("HOME", ""), os.environ.get("USERPROFILE", "")]
    with contextlib.suppress(RuntimeError):  # neither HOME nor an entry for this user
        wanted.append(str(Path.home()))
    for home in dict.fromkeys(wanted):
        if len(home) > 1:
            yield home
            yield os.path.realpath(home)


def _tells(name: str) -> bool:
    return name.lower() not in _NOBODY


def _account_names() -> Iterator[str]:
    """What this user is called here, also below sudo."""
    yield from filter(None, map(os.environ.get, ("USER", "LOGNAME", "USERNAME", "SUDO_USER")))
    for home in map(Path, homes()):
        if home.parent.name.lower() in {"home", "homes", "users"}:
            yield home.name
    if hasattr(os, "getuid"):
        import pwd

        with contextlib.suppress(KeyError):
            account = pwd.getpwuid(os.getuid())
            yield account.pw_name
            yield account.pw_gecos.partition(",")[0].strip()
