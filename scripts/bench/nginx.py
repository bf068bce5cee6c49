"""A throwaway nginx on loopback that serves one directory: http, https, and http at a limited rate."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.world import free_port

RATE = "20m"  # MiB a second and connection, on the limited server
PATIENCE = 10.0  # seconds, for a start and for an end
PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # Debian compiles in places below /var

CONFIGURATION = """\
daemon off;
{user}
worker_processes auto;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 256; }}
http {{
    log_format sent $bytes_sent;
    access_log off;
    sendfile on;
    default_type application/octet-stream;
    root "{files}";
    {places}
    server {{ listen 127.0.0.1:{http}; }}
    server {{
        listen 127.0.0.1:{https} ssl;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
    }}
    server {{
        listen 127.0.0.1:{limited};
        limit_rate {rate};
        access_log sent.log sent;
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Where it listens (URLs without a slash at their end), and what it has written."""

    http: str
    https: str
    limited: str
    certificate: Path
    log: Path

    def sent(self) -> int:
        """Bytes that the limited server has sent, headers too; exact once nginx has ended."""
        return sum(map(int, self.log.read_text().split()))


def program() -> str | None:
    """nginx, which Debian keeps where only root looks."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"]))


def make_certificate(directory: Path) -> None:
    """certificate.pem and key.pem for 127.0.0.1, signed by itself."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=bench"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
            *("-keyout", "key.pem", "-out", "certificate.pem"),
        ],
        cwd=directory,
        check=True,
        capture_output=True,
    )


@contextlib.contextmanager
def serving(files: Path, directory: Path) -> Iterator[Nginx]:
    """nginx with its own files in `directory`, where the certificate is; it ends with the block.

    RuntimeError with its words when it does not start.
    """
    http, https, limited = free_port(), free_port(), free_port()
    log = directory / "sent.log"
    log.write_bytes(b"")
    (directory / "nginx.conf").write_text(
        CONFIGURATION.format(
            user=_user(),
            files=files,
            places=" ".join(f"{name}_temp_path temporary;" for name in PLACES),
            http=http,
            https=https,
            limited=limited,
            rate=RATE,
        )
    )
    argv = [str(program()), "-p", str(directory), "-e", "error.log", "-c", "nginx.conf"]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait(process, limited, directory / "error.log")
        yield Nginx(
            f"http://127.0.0.1:{http}",
            f"https://127.0.0.1:{https}",
            f"http://127.0.0.1:{limited}",
            directory / "certificate.pem",
            log,
        )
    finally:
        _end(process)


def _user() -> str:
    """Workers of root's nginx would be nobody, who cannot read a temporary folder of root's."""
    if not hasattr(os, "geteuid") or os.geteuid():
        return ""
    import grp

    return f"user root {grp.getgrgid(os.getegid()).gr_name};"


def _wait(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nginx does not start:\n{errors.read_text()}")
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Gently first, so that its log is complete; SIGKILL, which its workers survive, comes last."""
    for number in (signal.SIGQUIT, signal.SIGTERM):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
            return
    process.kill()
    process.wait()
