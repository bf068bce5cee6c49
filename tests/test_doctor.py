"""Each check says what is wrong, on any system, from what was seen."""

from dataclasses import replace
from typing import Any

import pytest

from bootstrap import __version__
from bootstrap.actions import (
    Close,
    CreateDirectory,
    Discard,
    ProveServer,
    RunCommand,
    Shorten,
    Unquarantine,
)
from bootstrap.autostart.service import Control
from bootstrap.doctor import CHECKS, examine
from bootstrap.doctor.sight import Loose, Placed, Sight, Strange
from bootstrap.errors import ReceiptError, SettingsError
from bootstrap.hook.health import Health
from bootstrap.polish.key import problem as key_problem
from bootstrap.polish.speed import Speed
from bootstrap.settings import Settings
from tests.test_plan import LINUX, MACHINES, PATHS

ARGV = ("/bin/sh", str(PATHS.llamafile("0.9.3")), "--server", "--host", "127.0.0.1", "--port", "8080")
ABOUT: dict[str, Any] = {
    "version": __version__,
    "program": str(PATHS.bin / "bootstrap"),
    "llamafile": {"version": "0.9.3", "path": "x", "sha256": "y"},
    "model": {"name": "tiny", "path": "x", "sha256": "y", "size": 1000},
    "api_base": "http://127.0.0.1:8080/v1",
    "alias": "tiny",
    "backend": "systemd",
    "argv": [*ARGV, "--nocompile"],
    "at_login": True,
}
ENGINE = Placed("llamafile 0.9.3", PATHS.llamafile("0.9.3"), 300, 300)
MODEL = Placed("tiny", PATHS.models / "tiny.gguf", 1000, 1000)
START = ("start",)
CONTROL = Control(START, START, START, START, START, START, START, START)
PROOF = ProveServer("http://127.0.0.1:8080/v1", "tiny", PATHS.speed_file, "g")
GOOD = Sight(
    host=LINUX,
    paths=PATHS,
    search=(str(PATHS.bin),),
    about=ABOUT,
    placed=(ENGINE, MODEL),
    health=(Health("/home/ann/project", ("prepare-commit-msg",)),),
    control=CONTROL,
    proof=PROOF,
    running=True,
    enabled=True,
    names=("tiny",),
)
LOG = PATHS.logs / "server.log"
SILENT = {"names": (), "running": False}
MAC, WINDOWS = MACHINES["launchd"], replace(LINUX, os="windows", os_version="10.0.19045")
EXE = replace(ENGINE, path=PATHS.data / "llamafile.exe")


def about(**changes: Any) -> dict[str, Any]:
    return {"about": ABOUT | changes}


def argv(*more: str) -> dict[str, Any]:
    return about(argv=[*ARGV, *more])


