"""What Windows needs to be asked for by its own calls: processes that end with us, and that one ends.

Sources: "Job Objects", JOBOBJECT_EXTENDED_LIMIT_INFORMATION, TerminateProcess and
QueryFullProcessImageNameW in Microsoft's Win32 documentation.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

_KILL_ON_JOB_CLOSE = 0x2000
_BREAKAWAY_OK = 0x800  # for who is to outlive us all the same
_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
_TERMINATE, _QUERY, _SYNCHRONIZE = 0x1, 0x1000, 0x100000
_kept: list[object] = []  # a job ends with its last handle: this one is open as long as we live


class _Limits(ctypes.Structure):
    _fields_ = (
        ("times", ctypes.c_int64 * 2),
        ("flags", ctypes.c_uint32),
        ("working_set", ctypes.c_size_t * 2),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("classes", ctypes.c_uint32 * 2),
        ("io", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


def end_children_with_us() -> bool:
    """Put this process into a job of its own, where all that it starts from now on is too: the system
    closes the job with our last handle, even when we are killed. Whether that could be done."""
    if os.name != "nt":
        return False
    kernel = _kernel()
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    _kept.append(job)
    limits = _Limits(flags=_KILL_ON_JOB_CLOSE | _BREAKAWAY_OK)
    size = ctypes.sizeof(limits)
    told = kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
    this = ctypes.c_void_p(kernel.GetCurrentProcess())
    return bool(told and kernel.AssignProcessToJobObject(job, this))


def end(pid: int, program: str = "", seconds: float = 10) -> None:
    """Ask a process to end, which Windows can only do by force, and there wait for it. program: only if
    this file is what it runs, for where its number may be another one's by now."""
    if os.name == "nt":
        _terminate(pid, program, seconds)
    elif not program:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _terminate(pid: int, program: str, seconds: float) -> None:
    kernel = _kernel()
    process = ctypes.c_void_p(kernel.OpenProcess(_TERMINATE | _QUERY | _SYNCHRONIZE, 0, pid))
    if not process:
        return
    try:
        size = ctypes.c_uint32(1 << 15)
        name = ctypes.create_unicode_buffer(size.value)
        kernel.QueryFullProcessImageNameW(process, 0, name, ctypes.byref(size))
        if not program or os.path.normcase(name.value) == os.path.normcase(program):
            kernel.TerminateProcess(process, 1)
            kernel.WaitForSingleObject(process, int(seconds * 1000))
    finally:
        kernel.CloseHandle(process)


def _kernel() -> ctypes.CDLL:
    kernel: ctypes.CDLL = getattr(ctypes, "windll").kernel32  # noqa: B009  # exists on Windows only
    for handles in (kernel.CreateJobObjectW, kernel.GetCurrentProcess, kernel.OpenProcess):
        handles.restype = ctypes.c_void_p
    return kernel
