"""What machine this is, and on which ones it is honest to say no."""

import os
import platform
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap import host, system
from bootstrap.errors import HostError
from bootstrap.host import GIB, Host, cron, linux, macos, texts, windows


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
        {"os": "freebsd", "os_version": "13.0-RELEASE"},
        {"os": "netbsd", "os_version": "10.0"},
        {"os": "netbsd", "os_version": "9.2"},
        {"os": "openbsd", "os_version": "7.3"},
        {"os": "macos", "os_version": "15.1", "arch": "arm64", "emulated": True, "cpu_flags": None},
        {"os": "windows", "os_version": "10.0.19045", "elevated": True},
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
        ({"os": "openbsd", "os_version": "6.9"}, ["OpenBSD", "6.9"]),
        ({"os": "netbsd", "os_version": "9.1"}, ["NetBSD", "9.1", "9.2"]),
        ({"os": "freebsd", "os_version": "12.4-RELEASE"}, ["FreeBSD", "12.4", "13"]),
        ({"os": "windows", "os_version": "6.3.9600"}, ["Windows", "10"]),
        ({"os": "windows", "os_version": "10.0.22631", "arch": "arm64", "emulated": True}, ["ARM64"]),
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"os": "windows", "os_version": "10.0.22631", "arch": "arm64"}, ["WSL 2"]),
        ({"wsl": 1}, ["--set-version"]),
        ({"os": "netbsd", "os_version": "10.0", "arch": "arm64"}, ["FreeBSD"]),
        ({"os": "openbsd", "os_version": "7.6"}, ["FreeBSD"]),
        ({"os": "macos", "os_version": "13.6"}, ["update"]),
    ],
    ids=words,
)
def test_what_would_work_is_said(change: dict, words: list[str]) -> None:
    with pytest.raises(HostError) as caught:
        replace(GOOD, **change).usable()
    for word in words:
        assert word in caught.value.hint


# ---- what each system says, in its own words ----------------------------------------------------


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("4.4.0-19041-Microsoft", 1),
        ("5.15.90.1-microsoft-standard-WSL2", 2),
        ("6.6.36.3-microsoft-standard-WSL2+", 2),
        ("6.1.0-13-amd64", 0),
    ],
)
def test_wsl(release: str, version: int) -> None:
    assert linux.wsl(release) == version


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("openrc (OpenRC) 0.62.6", (0, 62, 6)),
        ("openrc (OpenRC) 0.45.2 (Debian)", (0, 45, 2)),
        ("openrc (OpenRC) 0.64", (0, 64)),
        ("", ()),
        ("no idea", ()),
    ],
)
def test_openrc_versions(said: str, version: tuple[int, ...]) -> None:
    assert linux.openrc_version(said) == version


@pytest.mark.parametrize("name", ["GNOME", "ubuntu:GNOME", "KDE", "X-Cinnamon", "XFCE", "LXQt", "MATE"])
def test_desktops_start_what_they_are_told(name: str) -> None:
    assert linux.desktop(name)


@pytest.mark.parametrize("name", ["", "i3", "sway", "Hyprland", ":", "dwm:none"])
def test_bare_window_managers_start_nothing(name: str) -> None:
    assert not linux.desktop(name)


DMESG = """\
FreeBSD 14.1-RELEASE releng/14.1-n267679-10e31f0946d8 GENERIC amd64
CPU: Intel(R) Core(TM) i5-4300U CPU @ 1.90GHz (2494.24-MHz K8-class CPU)
  Features=0xbfebfbff<FPU,VME,DE,PSE,TSC,MSR,PAE,MCE,CX8,APIC,SEP,MTRR,PGE,MCA,CMOV,PAT,FXSR,SSE,SSE2,SS>
  Features2=0x7fdafbbf<SSE3,PCLMULQDQ,DTES64,SSSE3,FMA,CX16,SSE4.1,SSE4.2,MOVBE,POPCNT,OSXSAVE,AVX,F16C>
"""