# what is seen, the check that has to notice, how bad it is, words of what is said, words of the hint
BAD: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    "openbsd": (
        {"host": replace(LINUX, os="openbsd", os_version="7.5")},
        "machine",
        "error",
        "7.3",
        "FreeBSD",
    ),
    "no gzip": ({"host": replace(LINUX, missing=("gzip",))}, "machine", "error", "gzip", "install gzip"),
    "no cc": ({"host": replace(MAC, missing=("cc",))}, "machine", "error", "Command Line", "xcode-select"),
    "no avx": (
        {"host": replace(LINUX, cpu_flags=frozenset({"sse2"}))},
        *("machine", "error", "AVX", "pass the host's processor through"),
    ),
    "wsl 1": ({"host": replace(LINUX, wsl=1)}, "machine", "error", "WSL 1", "wsl --set-version"),
    "sudo": (
        {"host": replace(LINUX, user="0", sudo_user="ann")},
        *("machine", "error", "root through sudo", "as ann, without sudo"),
    ),
    "noexec": ({"programs_start": False}, "noexec", "error", "noexec", "XDG_DATA_HOME"),
    "tmpdir": ({"temporary": "/tmp"}, "tmpdir", "warning", "TMPDIR is /tmp", f"TMPDIR={PATHS.loader} sh "),
    "wine": ({"takers": ("wine",)}, "binfmt", "warning", "wine", f"sh {PATHS.bin / 'llamafile'}"),
    "memory": (
        about(model={"name": "m", "size": 15 << 30}),
        "memory",
        "warning",
        "m has",
        "bootstrap models",
    ),
    "mlock": (
        {"memory_lock": 999} | argv("--mlock"),
        *("mlock", "warning", "--mlock is to keep", "bootstrap --no-mlock"),
    ),
    "clock": ({"now": 60.0}, "clock", "warning", "the clock of this machine is behind", "set the clock"),
    "clock, later": ({"now": 1.9e9, "saved": 1.91e9}, "clock", "warning", "is behind", "set the clock"),
    "disk": ({"disk_free": 1 << 20}, "disk", "warning", "only 1.0 MB", "free some space"),
    "no gpu": ({"gpu": False} | argv("-ngl", "99"), "gpu", "warning", "none was found", "--gpu-layers off"),
    "compiles": (
        {"gpu_compiler": "/n/nvcc"} | argv("-ngl", "9"),
        "gpu",
        "warning",
        "/n/nvcc",
        "--gpu-layers off",
    ),
    "compiles for nobody": ({"gpu_compiler": "/n/nvcc"} | argv(), "gpu", "warning", "no GPU", "bootstrap"),
    "nothing": (
        {"about": {}, "has_settings": False},
        "receipt",
        "error",
        "nothing is installed",
        "bootstrap",
    ),
    "no receipt": ({"about": {}}, "receipt", "error", "is gone", "install again"),
    "bad receipt": ({"receipt_error": ReceiptError("bad", "do")}, "receipt", "error", "bad", "do"),
    "killed": ({"unfinished": ("download x",)}, "finished", "error", "download x", "bootstrap"),
    "old": (about(version="0.0.1"), "version", "warning", "0.0.1", "bootstrap"),
    "bad settings": ({"settings_error": SettingsError("line 3", "do")}, "settings", "error", "line 3", "do"),
    "no settings": ({"has_settings": False}, "settings", "error", "config.toml is gone", "bootstrap"),
    "edited": ({"settings": Settings(port=9000)}, "changed", "warning", ":9000/v1", "bootstrap"),
    "gone": (
        {"placed": (ENGINE, replace(MODEL, now=None))},
        "files",
        "error",
        "tiny.gguf is gone",
        "bootstrap",
    ),
    "cut": ({"placed": (replace(MODEL, now=9),)}, "files", "error", "9 bytes instead of 1000", "bootstrap"),
    "touched": ({"placed": (replace(MODEL, touched=True),)}, "files", "warning", "written to", "verify"),
    "closed": ({"placed": (replace(MODEL, readable=False),)}, "files", "error", "not readable", "bootstrap"),
    "antivirus": (
        {"host": WINDOWS, "placed": (replace(EXE, now=None),)},
        *("files", "error", "antivirus", "Protection history"),
    ),
    "locked": (
        {"host": WINDOWS, "placed": (replace(EXE, readable=False),)},
        *("files", "error", "not readable: most likely an antivirus", "Protection history"),
    ),
    "quarantine": ({"host": MAC, "quarantined": (ENGINE.path,)}, "quarantine", "error", "macOS", "xattr -d"),
    "no loader": ({"loader_writable": None}, "loader", "warning", "loader is gone", "doctor --fix"),
    "bad loader": ({"loader_writable": False}, "loader", "error", "not writable", "make it writable"),
    "program": ({"program_starts": False}, "program", "error", "cannot be started", "bootstrap"),
    "path": ({"search": ("/bin",)}, "path", "warning", "not in PATH", '"$PATH:$HOME/.local/bin"'),
    "path, Windows": ({"host": WINDOWS, "search": ()}, "path", "warning", "not in PATH", "Settings"),
    "other": (
        {"other_program": "/usr/bin/bootstrap"},
        *(
            "other",
            "warning",
            "finds another bootstrap first: /usr/bin/bootstrap",
            str(PATHS.bin / "bootstrap"),
        ),
    ),
    "writable": (
        {"loose": (Loose(PATHS.receipt_file, 0o004), Loose(PATHS.config_file, 0o020))},
        *("private", "error", f"others may change {PATHS.config_file}", "doctor --fix"),
    ),
    "readable": (
        {"loose": (Loose(PATHS.receipt_file, 0o004),)},
        *("private", "warning", f"others may read {PATHS.receipt_file}", "doctor --fix"),
    ),
    "root's": (
        {"strange": (Strange(PATHS.state, "root"),)},
        *("owner", "error", f"{PATHS.state} belongs to root", f'sudo chown -R "$(id -un)" {PATHS.state}'),
    ),
    "as root": (
        {"host": replace(LINUX, user="0"), "strange": (Strange(PATHS.state, "ann"),)},
        *("owner", "warning", "this is root", "as ann, without sudo"),
    ),
    "no git": ({"git": ()}, "git", "error", "git cannot be found", "install git"),
    "no git, no hook": ({"git": (), "health": ()}, "git", "warning", "git cannot be found", "install git"),
    "old git": ({"git": (2, 7, 4)}, "git", "warning", "git 2.7.4 is older than 2.10", "update git"),
    "off": (
        {"off": "COMMIT_POLISH=0"},
        *("switch", "warning", "does nothing in this shell: COMMIT_POLISH=0 is set", "unset COMMIT_POLISH"),
    ),
    "off for good": (
        {"off": "git config --global commit-polish.enabled false"},
        *("switch", "warning", "off everywhere", "git config --global --unset commit-polish.enabled"),
    ),
    "slow": (
        {"speed": Speed("tiny", 50, 0.6)},
        *("speed", "warning", "tiny writes 0.6 tokens/s", "bootstrap models"),
    ),
    "late": (
        {"speed": Speed("tiny", 30, 5)},
        *("speed", "warning", "needs 16 s for the type of a commit, and the hook waits for 10 s", "models"),
    ),
    "long log": (
        {"log": LOG, "log_size": 60_000_000},
        *("log", "warning", "server.log has grown to 60.0 MB", "doctor --fix"),
    ),
    "hook": (
        {"health": (Health("/r", (), "was edited", "again"),)},
        "hooks",
        "warning",
        "/r: was edited",
        "again",
    ),
    "no autostart": ({"enabled": False}, "autostart", "warning", "systemd", "bootstrap"),
    "never": (about(backend="none"), "autostart", "warning", "by itself", "bootstrap start"),
    "stopped": (SILENT, "server", "error", "is stopped", "bootstrap start"),
    "loading": (SILENT | {"running": True}, "server", "error", "does not answer yet", "bootstrap logs"),
    "ended": (SILENT | {"said": "x: gzip: not found"}, "server", "error", "no gzip", "install gzip"),
    "drifted": (SILENT | {"drifted": 8083}, "server", "error", "port 8083", "bootstrap restart"),
    "drifted for good": (
        SILENT | {"drifted": 8083, "holder": "nginx (process 7)", "other_port": 8090},
        *("server", "error", "port 8083", "bootstrap --port 8090"),
    ),
    "stranger": (
        SILENT | {"holder": "nginx (process 7)", "other_port": 8081},
        *("port", "error", "port 8080 is taken by nginx (process 7)", "bootstrap --port 8081"),
    ),
    "paused": ({"paused": True}, "pause", "warning", "leaves messages alone", "doctor --fix"),
    "open": (about(argv=["--host", "0.0.0.0", "-x"]), "network", "warning", "for everybody", "127.0.0.1"),
    "key": ({"key_file": "/k", "key": b"abc\n"}, "api-key", "error", "fewer than 4", "16 characters"),
    "no key": ({"key_file": "/k", "key": None}, "api-key", "error", "/k cannot be read", "16 characters"),
}


