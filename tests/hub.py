"""Plays Hugging Face on loopback: its headers, its refusals, and a storage on another host that it
redirects to, as the real one does for every large file."""

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repository:
    """files: what is in it, by name; commit: what the branch main is at now; token: who may see it, ""
    for everybody; gated: its licence has to be accepted, with the account of that token."""

    files: dict[str, Path]
    commit: str = COMMIT
    token: str = ""
    gated: bool = False
    small: bool = False  # files in git itself: the hub tells no sha256 of them
    renamed: str = ""  # what it is called now
    silent: bool = False  # redirects to the storage without a word, as some mirrors do


@dataclass
class Hub:
    """url: of the hub; asked: (method, path, Authorization) of each request, stored: likewise of the
    storage; sent: bytes that the storage has sent."""

    repositories: dict[str, Repository]
    url: str = ""
    storage: str = ""
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    stored: list[tuple[str, str, str | None]] = field(default_factory=list)
    sent: int = 0


@contextlib.contextmanager
def serving(repositories: dict[str, Repository]) -> Iterator[Hub]:
    """Serve these repositories, by OWNER/NAME, until the end of the block."""
    hub = Hub(repositories)

    class Front(_Front):
        owner = hub

    class Storage(_Storage):
        owner = hub

    with _running(Front) as front, _running(Storage) as storage:
        hub.url, hub.storage = f"http://127.0.0.1:{front}", f"http://localhost:{storage}"
        yield hub


@contextlib.contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        raise NotImplementedError

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            if self.command == "GET":
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Front(_Handler):
    """The hub itself: who may see what, and where the bytes are."""

    def do_GET(self) -> None:
        self.owner.asked.append((self.command, self.path, self.headers["Authorization"]))
        found = re.fullmatch(r"/(\w[\w.-]*/[\w.-]+)/resolve/([^/]+)/(.+)", self.path)
        repository = self.owner.repositories.get(found[1]) if found else None
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        if found is None or repository is None:
            self.answer(404 if token else 401, {"X-Error-Code": "RepoNotFound"})
        elif repository.renamed:
            self.answer(307, {"Location": self.path.replace(found[1], repository.renamed)})
        elif repository.silent:
            self.answer(302, {"Location": f"{self.owner.storage}{self.path}"})
        elif repository.gated and token != repository.token:
            self.answer(403 if token else 401, {"X-Error-Code": "GatedRepo"})
        elif repository.token not in {"", token}:
            self.answer(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif found[2] not in {"main", repository.commit}:
            self.answer(404, {"X-Error-Code": "RevisionNotFound"})
        elif found[3] not in repository.files:
            self.answer(404, {"X-Error-Code": "EntryNotFound"})
        else:
            self._found(repository, found[3])

    def _found(self, repository: Repository, name: str) -> None:
        data = repository.files[name].read_bytes()
        headers = {"X-Repo-Commit": repository.commit, "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        if repository.small:
            self.answer(200, headers, data)
            return
        headers |= {
            "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
            "X-Linked-Size": str(len(data)),
            "X-Xet-Hash": hashlib.sha256(b"another" + data).hexdigest(),
            "Location": f"{self.owner.storage}{self.path}",
        }
        self.answer(302, headers, b"Found. Redirecting")


class _Storage(_Handler):
    """Where the bytes are, with ranges; it knows nobody and wants no token."""

    def do_GET(self) -> None:
        self.owner.stored.append((self.command, self.path, self.headers["Authorization"]))
        owner, name, _, _, file = self.path.strip("/").split("/", 4)
        data = self.owner.repositories[f"{owner}/{name}"].files[file].read_bytes()
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Accept-Ranges": "bytes"}
        start, end, status = 0, len(data), 200
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or ""):
            start, end, status = int(found[1]), min(end, int(found[2] or end) + 1), 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self.owner.sent += end - start
        self.answer(status, headers, data[start:end])
