"""A repository on a machine where all but the hook is installed, and commits that count who ran."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.polish.repository import Repository, launcher, write_executable
from tests.world import clean_environment

WORDS = "Fixed the login bug."
POLISHED = "fix: fix the login bug"


@dataclass
class Project(Repository):
    """said_by: what the last `bootstrap` printed on both streams."""

    said_by: str = ""

    @classmethod
    def new(cls, home: Path, name: str = "project") -> "Project":
        home.mkdir(parents=True, exist_ok=True)
        project = cls(home, home / name, launcher(home / "programs" / "bootstrap"), clean_environment(home))
        project.git("init", "--quiet", "--initial-branch=main", str(project.path), cwd=home)
        return project

    def machine(self, api_base: str) -> None:
        """What an installation leaves: settings, and a receipt that names the program."""
        self.configure(api_base)
        write_receipt(self.home, self.program)

    def bootstrap(self, *arguments: str, status: int = 0, cwd: Path | None = None, **more: str) -> str:
        """`bootstrap ARGUMENTS` in the repository; what it prints as its result."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bootstrap", *arguments],
            check=False,
            cwd=cwd or self.path,
            env=self.environment | more,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        self.said_by = done.stdout + done.stderr
        assert done.returncode == status, self.said_by
        return done.stdout

    def tool(self, *argv: str, check: bool = True, **more: str) -> str:
        """Another program, in the repository; what it says."""
        done = subprocess.run(
            argv,
            check=False,
            cwd=self.path,
            env=self.environment | more,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, (argv, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def state(self) -> tuple[str, str]:
        """What `hook status` says of this repository: the state and the hint."""
        data = json.loads(self.bootstrap("hook", "status", "--json").splitlines()[-1])
        assert len(data["repositories"]) == 1, data
        return data["repositories"][0]["state"], data["repositories"][0]["hint"]

    def polishes(self, *arguments: str) -> bool:
        """Whether a commit is polished, and by one start of the program only."""
        before = self.starts
        message = self.commit("-m", WORDS, *arguments)
        assert message in {WORDS, POLISHED}
        assert self.starts - before == (message == POLISHED)
        return message == POLISHED

    def foreign(self, name: str, text: str) -> Path:
        """A hook of the user's own, which appends its text to `ran`."""
        self.hooks.mkdir(exist_ok=True)
        return write_executable(self.hooks / name, f"#!/bin/sh\necho {text} >>ran\n")

    def ran(self) -> list[str]:
        """What hooks of the user's own have written since the last question."""
        file = self.path / "ran"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def hook_files(self) -> dict[str, bytes]:
        """The hooks, without git's samples."""
        files = self.hooks.iterdir() if self.hooks.is_dir() else ()
        return {file.name: file.read_bytes() for file in files if file.suffix != ".sample"}


def write_receipt(home: Path, program: Path) -> None:
    """One entry, so that taking the hook out does not take all out; undoing it does nothing."""
    state = home / ".local" / "state" / "commit-polish"
    state.mkdir(parents=True, exist_ok=True)
    (state / "nothing").mkdir(exist_ok=True)
    sweep = {"kind": "Sweep", "path": str(state / "nothing"), "patterns": ["nothing"]}
    entry = {"group": "install", "status": "done", "memory": {"patterns": ["nothing"]}, "action": sweep}
    about = {"program": str(program), "aliases": []}
    receipt = {"format": 1, "about": about, "made": [], "entries": [entry]}
    (state / "receipt.json").write_text(json.dumps(receipt))
