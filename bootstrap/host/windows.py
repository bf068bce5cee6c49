"""What a Windows machine tells, by the documented calls of its system libraries."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Any

from bootstrap.host import gpu

_ARM64 = 0xAA64  # IMAGE_FILE_MACHINE_ARM64
_SSSE3, _AVX = 36, 39  # PF_SSSE3_INSTRUCTIONS_AVAILABLE, PF_AVX_INSTRUCTIONS_AVAILABLE
_PROFILE = 0x28  # CSIDL_PROFILE


def facts() -> dict[str, Any]:
    """Of this process and the machine below it."""
    kernel, shell = _library("kernel32"), _library("shell32")
    native = _native_machine(kernel)
    arm = native == _ARM64 or platform.machine().lower() == "arm64"
    present = [bool(kernel.IsProcessorFeaturePresent(feature)) for feature in (_SSSE3, _AVX)]
    return {
        "os_version": platform.version(),
        "arch": "arm64" if arm else "amd64" if platform.machine().lower() == "amd64" else platform.machine(),
        "emulated": arm and platform.machine().lower() != "arm64",
        "user": "\\".join(name for name in map(os.environ.get, ("USERDOMAIN", "USERNAME")) if name),
        "elevated": bool(shell.IsUserAnAdmin()),
        "gpus": gpu.on_windows(Path(os.environ.get("SystemRoot", r"C:\Windows"), "System32")),  # noqa: SIM112
        "cpu_flags": None if arm else processor_flags(*present),
    }


def processor_flags(ssse3: bool, avx: bool) -> frozenset[str] | None:
    """An older Windows knows neither question and says no to both, whatever the processor is."""
    if avx:
        return frozenset({"avx"})
    return frozenset({"ssse3"}) if ssse3 else None


def memory() -> int | None:
    """Bytes, by GlobalMemoryStatusEx."""

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((n, ctypes.c_ulonglong) for n in ("total", "free", "tp", "fp", "tv", "fv", "fe")),
        )

    status = Status(length=ctypes.sizeof(Status))
    return status.total if _library("kernel32").GlobalMemoryStatusEx(ctypes.byref(status)) else None


def home_is_the_accounts() -> bool:
    """Whether USERPROFILE is the account's own profile, by SHGetFolderPathW."""
    buffer = ctypes.create_unicode_buffer(260)
    if _library("shell32").SHGetFolderPathW(None, _PROFILE, None, 0, buffer):
        return True  # it does not tell
    try:
        return Path(buffer.value).samefile(Path.home())
    except OSError:
        return False


def _native_machine(kernel: ctypes.CDLL) -> int:
    """What the processor is, whatever this process believes: IsWow64Process2, Windows 10 1511 and newer."""
    if not hasattr(kernel, "IsWow64Process2"):
        return 0
    process, native = ctypes.c_ushort(), ctypes.c_ushort()
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    this = ctypes.c_void_p(kernel.GetCurrentProcess())
    found = kernel.IsWow64Process2(this, ctypes.byref(process), ctypes.byref(native))
    return native.value if found else 0


def _library(name: str) -> ctypes.CDLL:
    """A system library; there are none elsewhere."""
    library: ctypes.CDLL = getattr(getattr(ctypes, "windll"), name)  # noqa: B009  # exists on Windows only
    return library