def findings(**seen: Any) -> dict[str, Any]:
    return {check.name: finding for check, finding in examine(replace(GOOD, **seen))}


@pytest.mark.parametrize(("seen", "name", "level", "what", "hint"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_found(seen: dict[str, Any], name: str, level: str, what: str, hint: str) -> None:
    found = findings(**seen)[name]
    assert found.level == level
    assert what in found.what
    assert hint in found.hint


def test_where_all_is_well_nothing_else_is_said() -> None:
    for host in (*MACHINES.values(), WINDOWS):
        found = findings(host=host)
        assert {finding.level for finding in found.values()} == {"ok"}, host
        assert not [finding for finding in found.values() if finding.hint]
    assert len(found) >= 10


def test_every_check_can_fail_and_is_named_once() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) >= 33
    assert set(names) == {case[1] for case in BAD.values()}


def test_what_a_person_has_chosen_is_no_problem() -> None:
    assert findings(**about(at_login=False), enabled=False)["autostart"].level == "ok"
    assert "gpu" not in findings(gpu_compiler="/n/nvcc")
    assert "gpu" not in findings(gpu_compiler="/n/nvcc", **argv("--gpu", "disable")), "llamafile 0.10"
    assert "loader" not in findings(host=WINDOWS, loader_writable=None)
    assert findings(gpu=True, **argv("-ngl", "9"))["gpu"].level == "ok"
    assert "mlock" not in findings(memory_lock=1) | findings(**argv("--mlock"))
    assert "log" not in findings(log=LOG, log_size=4_000_000)
    assert findings(speed=Speed("tiny", 100, 3))["speed"].what == "tiny writes 3.0 tokens/s"
    assert findings(speed=Speed("tiny", 30, 5), settings=Settings(deadline=20))["speed"].level == "ok"
    assert "gpu" not in findings(host=MAC, gpu_compiler="/n/nvcc", **argv())
    assert findings(key_file="/k", key=b"0123456789", **argv("--host", "0.0.0.0"))["network"].level == "ok"
    contained = ("podman", "run", "--publish", "127.0.0.1:8080:8080", "image", "--host", "0.0.0.0")
    assert "network" not in findings(**about(argv=contained)), "the address inside"
    opened = ("podman", "run", "--publish", "[::]:8080:8080", "image", "--host", "0.0.0.0")
    assert findings(**about(argv=opened))["network"].what.startswith("it listens on ::")
    second = ("/bin/sh", "llamafile", "--server", "--v2", "-l", "0.0.0.0:8080")
    assert findings(**about(argv=second))["network"].level == "warning"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"0123456789abcdef\n", ""),
        (b"0123456789abcdef", ""),
        (b"one-key\n\nanother-key\n", ""),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"0123456789abcdef\r\n", "Windows"),
        (b"abc\n", "fewer than 4"),
        (b"\xff\xfe\xfd", "fewer than 4"),
    ],
)
def test_a_file_of_keys_and_its_traps(data: bytes, problem: str) -> None:
    assert problem in key_problem(data)
    assert bool(problem) == bool(key_problem(data))


