"""The whole main job in a throwaway home: install, a polished commit, other clients, upgrade, uninstall.

Downloads come from a mirror on loopback: a stand-in that behaves as llamafile does, with a real llama.cpp
engine and a tiny model made on the spot. Everything else is real.
"""

import contextlib
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from tests import mirror, standin
from tests.world import clean_environment, free_port, tree

MEGABYTE = 1_000_000
WIDTH = 80


class Demo:
    """Shows commands and what they print, in one home."""

    def __init__(self, console: Console, home: Path) -> None:
        self.console = console
        self.home = home
        self.environment = clean_environment(home)
        # the home's own program first: it is there after the first install, and hooks call it too
        path = [str(home / ".local" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment |= {"PATH": os.pathsep.join(path), "PYTHONWARNINGS": "ignore", "GIT_PAGER": "cat"}
        self.environment["TERM"] = os.environ.get("TERM", "dumb")

    def heading(self, text: str) -> None:
        self.console.print()
        self.console.print(f"[bold]{text}[/]")

    def show(self, command: str, cwd: Path | None = None, *, silent: bool = False) -> str:
        """Run a command as typed, with its output. Raises SystemExit where it fails."""
        if not silent:
            self.console.print(Text.assemble(("$ ", "green"), (command, "bold cyan")))
        argv = ["sh", "-c", command]
        if self.console.is_terminal and not self.console.record and not silent:
            status, text = (
                subprocess.run(argv, env=self.environment, cwd=cwd or self.home, check=False).returncode,
                "",
            )
        else:
            status, text = self._in_a_plain_terminal(argv, cwd or self.home)
            if not silent:
                self.console.print(Text(text.rstrip("\n")), highlight=False, soft_wrap=True)
        if status:
            sys.exit(f"the demo failed at: {command}\n{text}")
        return text

    def _in_a_plain_terminal(self, argv: list[str], cwd: Path) -> tuple[int, str]:
        """As on a terminal that cannot move its cursor: so what is captured is what a person would see."""
        ours, theirs = pty.openpty()
        environment = self.environment | {"TERM": "dumb", "COLUMNS": str(WIDTH)}
        with subprocess.Popen(
            argv, env=environment, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs
        ) as child:
            os.close(theirs)
            parts = []
            with contextlib.suppress(OSError):  # Linux ends a closed terminal with an error
                while part := os.read(ours, 65536):
                    parts.append(part)
            os.close(ours)
        return child.returncode, b"".join(parts).decode().replace("\r\n", "\n")


@contextlib.contextmanager
def stage(console: Console) -> Iterator[tuple[Demo, mirror.Mirror]]:
    """A home and a mirror, both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bootstrap-demo-", ignore_cleanup_errors=True) as top:
        home, shelf = Path(top, "home"), Path(top, "mirror")
        home.mkdir()
        shelf.mkdir()
        for version in ("0.9.2", "0.9.3"):
            standin.build(shelf / f"llamafile-{version}", version=version, size=40 * MEGABYTE)
        # random weights know nothing: of all seeds this one happens to find the first commit a fix
        standin.make(shelf / "tiny-model.gguf", seed=23)
        with mirror.serving(shelf, rate=40 * MEGABYTE) as running:
            demo = Demo(console, home)
            demo.environment["BOOTSTRAP_CATALOGUE"] = str(home.parent / "catalogue.toml")
            demo.environment["BOOTSTRAP_PORT"] = str(free_port())
            try:
                yield demo, running
            finally:
                if shutil.which("bootstrap", path=str(home / ".local" / "bin")):
                    demo.show("bootstrap stop", silent=True)


def play(demo: Demo, running: mirror.Mirror) -> None:
    """The whole story. Raises SystemExit at the first thing that is not as promised."""
    catalogue = Path(demo.environment["BOOTSTRAP_CATALOGUE"])
    project = demo.home / "project"
    demo.show(
        "git init --quiet project && echo 'ok = True' >project/login.py && git -C project add .", silent=True
    )
    before = tree(demo.home)

    demo.heading("1. One command: from nothing to a model that answers")
    running.catalogue(catalogue, {"0.9.2": "llamafile-0.9.2"}, {"tiny": "tiny-model.gguf"})
    demo.show("bootstrap --repo project")

    demo.heading("2. Commit as always; the type comes from the model, the words stay yours")
    demo.show("git commit --quiet -m 'Fixed the login bug.' -m 'Closes #12'", project)
    demo.show("git log -1 --format=%B", project)

    demo.heading("3. Other programs use the same server")
    url = f"http://127.0.0.1:{demo.environment['BOOTSTRAP_PORT']}/v1/models"
    demo.show(f"curl --silent {url}" if shutil.which("curl") else f"python3 -m urllib.request {url}")

    demo.heading("4. A newer llamafile is out: the same command upgrades")
    running.catalogue(catalogue, {"0.9.3": "llamafile-0.9.3"}, {"tiny": "tiny-model.gguf"})
    demo.show("bootstrap")
    demo.show("bootstrap  # and once more")

    demo.heading("5. Without the server a commit keeps its words, and is never lost")
    demo.show("bootstrap stop")
    demo.show("git commit --quiet --allow-empty -m 'Removed the old parser.'", project)
    demo.show("git log -1 --format=%s", project)

    demo.heading("6. Everything back as it was")
    demo.show("bootstrap uninstall --quiet")
    left = {name for name, value in tree(demo.home).items() if before.get(name) != value}
    left = {name for name in left if not name.startswith("project/.git/")}
    if left or (project / ".git" / "hooks" / "prepare-commit-msg").exists():
        sys.exit(f"the demo failed: left behind: {sorted(left)}")
    demo.console.print("[green]compared:[/] the home is byte for byte what it was, but for the two commits")


def main() -> int:
    perform(Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False))
    return 0


def perform(console: Console) -> None:
    """The demo, on this console."""
    started = time.monotonic()
    console.print(
        Panel(
            "A throwaway home and a mirror on loopback. The model is a tiny one made on the spot, with random"
            " weights, behind a real llama.cpp engine: its choices mean nothing, all else is real.",
            title="bootstrap demo",
        )
    )
    with stage(console) as (demo, running):
        play(demo, running)
    console.print(f"\n[bold]done[/] in {time.monotonic() - started:.0f} s, nothing is left")


if __name__ == "__main__":
    sys.exit(main())
