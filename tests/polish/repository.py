"""A real repository with the hook in it, and commits made as people make them."""

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.world import ROOT, clean_environment

HOOK = ROOT / "hook_template" / "prepare-commit-msg"
KEPT = {"COMMIT_POLISH_ORIG", "COMMIT_POLISH_RESULT"}
NO_MODEL = "commit-polish: message left as it was: "


def script(program: Path, pause: Path, suggest: bool = False) -> str:
    """The hook for this program, as the installer makes it."""
    text = HOOK.read_text("utf-8").replace("@PROGRAM@", shlex.quote(str(program)))
    text = text.replace("@SUGGEST@", "yes" if suggest else "no")
    return text.replace("@PAUSE@", shlex.quote(str(pause)))


def launcher(path: Path) -> Path:
    """A program that runs `bootstrap polish` as the installed one does; it counts its starts."""
    run = "import sys; from bootstrap.polish.command import main; sys.exit(main(sys.argv[2:]))"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "#!/bin/sh\n"
        f"echo x >>{shlex.quote(str(path))}.starts\n"
        f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -c {shlex.quote(run)} "$@"\n'
    )
    path.chmod(0o755)
    return path


def write_executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@dataclass
class Repository:
    """path: its work tree; said: the stderr of the last commit, or of a git command after it."""

    home: Path
    path: Path
    program: Path
    environment: dict[str, str] = field(default_factory=dict)
    said: str = ""

    @classmethod
    def new(cls, home: Path, name: str = "project") -> "Repository":
        home.mkdir(parents=True, exist_ok=True)
        repository = cls(
            home, home / name, launcher(home / "our program's" / "bootstrap"), clean_environment(home)
        )
        repository.path.mkdir()
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.install("prepare-commit-msg")
        return repository

    @property
    def directory(self) -> Path:
        return self.path / ".git"

    @property
    def pause(self) -> Path:
        """Until when the hook asks no server."""
        return self.home / ".local" / "state" / "commit-polish" / "pause"

    @property
    def hooks(self) -> Path:
        return self.directory / "hooks"

    def install(self, *names: str) -> None:
        shutil.rmtree(self.hooks, ignore_errors=True)
        self.hooks.mkdir()
        for name in names:
            write_executable(self.hooks / name, script(self.program, self.pause))

    def configure(self, api_base: str, more: str = "") -> None:
        """Write config.toml."""
        config = self.home / ".config" / "commit-polish" / "config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        self.pause.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            '[ai]\nmodel = "llamafile/gemma-3-4b"\n\n'
            f'[llamafile]\napi_base = "{api_base}"\n\n[hook]\nstage = "prepare-commit-msg"\n{more}'
        )

    def git(
        self, *arguments: str, check: bool = True, stdin: str = "", cwd: Path | None = None, **more: str
    ) -> str:
        done = subprocess.run(
            ["git", *arguments],
            check=False,
            cwd=cwd or self.path,
            env=self.environment | more,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        self.said = done.stderr
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def polish(self, *arguments: str, cwd: Path | None = None) -> str:
        """What the program itself prints, called without the hook's script."""
        argv = [str(self.program), "polish", *arguments]
        done = subprocess.run(
            argv,
            check=True,
            cwd=cwd or self.path,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
        )
        self.said = done.stderr
        return done.stdout

    def stage(self, name: str = "login.py", content: str | None = None) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content or f"{self.starts}{name}{len(list(self.path.iterdir()))}\n" + self.head())
        self.git("--literal-pathspecs", "add", "--", name)

    def commit(self, *arguments: str, stage: bool = True, **more) -> str:
        """Commit a change; the whole message that came of it."""
        if stage:
            self.stage()
        self.git("commit", "--quiet", *arguments, **more)
        said = self.said
        message = self.message()
        self.said = said
        return message

    def message(self, revision: str = "HEAD") -> str:
        return self.git("log", "-1", "--format=%B", revision).rstrip("\n")

    def head(self) -> str:
        return self.git("rev-parse", "--verify", "HEAD", check=False).strip()

    @property
    def starts(self) -> int:
        """How often the program was started."""
        log = self.program.with_name(self.program.name + ".starts")
        return len(log.read_text()) // 2 if log.exists() else 0

    def leftovers(self) -> list[str]:
        """Files of ours in the git directory but what is kept for `bootstrap undo`."""
        return sorted(
            path.name
            for path in self.directory.iterdir()
            if "POLISH" in path.name.upper() and path.name not in KEPT
        )


def stand_in(repository: Repository, monkeypatch) -> None:
    """The test's own process is where a hook of this repository would be."""
    monkeypatch.chdir(repository.path)
    for name, value in repository.environment.items():
        monkeypatch.setenv(name, value)
