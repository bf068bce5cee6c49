"""What a Mac tells. Known from documentation only: it was never run on one."""

from __future__ import annotations

import os
import platform
from typing import Any

from bootstrap.host import texts


def facts(own_home: bool) -> dict[str, Any]:
    """own_home: launchd looks into our home."""
    return from_answers(
        version=platform.mac_ver()[0],
        translated=texts.said("sysctl", "-n", "sysctl.proc_translated"),
        avx=texts.said("sysctl", "-n", "hw.optional.avx1_0"),
        machine=platform.machine(),
    ) | {"gui": own_home and texts.said("launchctl", "print", f"gui/{os.getuid()}") is not None}


def has_compiler() -> bool:
    """Whether the Command Line Tools are there: /usr/bin/cc is, in any case (xcode-select(1))."""
    return texts.said("xcode-select", "-p") is not None


def from_answers(version: str, translated: str | None, avx: str | None, machine: str) -> dict[str, Any]:
    """translated: "1" below Rosetta, which also hides AVX; "0" or nothing elsewhere."""
    emulated = translated == "1"
    native = emulated or machine == "arm64"
    known = {"0": frozenset[str](), "1": frozenset({"avx"})}
    return {
        "os_version": version,
        "arch": "arm64" if native else "amd64",
        "emulated": emulated,
        "cpu_flags": None if native else known.get(avx or ""),
    }
