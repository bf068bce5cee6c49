"""bootstrap --attach: a server that somebody else looks after, and only settings and hook are installed."""

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bootstrap import attached
from bootstrap.errors import HostError, ServerError, UsageError
from bootstrap.receipt import Receipt
from tests.test_plan import LINUX, PATHS, planned, situation
from tests.world import World, tree

NAMES = ["large", "small"]


class Team(ThreadingHTTPServer):
    """An OpenAI-compatible server as a team runs one: several models, a key, perhaps https."""

    daemon_threads = True

    def __init__(self, key: str = "", certificate: Path | None = None, *, broken: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.team_key, self.names, self.broken = key, NAMES, broken
        self.asked: list[dict] = []
        self.keys: list[str] = []
        self.leads_to = ""
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Team

    def log_message(self, *_: object) -> None: ...

    def _json(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _allowed(self) -> bool:
        key = self.server.team_key
        if not key or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self._json(401, {"error": {"message": "no valid key"}})
        return False

    def do_GET(self) -> None:
        self.server.keys.append(self.headers.get("Authorization") or "")
        if self.server.leads_to:
            self.send_response(308)
            self.send_header("Location", self.server.leads_to)
            self.end_headers()
        elif self.path == "/v1/models" and self._allowed():
            self._json(200, {"object": "list", "data": [{"id": name} for name in self.server.names]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        self.server.asked.append(asked)
        if self.server.broken:
            self._json(500, {"error": {"message": f"out of memory for {self.server.team_key}"}})
            return
        if asked["model"] not in self.server.names:
            self._json(404, {"error": {"message": f"no model {asked['model']}"}})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for delta, finish in (({"role": "assistant"}, None), ({"content": "fix: "}, None), ({}, "stop")):
            part = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
            self.wfile.write(f"data: {json.dumps(part)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")


@contextmanager
def serving(server: Team) -> Iterator[Team]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def team() -> Iterator[Team]:
    with serving(Team()) as server:
        yield server


def polished(world: World) -> str:
    return world.run("polish", "-m", "Fixed the login bug.", "--explain").stderr


def test_nothing_is_downloaded_and_nothing_is_started(world: World, team: Team) -> None:
    repository = world.repository()
    clean = tree(world.home)
    said = world.run("install", "--attach", team.url, "--repo", str(repository))
    assert "Ready: large answers" in said.stdout
    present = {path.name for path in world.home.rglob("*")}
    assert not present & {"llamafile", "models", "run.sh", "loader"}, present
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert world.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"
    assert team.asked[-1]["model"] == "large"
    assert "Nothing to do" in world.run("install").stdout
    status = world.status()
    assert (status["engine"], status["llamafile"]) == ("attached", None)
    assert status["server"]["url"] == f"{team.url}/v1"
    assert status["server"]["ready"] is True
    assert world.run("doctor", check=False).returncode == 0
    for verb in ("start", "stop", "restart", "logs", "run"):
        refused = world.run(verb, check=False)
        assert refused.returncode == 1
        assert "is not ours" in refused.stderr
    world.run("verify")
    world.run("hook", "remove", str(repository))
    world.run("uninstall")
    left = {name for name in tree(world.home) if not name.startswith("project/.git")}
    assert left == {name for name in clean if not name.startswith("project/.git")}


def test_the_model_that_was_asked_for(world: World, team: Team) -> None:
    failed = world.run("install", "--attach", team.url, "--model", "huge", check=False)
    assert failed.returncode == 1
    assert "--model large or small" in failed.stderr
    world.run("install", "--attach", team.url, "--model", "Small")
    assert 'model = "llamafile/small"' in world.config.read_text()
    polished(world)
    assert team.asked[-1]["model"] == "small"
    assert "Nothing to do" in world.run("install").stdout


def test_a_key_of_the_team(world: World, tmp_path: Path) -> None:
    clean = tree(world.home)
    key = tmp_path / "team-key"
    key.write_text("sk-of-the-team\n")
    with serving(Team(key="sk-of-the-team")) as team:
        failed = world.run("install", "--attach", team.url, check=False)
        assert failed.returncode == 1
        assert "--api-key FILE" in failed.stderr
        assert tree(world.home) == clean
        world.run("install", "--attach", team.url, "--api-key", str(key))
        assert "taken: fix: fix the login bug" in polished(world)
    assert b"sk-of-the-team" not in b"".join(p.read_bytes() for p in world.home.rglob("*") if p.is_file())


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_https_with_a_certificate_of_their_own(world: World, tmp_path: Path) -> None:
    certificate = tmp_path / "team.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", certificate,
         "-out", tmp_path / "only.pem", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    certificate.write_bytes(certificate.read_bytes() + (tmp_path / "only.pem").read_bytes())
    with serving(Team(certificate=certificate)) as team:
        failed = world.run("install", "--attach", team.url, check=False)
        assert failed.returncode == 1
        assert "certificate" in failed.stderr
        world.environment["SSL_CERT_FILE"] = str(tmp_path / "only.pem")
        world.run("install", "--attach", team.url)
        assert "taken: fix: fix the login bug" in polished(world)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost:1", "http or https"),
        ("ftp://localhost/v1", "http or https"),
        ("http://me:secret@localhost/v1", "password"),
        ("http://localhost:1/v1", "nothing answers"),
        ("http://a..b/v1", "no machine can be called"),
    ],
)
def test_an_address_of_nothing_changes_nothing(world: World, address: str, said: str) -> None:
    clean = tree(world.home)
    failed = world.run("install", "--attach", address, check=False)
    assert failed.returncode in {1, 2}
    assert said in failed.stderr
    assert "help:" in failed.stderr
    assert "secret" not in failed.stderr
    assert "Traceback" not in failed.stderr
    assert tree(world.home) == clean


def test_where_the_receipt_is_lost_it_is_made_anew(world: World, team: Team) -> None:
    world.run("install", "--attach", team.url)
    world.receipt.write_text("{")
    said = world.run("install").stderr
    assert "made anew" in said
    world.run("uninstall")
    assert not (world.data / "program").exists()


@pytest.mark.parametrize(
    "option", [("--port", "9000"), ("--engine", "podman"), ("--llamafile", "0.9.2"), ("--strict",)]
)
def test_what_is_for_a_server_of_ours_is_not_ignored(
    world: World, team: Team, option: tuple[str, ...]
) -> None:
    world.run("install", "--attach", team.url)
    refused = world.run("install", *option, check=False)
    assert refused.returncode == 2
    assert option[0] in refused.stderr
    assert "--attach off" in refused.stderr
    assert "Nothing to do" in world.run("install").stdout


def test_a_machine_that_runs_no_llamafile_can_use_another_one(team: Team) -> None:
    host = replace(LINUX, os="openbsd", os_version="7.6")
    seen = situation(host, settings={"attach": team.url}, serving=("large",))
    host.usable(attached.ENGINE)
    assert attached.install(seen).about["api_base"] == f"{team.url}/v1"
    with pytest.raises(HostError):
        planned(host)


def test_from_our_own_server_to_theirs_and_back(world: World, team: Team) -> None:
    clean = tree(world.home)
    world.install("--api-key", "auto")
    said = world.run("install", "--attach", team.url)
    assert "large answers" in said.stdout
    assert not (world.data / "models").exists(), "the server of our own goes when theirs has proved itself"
    assert "Nothing to do" in world.run("install").stdout
    world.install("--attach", "off", "--model", "tiny-a")
    assert world.status()["server"]["ready"] is True
    assert world.status()["engine"] == "llamafile"
    world.run("uninstall")
    assert tree(world.home) == clean


def test_a_server_that_fails_its_proof_takes_no_place(world: World) -> None:
    world.install()
    with serving(Team(broken=True)) as team:
        failed = world.run("install", "--attach", team.url, check=False)
    assert failed.returncode == 1
    assert world.status()["server"]["alias"] == "tiny-a"
    assert world.status()["server"]["ready"] is True
    assert f":{world.port}/v1" in world.config.read_text()


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen2.5-7B-Instruct", "gemma-3.gguf", "/models/a.gguf", "llamafile/b"]
)
def test_a_model_may_be_called_as_a_file_is(world: World, team: Team, name: str) -> None:
    """vLLM names models as Hugging Face does, llama.cpp by their files, LiteLLM's proxy as it likes."""
    team.names = [name]
    world.run("install", "--attach", team.url)
    assert "Nothing to do" in world.run("install").stdout
    assert "taken: fix: fix the login bug" in polished(world)
    assert team.asked[-1]["model"] == name


def test_a_gateway_has_a_lot_of_models(world: World, team: Team) -> None:
    team.names = [f"organisation-{number}/some-model-of-theirs" for number in range(5000)]
    world.run("install", "--attach", team.url, "--model", team.names[-1])
    assert world.status()["server"]["ready"] is True


def test_back_without_a_word_on_the_model(world: World, team: Team) -> None:
    world.install()
    world.run("install", "--attach", team.url)
    world.install("--attach", "off")
    assert world.status()["model"]["name"] == "tiny-a"


def test_the_server_that_runs_here_is_not_somebody_elses(world: World) -> None:
    """It would prove itself, and be stopped then."""
    world.install()
    refused = world.run("install", "--attach", f"http://localhost:{world.port}", check=False)
    assert refused.returncode == 2
    assert "leave --attach out" in refused.stderr
    assert world.status()["server"]["ready"] is True


def test_a_server_that_somebody_watches_keeps_its_files(team: Team) -> None:
    about = {
        "backend": "none",
        "engine": "llamafile",
        "api_base": "http://127.0.0.1:8080/v1",
        "alias": "tiny",
    }
    receipt = Receipt(PATHS.receipt_file, about=about)
    for more in ({"foreground": True}, {"out_of_reach": True}):
        seen = situation(LINUX, settings={"attach": team.url}, serving=("large",), **more)
        with pytest.raises(ServerError):
            attached.install(replace(seen, receipt=receipt))
    seen = situation(LINUX, settings={"attach": "http://[::1]:8080"}, serving=("tiny",))
    with pytest.raises(UsageError):
        attached.install(replace(seen, receipt=receipt))


def test_a_key_goes_to_no_other_server_than_the_one_it_is_for(world: World, tmp_path: Path) -> None:
    key = tmp_path / "team-key"
    key.write_text("sk-of-the-team\n")
    with serving(Team(key="sk-of-the-team")) as team, serving(Team()) as other:
        world.run("install", "--attach", team.url, "--api-key", str(key))
        refused = world.run("install", "--attach", other.url, check=False)
        assert refused.returncode == 2
        assert "--api-key off" in refused.stderr
        assert world.install("--attach", "off", check=False).returncode == 2
        assert not other.keys
        assert "Nothing to do" in world.run("install").stdout
        world.run("install", "--attach", other.url, "--api-key", "off")
        assert set(other.keys) == {""}


def test_where_a_server_leads_to_is_said_and_not_followed(world: World, team: Team) -> None:
    team.leads_to = "https://elsewhere.example/v1/models"
    failed = world.run("install", "--attach", team.url, check=False)
    assert f"leads to {team.leads_to}" in failed.stderr
    assert "name that address" in failed.stderr


def test_what_helps_is_not_for_a_server_of_ours(world: World, tmp_path: Path) -> None:
    with serving(Team(broken=True)) as team:
        failed = world.run("install", "--attach", team.url, check=False)
    assert "help: see to it where it runs" in failed.stderr
    key = tmp_path / "key"
    key.write_text("wrong-one\n")
    with serving(Team(key="sk-of-the-team")) as team:
        failed = world.run("install", "--attach", team.url, "--api-key", str(key), check=False)
        assert "is the right one" in failed.stderr
    with serving(Team()) as team:
        world.run("install", "--attach", team.url)
    assert "bootstrap start" not in polished(world)
