"""What machine this is, and on which ones it is honest to say no."""

import os
import platform
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import host
from bootstrap.errors import HostError
from bootstrap.host import GIB, Host


def words(case: object) -> str:
    """The same id in every process, which the text of a set is not."""
    return re.sub(r"frozenset\(\{(.*?)\}\)", lambda found: " ".join(sorted(found[1].split(", "))), str(case))


AVX = frozenset({"sse4_2", "ssse3", "avx", "avx2"})
GOOD = Host(os="linux", os_version="6.1.0", arch="amd64", memory=16 * GIB, user="1000", cpu_flags=AVX)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"arch": "arm64", "cpu_flags": None},
        {"arch": "arm64", "cpu_flags": frozenset({"fp", "asimd"})},
        {"os": "macos", "os_version": "14.1"},
        {"os": "macos", "os_version": "14.1", "arch": "arm64", "cpu_flags": None},
        {"os": "macos", "os_version": "14.10"},
        {"os": "macos", "os_version": "15"},
        {"os": "macos", "os_version": "26.0.1", "arch": "arm64"},
        {"os": "windows", "os_version": "10.0.19045"},
        {"os": "freebsd", "os_version": "14.1-RELEASE-p3"},
        {"os": "freebsd", "os_version": "14.1", "arch": "arm64"},
        {"os": "netbsd", "os_version": "10.0"},
        {"os": "openbsd", "os_version": "7.3"},
        {"cpu_flags": None},
        {"wsl": 2},
        {"user": "0"},
        {"memory": None},
        {"container": True},
    ],
    ids=words,
)
def test_llamafile_runs_here(change: dict) -> None:
    replace(GOOD, **change).usable()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"os": "openbsd", "os_version": "7.4"}, ["OpenBSD", "7.4"]),
        ({"os": "openbsd", "os_version": "7.10"}, ["OpenBSD", "7.10"]),
        ({"os": "openbsd", "os_version": "8.0"}, ["OpenBSD", "8.0"]),
        ({"os": "macos", "os_version": "13.6.9"}, ["macOS", "13.6.9", "14.1"]),
        ({"os": "macos", "os_version": "14.0"}, ["macOS", "14.0", "14.1"]),
        ({"os": "macos", "os_version": "9.9"}, ["macOS", "9.9"]),
        ({"os": "windows", "os_version": "10.0.22631", "arch": "arm64"}, ["windows", "ARM64"]),
        ({"os": "netbsd", "os_version": "10.0", "arch": "arm64"}, ["netbsd", "ARM64"]),
        ({"os": "openbsd", "os_version": "7.3", "arch": "arm64"}, ["openbsd", "ARM64"]),
        ({"cpu_flags": frozenset({"sse4_2", "ssse3"})}, ["AVX"]),
        ({"cpu_flags": frozenset()}, ["AVX"]),
        ({"wsl": 1}, ["WSL"]),
        ({"arch": "i386"}, ["i386"]),
        ({"arch": "i686"}, ["i686"]),
        ({"arch": "riscv64"}, ["riscv64"]),
        ({"arch": "ppc64le"}, ["ppc64le"]),
        ({"os": "sunos5"}, ["sunos5"]),
        ({"user": "0", "sudo_user": "alice"}, ["sudo"]),
    ],
    ids=words,
)
def test_llamafile_does_not_run_here_and_it_is_said(change: dict, words: list[str]) -> None:
    with pytest.raises(HostError) as caught:
        replace(GOOD, **change).usable()
    for word in words:
        assert word.lower() in caught.value.message.lower()
    assert caught.value.hint


def test_sudo_names_who_should_run_it() -> None:
    with pytest.raises(HostError) as caught:
        replace(GOOD, user="0", sudo_user="alice").usable()
    assert "alice" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("14.1.2-p3", (14, 1, 2)),
        ("7.3", (7, 3)),
        ("7.10", (7, 10)),
        ("6.1.0-13-amd64", (6, 1, 0)),
        ("10.0.19045", (10, 0, 19045)),
        ("14.1-RELEASE", (14, 1)),
        ("26", (26,)),
        ("", ()),
        ("unknown", ()),
    ],
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    assert host.version_of(text) == version


def test_versions_are_compared_as_numbers() -> None:
    assert host.version_of("7.10") > host.version_of("7.9")
    assert host.version_of("0.10.5") > host.version_of("0.9.3")


def test_this_machine() -> None:
    seen = host.detect()
    assert seen.os == {"linux": "linux", "darwin": "macos", "win32": "windows"}.get(sys.platform, seen.os)
    known = {"x86_64": "amd64", "aarch64": "arm64", "AMD64": "amd64", "arm64": "arm64"}
    assert seen.arch == known.get(platform.machine(), seen.arch)
    assert seen.os_version
    assert seen.memory
    assert 64 << 20 < seen.memory < 1 << 50
    assert seen.user
    assert seen.sudo_user is None
    assert host.detect() == seen


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="no /proc")
def test_this_machines_memory_and_processor() -> None:
    seen = host.detect()
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert seen.memory
    assert seen.memory <= total + (64 << 20), "a container may have less, nobody has more"
    if platform.machine() == "x86_64":
        assert seen.cpu_flags
        assert "sse2" in seen.cpu_flags
        assert ("avx" in seen.cpu_flags) == (" avx " in Path("/proc/cpuinfo").read_text())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_sudo_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "alice")
    monkeypatch.setenv("SUDO_UID", "1000")
    assert host.detect().sudo_user == "alice"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_root_who_became_root_is_just_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """sudo in a container, where everybody is root: there is nobody else to run it as."""
    monkeypatch.setenv("SUDO_USER", "root")
    monkeypatch.setenv("SUDO_UID", "0")
    host.detect().usable()


def test_free_disk_is_that_of_the_nearest_directory(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    for directory in (tmp_path, tmp_path / "not" / "yet" / "there"):
        assert abs(host.free_disk(directory) - free) < free / 5 + GIB
    assert not (tmp_path / "not").exists()
