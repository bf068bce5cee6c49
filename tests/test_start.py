"""What keeps a llamafile from starting is known before the first byte, and left out of its command line."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap import paths
from bootstrap.actions import Unquarantine
from bootstrap.errors import CommandError, HostError
from bootstrap.host import Host, binfmt, look, macos
from tests.autostart.services import Silent
from tests.test_plan import LINUX, MACHINES, PATHS, planned
from tests.world import World, tree

MAC = MACHINES["launchd"]
NVIDIA = replace(LINUX, gpus=frozenset({"nvidia"}))
WINE = "enabled\ninterpreter /usr/bin/wine\nflags: \noffset 0\nmagic 4d5a\n"
APE = "enabled\ninterpreter /usr/bin/ape\nflags: \noffset 0\nmagic 4d5a71467044\n"

# ---- programs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "package"),
    [(("gzip",), "install gzip"), (("dd", "mv"), "install coreutils"), (("cc",), "xcode-select --install")],
)
def test_a_missing_program_is_named_with_what_brings_it(missing: tuple[str, ...], package: str) -> None:
    with pytest.raises(HostError) as failure:
        planned(replace(LINUX, missing=missing))
    assert package == failure.value.hint
    LINUX.usable()


@pytest.mark.skipif(os.name == "nt", reason="links to programs")
def test_without_gzip_nothing_is_downloaded(world: World, tmp_path: Path) -> None:
    few = tmp_path / "bin"
    few.mkdir()
    for name in ("sh", "git", "mkdir", "dd", "chmod", "mv", "uname"):
        (few / name).symlink_to(
            next(p for d in os.environ["PATH"].split(":") if (p := Path(d, name)).exists())
        )
    world.environment["PATH"] = str(few)
    before = tree(world.home)
    said = world.install(check=False)
    assert said.returncode == 1
    assert "help: install gzip" in said.stderr
    assert tree(world.home) == before


def test_a_mac_of_apple_needs_its_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macos, "has_compiler", lambda: False)
    missing = look._missing  # no Mac is here to be looked at
    assert missing("macos", "arm64") == ("cc",)
    assert missing("macos", "amd64") == missing("linux", "arm64") == missing("windows", "amd64") == ()


# ---- the GPU ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "layers", "flags"),
    [
        (LINUX, "auto", ("--nocompile",)),
        (LINUX, "off", ("--nocompile",)),
        (LINUX, 0, ("--nocompile",)),
        (LINUX, 99, ("-ngl", "99")),
        (NVIDIA, "auto", ("-ngl", "999")),
        (replace(LINUX, gpus=frozenset({"amd"})), "auto", ("-ngl", "999")),
        (NVIDIA, "off", ("--nocompile",)),
        (NVIDIA, 12, ("-ngl", "12")),
        (MACHINES["windows"], "auto", ("--nocompile",)),
        (MAC, "auto", ()),
        (MAC, 99, ("-ngl", "99")),
        (MAC, 0, ("--gpu", "disable")),
        (MAC, "off", ("--gpu", "disable")),
    ],
)
def test_the_gpu_that_is_there_and_none_that_nobody_wants(
    host: Host, layers: int | str, flags: tuple[str, ...]
) -> None:
    argv = planned(host, settings={"gpu_layers": layers}).about["argv"]
    at = next((n for n, word in enumerate(argv) if word in {"--nocompile", "--gpu", "-ngl"}), len(argv))
    assert tuple(argv[at:]) == flags


# ---- who else starts it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "takes"),
    [
        (WINE, True),
        (WINE.replace("enabled", "disabled"), False),
        (APE, True),
        ("enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n", True),
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic 4d5a\nmask ffff\n", True),
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic 4d00\nmask ff00\n", True),
        ("enabled\ninterpreter /x\nflags: \noffset 0\nmagic 7f454c46\nmask ffffffff\n", False),
        ("enabled\ninterpreter /x\nflags: \noffset 2\nmagic 4d5a\n", False),
        ("enabled\ninterpreter /x\nflags: \nextension .exe\n", False),
        ("nonsense", False),
    ],
)
def test_who_would_take_a_llamafile(entry: str, takes: bool) -> None:
    assert binfmt.takes_llamafiles(entry) == takes


def test_registered_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binfmt, "_REGISTERED", tmp_path)
    assert binfmt.takers() == ()
    (tmp_path / "status").write_text("enabled\n")
    (tmp_path / "wine").write_text(WINE)
    (tmp_path / "qemu-arm").write_text("enabled\ninterpreter /q\nflags: \noffset 0\nmagic 7f454c46\n")
    assert binfmt.takers() == ("wine",)
    (tmp_path / "APE").write_text(APE)
    assert binfmt.takers() == (), "llamafile's own loader was registered against just that"


# ---- quarantine -------------------------------------------------------------------------------------------

XATTR = """#!/bin/sh
[ "$2" = com.apple.quarantine ] || exit 2
case $1 in -p) cat "$3.mark" ;; -d) rm "$3.mark" ;; *) exit 2 ;; esac
"""


@pytest.mark.skipif(os.name == "nt", reason="a script for sh")
def test_a_quarantined_file_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a program that keeps marks as xattr(1) does; there is no Mac here."""
    tool, file = tmp_path / "xattr", tmp_path / "llamafile"
    tool.write_text(XATTR)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    action = Unquarantine(file)
    assert action.observe({"x": 1}) == {"x": 1}
    mark = file.with_name("llamafile.mark")
    mark.write_text("0083;6553f100;Safari;")
    assert action.observe({}) is None
    action.execute({}, Silent())
    assert not mark.exists()
    action.execute({}, Silent())  # by a run that was killed after it
    tool.write_text("#!/bin/sh\n[ $1 = -p ] || { echo 'Operation not permitted' >&2; exit 1; }\n")
    with pytest.raises(CommandError, match="not permitted"):
        action.execute({}, Silent())


def test_only_a_mac_has_quarantine() -> None:
    def lifted(host: Host) -> list[Path]:
        return [p.action.path for p in planned(host).actions if isinstance(p.action, Unquarantine)]

    assert lifted(LINUX) == []
    assert [path.name for path in lifted(MAC)] == ["llamafile"]


# ---- disks that start no programs -------------------------------------------------------------------------


def test_what_is_started_goes_elsewhere_and_the_model_does_not() -> None:
    moved = replace(PATHS, elsewhere=PATHS.state)
    started = (moved.llamafile("1"), moved.program("1"), moved.loader, moved.hooks)
    assert all(PATHS.state in path.parents for path in started)
    assert all(PATHS.data in path.parents for path in (moved.models, moved.run_script, moved.catalogue_file))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize(
    ("noexec", "elsewhere"), [("", None), ("share", "state"), ("home", None), ("state", None)]
)
def test_where_it_goes_is_asked_of_the_disk(
    noexec: str, elsewhere: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's answer is made up here, and comes from a real disk in the rig."""
    home = tmp_path / "home"
    for kind in ("DATA", "STATE"):
        place = home / {"DATA": "share", "STATE": "state"}[kind]
        place.mkdir(parents=True)
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(place))

    def statvfs(place: Path) -> SimpleNamespace:
        return SimpleNamespace(f_flag=os.ST_NOEXEC if noexec and noexec in place.parts else 0)

    monkeypatch.setattr(os, "statvfs", statvfs)
    found = paths.find()
    assert found.elsewhere == (home / elsewhere / "commit-polish" if elsewhere else None)
    assert paths.starts_programs(found.programs) == (noexec != "home")
