#!/usr/bin/env python3
"""Everything a developer does, on a machine with Python 3.11+, git and a package index:

    python3 scripts/dev.py run      bootstrap itself, from this checkout (arguments go to it)
    python3 scripts/dev.py demo     the whole main job in a throwaway home
    python3 scripts/dev.py test     check, then all tests but the slow ones (arguments go to pytest, such as
                                    `-m slow`)
    python3 scripts/dev.py kills    a SIGKILL before and after every change of every kind of run, then the
                                    same again or uninstall, of which the tests try a few; or faults: a full
                                    disk, a command or a rename that fails (arguments go to pytest)
    python3 scripts/dev.py rigs     bootstrap under real systems, with seconds and, where one cannot be
                                    here, the reason: systemd, boot, cron, openrc, noexec, desktop, wine,
                                    arm64, podman, docker (or those named)
    python3 scripts/dev.py check    format, lint, types
    python3 scripts/dev.py format   rewrite the code in the project's format
    python3 scripts/dev.py lock     pin the newest versions that fit pyproject.toml
    python3 scripts/dev.py translations  bring the list of all messages and its translations up to date
    python3 scripts/dev.py build    into dist: the one file that needs no Python, an archive for any Python,
                                    a wheel
    python3 scripts/dev.py sbom     what is in a built FILE, as CycloneDX
    python3 scripts/dev.py bench    hook: what it costs a commit, start: how big and fast the one file is,
                                    download: what we cost beside curl and aria2, on this machine (--json)
    python3 scripts/dev.py eval     polish: how well a model polishes, and whether what is promised of any
                                    model holds (--server URL)
    python3 scripts/dev.py picture  the README's picture of a real run

It makes .venv when it is needed; `run` is content with a small one in .cache.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / ".cache" / "build"  # what goes into the one file, and what makes it
RIVALS = ROOT / ".cache" / "bench"  # what it is compared with
SMALL = ROOT / ".cache" / "venv"  # what bootstrap needs to run, and no more
INSIDE = "Scripts/python.exe" if os.name == "nt" else "bin/python"
PYTHON = VENV / INSIDE
PINS = ROOT / "scripts" / "constraints.txt"
SOURCES = ["bootstrap", "scripts", "tests"]


def main(argv: list[str]) -> int:
    if sys.version_info < (3, 11):
        sys.exit("error: Python 3.11 or newer is needed\nhelp: run this with a newer python3")
    commands = {
        "run": start,
        "demo": demo,
        "test": test,
        "kills": kills,
        "rigs": rigs,
        "check": check,
        "format": rewrite,
        "lock": lock,
        "translations": translations,
        "build": build,
        "sbom": sbom,
        "bench": bench,
        "eval": evaluate,
        "picture": picture,
    }
    if not argv or argv[0] not in commands:
        sys.exit(__doc__)
    return commands[argv[0]](argv[1:])


def start(arguments: list[str]) -> int:
    prepare(SMALL, [])
    return subprocess.run([SMALL / INSIDE, "-P", "-m", "bootstrap", *arguments], check=False).returncode


def demo(arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.demo", *arguments)


def build(arguments: list[str]) -> int:
    """All forms, the same bytes from the same sources: with its own environment, in which nothing else is."""
    prepare(BUILD, ["--group", "build"])
    python, into = BUILD / INSIDE, Path(arguments[0] if arguments else "dist").absolute()
    into.mkdir(parents=True, exist_ok=True)
    os.environ |= {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": "0"}  # 1980, where zip files begin
    freeze = [python, "-m", "PyInstaller", "--clean", "--noconfirm", "--log-level", "ERROR"]
    places = ["--workpath", ROOT / ".cache" / "pyinstaller", "--distpath", into]
    return (
        run(python, "-m", "scripts.translations", "compile")
        or run(*freeze, *places, "build/bootstrap.spec")
        or run(python, "build/archive.py", into / "bootstrap.pyz")
        or run(python, "-m", "hatchling", "build", "--directory", into)
    )


def translations(arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.translations", *arguments)


def sbom(arguments: list[str]) -> int:
    prepare(BUILD, ["--group", "build"])
    return run(BUILD / INSIDE, "-m", "scripts.sbom", *arguments)


def bench(arguments: list[str]) -> int:
    prepare()
    if arguments[:1] in (["download"], ["start"]) and build([]):  # they are about the one file, too
        return 1
    if arguments[:1] == ["start"]:
        prepare(RIVALS, ["--group", "rivals"])
    argv = [str(PYTHON), "-m", "scripts.bench", *arguments]
    if os.name != "nt":
        # It cleans up after a signal, so it gets every signal itself and all the time it needs.
        os.chdir(ROOT)
        os.execv(PYTHON, argv)
    return run(*argv)


def evaluate(arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.eval", *arguments)


def picture(_arguments: list[str]) -> int:
    prepare()
    return run(PYTHON, "-m", "scripts.picture")


def test(arguments: list[str]) -> int:
    # Tests wait as long as they work, so there are twice as many processes as processors; those of one file
    # stay together, because what they share is made once. pytest comes last: its summary is the last line.
    workers = str((os.cpu_count() or 1) * 2)
    everything = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not slow"]
    # They start ours thousands of times, and where nobody keeps what Python compiles, each would do it again.
    compiled = [PYTHON, "-m", "compileall", "-q", "bootstrap"]
    return check([]) or run(*compiled) or run(PYTHON, "-m", "pytest", *(arguments or everything))


def kills(arguments: list[str]) -> int:
    """All states that `test` tries some of, and how many there were. Other arguments go to pytest."""
    prepare()
    which = "faults" if arguments[:1] == ["faults"] else "kills"
    with tempfile.TemporaryDirectory() as directory:
        told = Path(directory, "told")
        os.environ |= {"KILLS": which, "KILLS_TOLD": str(told)}
        workers = str((os.cpu_count() or 1) + 1)
        everything = ["-q", "-n", workers, "tests/test_kill.py", "tests/test_kill_upgrade.py"]
        more = arguments[1:] if which == "faults" else arguments
        status = run(PYTHON, "-m", "pytest", *everything, *more)
        tried = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    for name in dict.fromkeys(one["name"] for one in tried):
        print(f"{name:18} {sum(one['name'] == name for one in tried):5} states")
    failures = [one["problem"] for one in tried if one["problem"]]
    print(f"{len(tried)} states tried, {len(failures)} failures")
    return status


def rigs(arguments: list[str]) -> int:
    """One line for each scenario, also for the slow ones that `test` leaves out."""
    prepare()
    files = {path.stem.removeprefix("test_rigs_"): path for path in sorted(ROOT.glob("tests/test_rigs_*.py"))}
    if unknown := [name for name in arguments if name not in files]:
        sys.exit(f"error: no rig is called {unknown[0]}\nhelp: there are {', '.join(files)}")
    wanted = [files[name] for name in arguments or files]
    return run(PYTHON, "-m", "pytest", "-vv", "-rs", "--durations=0", "--durations-min=0.1", *wanted)


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


def prepare(venv: Path = VENV, group: list[str] = ["--group", "dev"], *, upgrade: bool = False) -> None:  # noqa: B006
    """Make a virtual environment, or bring it up to date, when what it is made from has changed."""
    made_from = (ROOT / "pyproject.toml").read_bytes() + PINS.read_bytes() + sys.version.encode()
    wanted = hashlib.sha256(made_from).hexdigest()
    stamp = venv / "commit-polish-stamp"
    if not upgrade and stamp.exists() and stamp.read_text() == wanted and (venv / INSIDE).exists():
        return
    print(f"preparing {venv.relative_to(ROOT)} (once; up to two minutes)", file=sys.stderr, flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=False).returncode:
        sys.exit("error: no virtual environment could be made\nhelp: on Debian: apt install python3-venv")
    pip = [
        venv / INSIDE,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--constraint",
        PINS,
    ]
    for what in (["pip>=25.1"], ["--editable", ".", *group]):
        if subprocess.run([*pip, *what], cwd=ROOT, check=False).returncode:
            sys.exit("error: a package could not be installed\nhelp: see the lines above")
    stamp.write_text(wanted)


def run(*argv: str | Path) -> int:
    return subprocess.run(argv, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
