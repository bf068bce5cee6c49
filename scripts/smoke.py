#!/usr/bin/env python3
"""Does a built file run on this machine? `python3 scripts/smoke.py FILE [--may-refuse]`

In an empty home, where it must leave nothing behind. With --may-refuse it may also say that this machine
cannot run a model, as it does on Windows on ARM64: it still has to say so in its own way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bootstrap import __version__

HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")


class Failed(Exception):  # noqa: N818  # as the user sees it
    """What the file did that it should not do."""


def main(argv: list[str]) -> int:
    files = [Path(word) for word in argv if word != "--may-refuse"]
    if len(files) != 1 or not files[0].is_file():
        print("error: give one built file\nhelp: python3 scripts/smoke.py FILE", file=sys.stderr)
        return 2
    try:
        smoke(files[0].absolute(), may_refuse="--may-refuse" in argv)
    except Failed as failed:
        print(f"error: {files[0]}: {failed}\nhelp: run it by hand in an empty home", file=sys.stderr)
        return 1
    return 0


def smoke(file: Path, *, may_refuse: bool) -> None:
    """Raises Failed."""
    command = [sys.executable, str(file)] if file.suffix == ".pyz" else [str(file)]
    with tempfile.TemporaryDirectory() as home:
        said = _run(command, ["--version"], home, {0})
        if said != f"bootstrap {__version__}\n":
            raise Failed(f"--version says {said!r}")
        if "uninstall" not in _run(command, ["--help"], home, {0}):
            raise Failed("--help knows no commands")
        plan = _last(_run(command, ["--dry-run", "--json"], home, {0, 1} if may_refuse else {0}), "--dry-run")
        if not (plan.get("actions") or (plan.get("message") and plan.get("hint"))):
            raise Failed(f"--dry-run has no plan: {plan}")
        checks = _last(_run(command, ["doctor", "--json"], home, {0, 1}), "doctor")
        if not checks.get("checks"):
            raise Failed(f"doctor has checked nothing: {checks}")
        if left := sorted(path.name for path in Path(home).iterdir()):
            raise Failed(f"it left {', '.join(left)} in the home")
    print(f"{file.name}: it runs; {plan.get('message') or str(len(plan['actions'])) + ' actions'}")


def _run(command: list[str], arguments: list[str], home: str, wanted: set[int]) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment |= dict.fromkeys(HOMES, home)
    try:
        done = subprocess.run(
            [*command, *arguments], env=environment, cwd=home, capture_output=True, timeout=300, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"it does not start, or not end: {error}") from error
    if done.returncode not in wanted:
        words = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise Failed(f"{' '.join(arguments)} ends with {done.returncode}: {words}")
    return done.stdout.decode().replace("\r\n", "\n")


def _last(lines: str, what: str) -> dict[str, object]:
    try:
        return [json.loads(line) for line in lines.splitlines()][-1]
    except (ValueError, IndexError) as error:
        raise Failed(f"{what} --json does not speak JSON: {lines!r}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
