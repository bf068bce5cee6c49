"""A mirror on loopback: files of a directory with ranges and ETags, as slow as asked for, and the
catalogue that points to it."""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Mirror:
    """url: its address; requests: the paths asked for; rate: bytes per second, None for unlimited."""

    def __init__(self, directory: Path, rate: float | None = None) -> None:
        self.directory = directory
        self.rate = rate
        self.requests: list[str] = []
        self.url = ""

    def catalogue(
        self, target: Path, llamafiles: dict[str, str], models: dict[str, str], **extra: str
    ) -> Path:
        """Write a catalogue of files in the directory: version → file, model name → file."""
        lines = []
        for kind, key, entries in (("llamafile", "version", llamafiles), ("model", "name", models)):
            for name, file in entries.items():
                data = (self.directory / file).read_bytes()
                lines += [
                    f"[[{kind}]]",
                    f'{key} = "{name}"',
                    f'url = "{self.url}/{file}"',
                    f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
                    f"size = {len(data)}",
                    extra.get(name, ""),
                ]
        target.write_text("\n".join(lines) + "\n")
        return target


@contextlib.contextmanager
def serving(directory: Path, rate: float | None = None) -> Iterator[Mirror]:
    """Serve a directory until the end of the block."""
    mirror = Mirror(directory, rate)

    class Handler(_Handler):
        owner = mirror

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    mirror.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield mirror
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: Mirror
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.owner.requests.append(self.path)
        file = self.owner.directory / self.path.rpartition("/")[2]
        if not file.is_file():
            self.send_error(404)
            return
        data = file.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        start, end, ranged = 0, len(data), False
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(found[1]), min(int(found[2] or len(data)) + 1, len(data))
            ranged = True
        self.send_response(206 if ranged else 200)
        if ranged:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("ETag", etag)
        self.end_headers()
        chunk = 1 << 18 if self.owner.rate is None else max(1, int(self.owner.rate / 50))
        with contextlib.suppress(OSError):
            for offset in range(start, end, chunk):
                self.wfile.write(data[offset : min(offset + chunk, end)])
                if self.owner.rate:
                    time.sleep(chunk / self.owner.rate)

    def log_message(self, *_: object) -> None:
        pass
