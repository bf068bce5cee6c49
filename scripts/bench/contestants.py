"""Who downloads: we, and the programs that we are compared with. Each ends with a verified file."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.world import ROOT, clean_environment

RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of what getrusage(2) tells


@dataclass(frozen=True)
class Wanted:
    """The file to download: its size in bytes, and the certificate that its https server shows."""

    path: Path
    sha256: str
    size: int
    certificate: Path

    def url(self, server: str) -> str:
        return f"{server}/{self.path.name}"


@dataclass(frozen=True)
class Run:
    """One process of ours: its wall time, how much of it came after the last byte was there, and the most
    memory it ever had."""

    seconds: float
    pause: float
    peak_rss_mib: float


def ours(wanted: Wanted, server: str, target: Path) -> Run:
    """`bootstrap.download` in a fresh process. Exits where it fails."""
    started = time.perf_counter()
    with _process(wanted, server, target, str(wanted.size)) as process:
        assert process.stdout
        process.stdout.readline()
        there = time.perf_counter()
        status, rss = _ended(process)
        ended = time.perf_counter()
    if status:
        sys.exit(f"error: our download of {wanted.url(server)} ended with status {status}")
    return Run(ended - started, ended - there, rss)


def killed(wanted: Wanted, server: str, target: Path, when: int) -> float:
    """Ours again, but killed with SIGKILL when so many bytes are there: its peak memory, in MiB."""
    with _process(wanted, server, target, str(when)) as process:
        assert process.stdout
        told = process.stdout.readline()
        process.kill()
        status, rss = _ended(process)
    if status == 0:
        sys.exit("error: our download was over before it could be killed: take a larger --size")
    if not told:
        sys.exit(f"error: our download of {wanted.url(server)} ended with status {status}")
    return rss


def curl_openssl(wanted: Wanted, server: str, target: Path) -> float:
    """curl, then openssl for the checksum: seconds of both."""
    environment = clean_environment(target.parent)
    curl = ["curl", "-sS", "--cacert", str(wanted.certificate), "-o", str(target), wanted.url(server)]
    openssl = ["openssl", "dgst", "-sha256", str(target)]
    started = time.perf_counter()
    subprocess.run(curl, env=environment, check=True)
    said = subprocess.run(openssl, env=environment, check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - started
    if said.split()[-1] != wanted.sha256:
        sys.exit(f"error: curl brought another file: {said}")
    return seconds


def aria2(wanted: Wanted, server: str, target: Path) -> float:
    """aria2 with eight connections, which verifies by itself: seconds."""
    argv = [
        *("aria2c", "--no-conf", "--quiet", "-x8", "-s8", "--file-allocation=none"),
        *(f"--checksum=sha-256={wanted.sha256}", "-d", str(target.parent), "-o", target.name),
        wanted.url(server),
    ]
    started = time.perf_counter()
    subprocess.run(argv, env=clean_environment(target.parent), check=True)
    return time.perf_counter() - started


@contextmanager
def _process(wanted: Wanted, server: str, target: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Our process, which does not outlive the block."""
    environment = clean_environment(target.parent) | {"SSL_CERT_FILE": str(wanted.certificate)}
    # users have their bytecode, and nobody turns their warnings into errors
    del environment["PYTHONDONTWRITEBYTECODE"], environment["PYTHONWARNINGS"]
    argv = [sys.executable, "-m", "scripts.bench.once", wanted.url(server), str(target), wanted.sha256]
    process = subprocess.Popen(
        [*argv, str(wanted.size), *more], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Waits for this one child: its exit status, and its peak memory in MiB.

    Linux counts in what we have ourselves, until the child's program starts: so we stay small.
    """
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * RSS_UNIT / (1 << 20)
