"""Each check says what is wrong, on any system, from what was seen."""

from dataclasses import replace
from typing import Any

import pytest

from bootstrap import __version__
from bootstrap.actions import CreateDirectory, Discard, ProveServer, RunCommand, Unquarantine
from bootstrap.autostart.service import Control
from bootstrap.doctor import CHECKS, examine
from bootstrap.doctor.sight import Placed, Sight
from bootstrap.errors import ReceiptError, SettingsError
from bootstrap.hook.health import Health
from bootstrap.polish.key import problem as key_problem
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
    "disk": ({"disk_free": 1 << 20}, "disk", "warning", "only 1.0 MB", "free some space"),
    "no gpu": ({"gpu": False} | argv("-ngl", "99"), "gpu", "warning", "none was found", "--gpu-layers 0"),
    "compiles": (
        {"gpu_compiler": "/n/nvcc"} | argv("-ngl", "9"),
        "gpu",
        "warning",
        "/n/nvcc",
        "--gpu-layers 0",
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
    assert len(names) == len(set(names)) >= 20
    assert set(names) == {case[1] for case in BAD.values()}


def test_what_a_person_has_chosen_is_no_problem() -> None:
    assert findings(**about(at_login=False), enabled=False)["autostart"].level == "ok"
    assert "gpu" not in findings(gpu_compiler="/n/nvcc")
    assert "loader" not in findings(host=WINDOWS, loader_writable=None)
    assert findings(gpu=True, **argv("-ngl", "9"))["gpu"].level == "ok"
    assert "gpu" not in findings(host=MAC, gpu_compiler="/n/nvcc", **argv())
    assert findings(key_file="/k", key=b"0123456789", **argv("--host", "0.0.0.0"))["network"].level == "ok"


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
        ({"host": MAC, "quarantined": (ENGINE.path,)}, [Unquarantine(ENGINE.path)]),
        ({"programs_start": False, "takers": ("wine",), "placed": (replace(MODEL, now=3),)}, []),
    ],
)
def test_only_what_is_safe_is_repaired(seen: dict[str, Any], actions: list[object]) -> None:
    assert repairs(**seen) == actions
