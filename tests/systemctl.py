"""Plays `systemctl --user`: it starts what the unit file says that it has read, and remembers its process.

SYSTEMCTL_STATE: a directory for what a manager keeps in memory; FAILS: the number of the call that fails.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

STATE = Path(os.environ["SYSTEMCTL_STATE"])
READ, PID, CALLS = STATE / "unit", STATE / "pid", STATE / "calls"
UNIT = "commit-polish.service"


def main(words: list[str]) -> int:
    calls = int(CALLS.read_text()) + 1 if CALLS.exists() else 1
    CALLS.write_text(str(calls))
    if calls == int(os.environ.get("FAILS", "0")):
        print("played", file=sys.stderr)
        return 1
    verb = next(word for word in words if not word.startswith("-"))
    place = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "systemd", "user")
    wanted = place / "default.target.wants" / UNIT
    if verb == "daemon-reload":
        READ.unlink(missing_ok=True)
        if (place / UNIT).exists():
            shutil.copy(place / UNIT, READ)
    elif verb == "enable":
        wanted.parent.mkdir(exist_ok=True)
        wanted.unlink(missing_ok=True)
        wanted.symlink_to(place / UNIT)
    elif verb == "disable":
        wanted.unlink(missing_ok=True)
    elif verb == "is-enabled":
        return 0 if wanted.is_symlink() else 1
    elif verb == "is-active":
        return 0 if alive() else 3
    elif verb == "show":
        print(PID.read_text() if alive() else 0)
    elif verb in {"start", "stop", "restart"}:
        return drive(verb)
    return 0


def drive(verb: str) -> int:
    if not READ.exists() and not (verb == "stop" and alive()):
        print(f"Unit {UNIT} not found.", file=sys.stderr)
        return 5
    if verb != "start":
        stop()
    if verb != "stop" and not alive():
        unit = READ.read_text()
        both = (re.findall(f"^{key}=(.*)$", unit, re.MULTILINE) for key in ("Environment", "ExecStart"))
        variables, command = both
        environment = dict(word.split("=", 1) for word in unescaped(" ".join(variables)))
        argv = [word.replace("$$", "$") for word in unescaped(command[0])]
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        process = subprocess.Popen(argv, env=dict(os.environ) | environment, start_new_session=True, **quiet)
        PID.write_text(str(process.pid))
    return 0


def unescaped(text: str) -> list[str]:
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', text)
    return [re.sub(r"\\(.)", r"\1", quoted or plain).replace("%%", "%") for quoted, plain in words]


def stop() -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + 10
        while alive() and time.monotonic() < end:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(PID.read_text()), number)
            time.sleep(0.02)


def alive() -> bool:
    """Whether it runs: a process that has ended and that nobody waits for has no command line."""
    try:
        return bool(Path("/proc", PID.read_text(), "cmdline").read_bytes())
    except OSError:
        return False


sys.exit(main(sys.argv[1:]))