def test_a_bsd_tells_at_boot_what_its_processor_can() -> None:
    flags = texts.processor_flags(DMESG)
    assert flags and {"sse2", "avx"} <= flags
    flags = texts.processor_flags("cpu0: FPU,VME,SSE,SSE2,SSE3,SSSE3,SSE4.2,XSAVE,LAHF\n")
    assert flags is not None and "avx" not in flags
    assert texts.processor_flags("FreeBSD is a registered trademark") is None, "nothing is known"
    assert texts.processor_flags("") is None


def test_windows_says_no_to_what_it_does_not_know() -> None:
    assert windows.processor_flags(ssse3=True, avx=True) == {"avx"}
    flags = windows.processor_flags(ssse3=True, avx=False)
    assert flags is not None and "avx" not in flags
    assert windows.processor_flags(ssse3=False, avx=False) is None, "older than the question"


def test_rosetta_hides_what_machine_this_is() -> None:
    seen = macos.from_answers("15.1", translated="1", avx="0", machine="x86_64")
    assert (seen["arch"], seen["emulated"], seen["cpu_flags"]) == ("arm64", True, None)
    seen = macos.from_answers("15.1", translated="0", avx=None, machine="arm64")
    assert (seen["arch"], seen["emulated"], seen["cpu_flags"]) == ("arm64", False, None)
    seen = macos.from_answers("15.1", translated=None, avx="1", machine="x86_64")
    assert (seen["arch"], seen["emulated"], seen["cpu_flags"]) == ("amd64", False, {"avx"})
    assert macos.from_answers("15.1", None, "0", "x86_64")["cpu_flags"] == frozenset()


MODULE = "usr/lib/x86_64-linux-gnu/security/pam_systemd.so"
LOGIN = "session optional pam_systemd.so\n"


@pytest.mark.parametrize(
    ("files", "starts"),
    [
        ({MODULE: "", "etc/pam.d/common-session": LOGIN}, True),
        ({"lib64/security/pam_systemd.so": "", "etc/pam.d/system-auth": f"-{LOGIN}"}, True),
        ({MODULE: "", "usr/lib/pam.d/sshd": LOGIN}, True),
        ({"etc/pam.d/common-session": LOGIN}, False),
        ({MODULE: "", "etc/pam.d/common-session": f"# {LOGIN}"}, False),
        ({MODULE: "", "usr/lib/pam.d/systemd-user": LOGIN, "etc/pam.d/runuser-l": f"-{LOGIN}"}, False),
        ({MODULE: ""}, False),
        ({}, False),
    ],
)
def test_whether_a_login_starts_a_manager(files: dict[str, str], starts: bool, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert linux.logins_start_managers(tmp_path) is starts


def test_a_module_may_be_named_by_its_path(tmp_path: Path) -> None:
    module = tmp_path / "store" / "pam_systemd.so"
    (tmp_path / "etc" / "pam.d").mkdir(parents=True)
    (tmp_path / "etc" / "pam.d" / "login").write_text(f"session optional {module} # by its path\n")
    assert not linux.logins_start_managers(tmp_path)
    module.parent.mkdir()
    module.touch()
    assert linux.logins_start_managers(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="a program for sh")
def test_a_program_that_does_not_answer_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = system.run
    monkeypatch.setattr(system, "run", lambda argv, *, timeout: run(argv, timeout=timeout / 100))
    for name in ("stuck", "crontab"):
        (tmp_path / name).write_text("#!/bin/sh\nexec sleep 60\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert texts.said("stuck") is None
    assert not cron.works()


@pytest.mark.parametrize(
    ("listing", "found"),
    [("launchd\n/usr/sbin/cron\n", True), ("crond\n", True), ("cronie-helper\nacron\n", False), ("", False)],
)
def test_a_cron_daemon_among_others(listing: str, found: bool) -> None:
    assert cron.is_among(listing) is found


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
