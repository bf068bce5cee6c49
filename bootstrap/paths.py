"""Where every file of ours lives: what platformdirs says for `commit-polish`, and what hangs below it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

NAME = "commit-polish"


@dataclass(frozen=True)
class Paths:
    """All our directories; the rest of the layout follows from them."""

    home: Path
    config: Path
    data: Path
    state: Path
    bin: Path
    elsewhere: Path | None = None  # for what is to be started, where `data` cannot start it

    @property
    def programs(self) -> Path:
        """What is above all that is to be started: the rest of `data` need not be."""
        return self.elsewhere or self.data

    @property
    def config_file(self) -> Path:
        """What the user chose."""
        return self.config / "config.toml"

    @property
    def key_file(self) -> Path:
        """The key of the server, where we have made one."""
        return self.config / "api-key"

    @property
    def receipt_file(self) -> Path:
        """What was done here."""
        return self.state / "receipt.json"

    @property
    def lock_file(self) -> Path:
        """Held for the length of a run."""
        return self.state / "lock"

    @property
    def failure_file(self) -> Path:
        """What the last run that failed had to say."""
        return self.state / "last-failure.log"

    @property
    def logs(self) -> Path:
        """What the server has to say."""
        return self.state / "logs"

    @property
    def speed_file(self) -> Path:
        """How fast the model proved to be on this machine."""
        return self.state / "speed.json"

    @property
    def pause_file(self) -> Path:
        """Until when the hook does not ask a server that has failed."""
        return self.state / "pause"

    @property
    def models(self) -> Path:
        """GGUF files, under their catalogue file names."""
        return self.data / "models"

    @property
    def catalogue_file(self) -> Path:
        """The catalogue of an offline folder, where later runs need it."""
        return self.data / "catalogue.toml"

    @property
    def loader(self) -> Path:
        """TMPDIR of the server: llamafile unpacks its loader there."""
        return self.programs / "loader"

    @property
    def hooks(self) -> Path:
        """The hook's script, where git's own configuration calls it for all repositories."""
        return self.programs / "hooks"

    @property
    def run_script(self) -> Path:
        """Keeps the server running where no service manager does."""
        return self.data / "run.sh"

    def llamafile(self, version: str) -> Path:
        """The engine of one version. Windows starts nothing that is not called .exe."""
        name = "llamafile.exe" if os.name == "nt" else "llamafile"
        return self.programs / "llamafile" / version / name

    @property
    def keeper_file(self) -> Path:
        """What Windows' keeper of the server reads."""
        return self.data / "keeper.json"

    def program(self, version: str, build: str = "") -> Path:
        """What hooks and services start as us: a directory is never filled with another build, so that what
        is in use stays whole. Without a build it starts us where we are, such as in a checkout."""
        return self.programs / "program" / f"{version}-{build or 'script'}" / "bootstrap"


def find() -> Paths:
    """Where things go for this user; `XDG_*` are honoured on Linux and the BSDs.

    Windows has no directory for what people call by name: ours is with the rest.

    A disk for large files may be mounted `noexec`. Then it starts neither llamafile nor an assimilated copy,
    wherever the loader is (tried on Linux 6): what is to be started goes to another directory of ours.
    """
    data = platformdirs.user_data_path(NAME, appauthor=False)
    found = Paths(
        home=Path.home(),
        config=platformdirs.user_config_path(NAME, appauthor=False),
        data=data,
        state=platformdirs.user_state_path(NAME, appauthor=False),
        bin=data / "bin" if os.name == "nt" else platformdirs.user_bin_path(),
    )
    if not starts_programs(found.data) and starts_programs(found.state):
        return replace(found, elsewhere=found.state)
    return found


def starts_programs(directory: Path) -> bool:
    """Whether the file system starts programs where this directory is, or will be: it is not mounted
    `noexec`. True where nobody tells: only Linux does."""
    if not hasattr(os, "ST_NOEXEC"):
        return True
    try:
        while not directory.exists() and directory != directory.parent:
            directory = directory.parent
        return not os.statvfs(directory).f_flag & os.ST_NOEXEC
    except OSError:
        return True


def shown(path: Path | str, home: Path | None = None) -> str:
    """The path as a person writes it: home as `~`."""
    text = str(path)
    prefix = str(home or Path.home())
    if text == prefix:
        return "~"
    return "~" + text[len(prefix) :] if text.startswith(prefix + os.sep) else text
