#!/usr/bin/env python3
"""Everything a developer does, on a machine with Python 3.11+, git and a package index:

    python3 scripts/dev.py demo     the whole main job in a throwaway home
    python3 scripts/dev.py test     check, then all tests (arguments go to pytest)
    python3 scripts/dev.py check    format, lint, types
    python3 scripts/dev.py format   rewrite the code in the project's format
    python3 scripts/dev.py lock     pin the newest versions that fit pyproject.toml
    python3 scripts/dev.py build    dist/bootstrap: the one file that needs no Python
    python3 scripts/dev.py bench    hook: what it costs a commit, on this machine (--json)
    python3 scripts/dev.py picture  the README's picture of a real run

It makes .venv when it is needed. Needs nothing installed.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PINS = ROOT / "scripts" / "constraints.txt"
SOURCES = ["bootstrap", "scripts", "tests"]


def main(argv: list[str]) -> int:
    if sys.version_info < (3, 11):
        sys.exit("error: Python 3.11 or newer is needed\nhelp: run this with a newer python3")
    commands = {
        "demo": demo,
        "test": test,
        "check": check,
        "format": rewrite,
        "lock": lock,
        "bench": bench,
        "picture": picture,
    }
    if not argv or argv[0] not in commands:
        sys.exit(__doc__)
    os.chdir(ROOT)
    return commands[argv[0]](argv[1:])


def demo(arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.demo", *arguments)


def build(_arguments: list[str]) -> int:
    prepare()
    places = ["--workpath", ".cache/pyinstaller", "--distpath", "dist"]
    return run(
        PYTHON,
        "-m",
        "PyInstaller",
        "--clean",
        "--noconfirm",
        "--log-level",
        "WARN",
        *places,
        "build/bootstrap.spec",
    )


def bench(arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.bench", *arguments)


def picture(_arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.picture")


def test(arguments: list[str]) -> int:
    # pytest comes last: its summary is the last line
    return check([]) or run(PYTHON, "-m", "pytest", *arguments)


def check(_arguments: list[str]) -> int:
    prepare()
    return (
        run(PYTHON, "-m", "ruff", "format", "--quiet", "--check", *SOURCES)
        or run(PYTHON, "-m", "ruff", "check", "--quiet", *SOURCES)
        or run(PYTHON, "-m", "mypy")
    )


def rewrite(_arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "ruff", "check", "--quiet", "--fix", *SOURCES) or run(
        PYTHON, "-m", "ruff", "format", "--quiet", *SOURCES
    )


def lock(_arguments: list[str]) -> int:
    PINS.write_text("")
    prepare(upgrade=True)
    frozen = subprocess.run(
        [PYTHON, "-m", "pip", "freeze", "--exclude-editable"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    PINS.write_text(
        "# Written by `python3 scripts/dev.py lock`: the versions that the tests ran with.\n" + frozen
    )
    return 0


def prepare(*, upgrade: bool = False) -> None:
    """Make .venv, or bring it up to date, when what it is made from has changed."""
    wanted = hashlib.sha256(
        (ROOT / "pyproject.toml").read_bytes() + PINS.read_bytes() + sys.version.encode()
    ).hexdigest()
    stamp = VENV / "commit-polish-stamp"
    if not upgrade and stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    print("preparing .venv (once; a minute or two)", file=sys.stderr, flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False).returncode:
        sys.exit("error: .venv could not be made\nhelp: on Debian: apt install python3-venv")
    pip = [
        PYTHON,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--constraint",
        PINS,
    ]
    for what in (["pip>=25.1"], ["--editable", ".", "--group", "dev"]):
        if subprocess.run([*pip, *what], cwd=ROOT, check=False).returncode:
            sys.exit("error: a package could not be installed\nhelp: see the lines above")
    stamp.write_text(wanted)


def run(*argv: str | Path) -> int:
    return subprocess.run(argv, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
