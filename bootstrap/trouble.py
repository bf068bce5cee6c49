"""Why a server does not start, told from what it has said: the words of shells, systems and llamafile 0.9.3,
and what each means for the user."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.messages import tr

# of llamafile 0.9.3 and of llama.cpp; whatever was said before that did not keep it from starting
_READY = "llama server listening|server is listening"
LINES = 30  # of a log: an older start has nothing to tell


@dataclass(frozen=True)
class Trouble:
    """what: the cause, in words that follow a colon; hint: one next step."""

    what: str
    hint: str


_REPAIR = tr("repair it with: bootstrap")
_VERIFY = tr("see which one: bootstrap verify")
_NOEXEC = tr("have XDG_DATA_HOME name a directory on a disk that starts programs, then: bootstrap")

# What it says (a pattern), what that means, what helps. Where it fits more than one, the first counts.
# [A]: seen with a file of the same kind and the same loader, ape-1.10, under dash, bash and Linux 6;
# [P]: seen with podman 4.3; [D]: seen with docker 20.10;
# [L]: from llamafile's source or issues; [S]: what the shell or the system says of any program.
_KNOWN = (
    # [A] "exec: LOADER: Permission denied": the loader has no number of a process behind its own
    (r"(/[^:\n]*)/\.ape-\d+\.\d+: Permission denied", tr(r"\1 does not start programs (noexec)"), _NOEXEC),
    (
        r"(/[^:\n]*)/\.ape-\d+\.\d+\.\d+: Permission denied",
        tr(r"\1 is not writable"),
        tr(r"make it writable: \1"),
    ),
    # [A] of a disk that is mounted noexec; [L] 106: of a quarantined file on macOS
    (
        r"prog mmap failed w/ errno 1\b",
        tr(
            "the system does not let llamafile start: its disk is mounted noexec, or macOS has "
            "quarantined it"
        ),
        tr("see which, and what helps: bootstrap doctor"),
    ),
    (
        r"(gzip|dd|mkdir|chmod|mv): (?:command )?not found",
        tr(r"there is no \1 in its PATH"),
        tr(r"install \1"),
    ),
    # [A] when dd has brought nothing: there is no dd, or less than a whole file
    (r"gzip: stdin: unexpected end of file", tr("llamafile's file is damaged"), _REPAIR),
    (r"No space left on device", tr("the disk is full"), tr("free some space, then: bootstrap start")),
    (
        r"please run: xcode-select --install|xcrun: error: invalid active developer path",
        tr("there is no C compiler for its loader"),
        "xcode-select --install",
    ),
    (
        r"this ape program lacks (\S+) support",
        tr(r"this llamafile has nothing for processors of the kind \1"),
        tr("use a machine with AMD64 or ARM64"),
    ),
    (
        r"APE is running on WIN32 inside WSL",
        tr("WSL takes llamafile for a program of Windows"),
        tr(
            "sudo sh -c 'echo -1 >/proc/sys/fs/binfmt_misc/WSLInterop'; on Windows 11 it may be "
            "WSLInterop-late"
        ),
    ),
    (
        r"does not contain a valid CIL image|run-detectors: unable to find an interpreter|\d:err:module:",
        tr("the system takes llamafile for a program of Windows (wine or mono)"),
        _REPAIR,  # which registers a start by /bin/sh: no other one ends there
    ),
    (
        r"Exec format error|status=203/EXEC",
        tr("it was not started by /bin/sh, as a llamafile must be"),
        _REPAIR,
    ),
    (r"no (\S+) file found in zip archive", tr(r"the model \1 is not there"), _REPAIR),
    (
        r"(?:cannot open |sh: (?:\d+: )?)(/[^:\n]*): No such file",
        tr(r"\1 is not there; where an antivirus program has taken it, that was most likely by mistake"),
        _REPAIR,
    ),
    (r"Error: statfs (/[^:\n]*): no such file", tr(r"\1 is not there"), _REPAIR),  # [P] and the next three
    (r"Error: (\S+): image not known", tr(r"the image \1 is gone"), _REPAIR),
    # [D] and the next five
    (r"bind source path does not exist: (/[^\n]*[^\n.])", tr(r"\1 is not there"), _REPAIR),
    (r"No such image: (\S*[^\s.])", tr(r"the image \1 is gone"), _REPAIR),
    (
        r"permission denied while trying to connect to the [Dd]ocker (?:daemon|API)",
        tr("this user may not use docker"),
        tr("join its group: sudo usermod -aG docker $USER, and log in again; or: bootstrap --engine podman"),
    ),
    (
        r"Cannot connect to the Docker daemon at (\S*[^\s.])",
        tr(r"docker's daemon does not answer at \1"),
        tr("start it: sudo systemctl start docker; or Docker Desktop"),
    ),
    (
        r"could not select device driver .*capabilities: \[\[gpu",
        tr("docker cannot use the GPU"),
        tr("install the NVIDIA Container Toolkit, or: bootstrap --gpu-layers off"),
    ),
    (
        r"Bind for \S+:(\d+) failed: port is already allocated",
        tr(r"another container has port \1"),
        tr("choose another one: bootstrap --port PORT"),
    ),
    (  # of either
        r"listen tcp\d? \S+:(\d+): bind: address already in use",
        tr(r"another program has port \1"),
        tr("choose another one: bootstrap --port PORT"),
    ),
    (
        r'exec: "(newuidmap|newgidmap)": executable file not found',
        tr(r"podman needs \1, which is not installed"),
        tr("install it (the package uidmap or shadow-utils), or: bootstrap --engine llamafile"),
    ),
    (
        r"couldn't bind to server socket",
        tr("it found no free port, and no other one near it"),
        tr("choose another one: bootstrap --port PORT"),
    ),
    (
        r"support for --gpu (\S+) was explicitly requested",
        tr(r"there is no support for --gpu \1 here"),
        tr("leave the GPU out: bootstrap --gpu-layers off"),
    ),
    (r"(?:unknown|invalid) argument: (-\S+)", tr(r"it does not know the option \1"), _REPAIR),
    # [L] of ggml's modules for GPUs
    (
        r"(?i:cuda|hip|rocm|metal)[^\n]*(?i:out of memory)|cudaMalloc failed",
        tr("the GPU has too little memory for that"),
        tr("give it fewer layers, such as --gpu-layers 10, or none: bootstrap --gpu-layers off"),
    ),
    (
        r"oom-kill|[Oo]ut of memory",
        tr("the memory was not enough"),
        tr("choose a smaller model: bootstrap models"),
    ),
    # [S] 128 and the signal's number, as shells and run.sh count; systemd gives its name, too
    (
        r"status[ =]132\b|status=4/ILL|Illegal instruction",
        # inferred: it does not say
        tr("the processor lacks something that llamafile needs, most likely AVX"),
        tr("use another machine; in a virtual one, pass the host's processor through"),
    ),
    # [A] the end of the file is missing
    (r"status[ =]135\b|status=7/BUS|Bus error", tr("one of its files is damaged"), _VERIFY),
    (
        r"status[ =]137\b|status=9/KILL",
        tr("it was killed, most likely for want of memory"),
        tr("choose a smaller model: bootstrap models"),
    ),
    (
        r"(?:unable|failed) to load model",
        tr("the model's file is damaged or of a kind that llamafile does not know"),
        tr("see which it is: bootstrap verify"),
    ),
    # [L] 384 shows the words for hipcc, 791 what it is like with nvcc
    (
        r"llamafile_log_command: .*\b(nvcc|hipcc)\b",
        tr(r"it is still compiling for the GPU, with \1"),
        tr("wait, or leave the GPU out: bootstrap --gpu-layers 0"),
    ),
    (r"status[ =]126\b", tr("its loader could not be started"), tr("see why: bootstrap doctor")),
)  # fmt: skip


def explain(said: str) -> Trouble | None:
    """What the last start came to grief over, from what was said; None where it is nothing that we know."""
    last = re.split(_READY, said)[-1].splitlines()[-LINES:]
    text = "\n".join(last)
    for pattern, what, hint in _KNOWN:
        if found := re.search(pattern, text):
            return Trouble(_filled(what, found), _filled(hint, found))
    return None


def _filled(text: str, found: re.Match[str]) -> str:
    """The text with what the pattern has caught."""
    for number, group in enumerate(found.groups(""), 1):
        text = text.replace(f"\\{number}", group)
    return text