# ---- repairs ----------------------------------------------------------------------------------------------


def repairs(**seen: Any) -> list[object]:
    sight = replace(GOOD, **seen)
    return [
        action
        for check, finding in examine(sight)
        if finding.level != "ok" and check.fix
        for action in check.fix(sight)
    ]


@pytest.mark.parametrize(
    ("seen", "actions"),
    [
        ({}, []),
        (SILENT, [RunCommand("restart the server", START), PROOF]),
        (SILENT | {"drifted": 8083}, [RunCommand("restart the server", START), PROOF]),
        (SILENT | {"holder": "nginx"}, []),
        (SILENT | {"foreground": True}, []),
        ({"loader_writable": None}, [CreateDirectory(PATHS.loader, 0o700)]),
        ({"loader_writable": False}, []),
        ({"paused": True}, [Discard(PATHS.pause_file)]),
        ({"paused": True, "foreground": True} | SILENT, []),
        ({"log": LOG, "log_size": 4_000_000}, []),
        ({"log": LOG, "log_size": 60_000_000}, [Shorten(LOG)]),
        ({"loose": (Loose(PATHS.config_file, 0o022),)}, [Close(PATHS.config_file, 0o022)]),
        (
            {"loose": (Loose(PATHS.state, 0o020),), "strange": (Strange(PATHS.state, "root"),)},
            [],  # not ours to change
        ),
        ({"host": MAC, "quarantined": (ENGINE.path,)}, [Unquarantine(ENGINE.path)]),
        ({"programs_start": False, "takers": ("wine",), "placed": (replace(MODEL, now=3),)}, []),
    ],
)
def test_only_what_is_safe_is_repaired(seen: dict[str, Any], actions: list[object]) -> None:
    assert repairs(**seen) == actions
