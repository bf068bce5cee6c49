"""The client: whatever a server does, an answer or one clear error, in time."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from bootstrap.errors import ServerError
from bootstrap.polish import client
from tests.polish import scripted
from tests.world import free_port

ASK = {"model": "m", "messages": [{"role": "user", "content": "?"}], "max_tokens": 8}


def complete(base: str, seconds: float = 5, **more) -> client.Answer:
    return client.complete(base, ASK, deadline=time.monotonic() + seconds, **more)


@pytest.mark.parametrize(
    "behave",
    [scripted.says("fix", ":"), scripted.says_at_once("fix:"), scripted.says_in_chunks("fix:")],
    ids=["streamed", "at once", "chunked"],
)
def test_an_answer(behave) -> None:
    with scripted.serving(behave) as server:
        answer = complete(server.base)
    assert (answer.text, answer.finish_reason) == ("fix:", "stop")
    assert 0 < answer.first_piece_seconds <= answer.seconds < 5


def test_pieces_are_counted_and_the_first_is_timed() -> None:
    with scripted.serving(scripted.waits_then_says(0.2, "fix:")) as server:
        answer = complete(server.base)
    assert answer.pieces == 1
    assert answer.first_piece_seconds >= 0.2
    with scripted.serving(scripted.says("a", "", "b")) as server:
        assert complete(server.base).pieces == 2


def test_the_reason_for_the_end_is_told() -> None:
    with scripted.serving(scripted.says("refac", finish="length")) as server:
        assert complete(server.base).finish_reason == "length"


def test_parts_without_a_choice_do_no_harm() -> None:
    usage = '{"choices": [], "usage": {"total_tokens": 9}}'
    part = '{"choices": [{"delta": {"content": "fix:"}, "finish_reason": "stop"}]}'
    lines = (": hello", f"data: {usage}", "event: x", f"data:{part}", f"data: {usage}", "data: [DONE]")
    with scripted.serving(scripted.streams(*lines)) as server:
        assert complete(server.base).text == "fix:"


def test_what_is_sent() -> None:
    with scripted.serving(scripted.says("fix:")) as server:
        client.complete(server.base, ASK | {"grammar": None}, deadline=time.monotonic() + 5, api_key="a key")
    # null would end a llamafile server, and only a stream frees its slot when the client leaves
    assert server.asked == [ASK | {"stream": True}]
    assert server.headers[0]["Content-Type"] == "application/json"
    assert server.headers[0]["Authorization"] == "Bearer a key"
    assert server.headers[0]["Connection"] == "close"


TROUBLE = {
    "503": (scripted.answers(503, "text/plain", "loading model\n" * 50), "answered 503 loading model"),
    "404 without a word": (scripted.answers(404, "text/plain", ""), "answered 404"),
    "a redirect": (scripted.answers(302, "text/plain", "go away"), "answered 302"),
    "a web page": (scripted.answers(200, "text/html; charset=utf-8", "<html>Sign in"), "web page"),
    "a web page in disguise": (scripted.answers(200, "text/plain", "<html>\n<p>Sign in"), "no choices"),
    "broken JSON": (scripted.answers(200, "application/json", '{"choices": ['), "JSON"),
    "deep JSON": (scripted.answers(200, "application/json", "[" * 60000), "JSON"),
    "not an object": (scripted.answers(200, "application/json", "[1]"), "JSON"),
    "broken JSON in a stream": (scripted.streams("data: {nonsense"), "JSON"),
    "no choices": (scripted.answers(200, "application/json", "{}"), "no choices"),
    "strange choices": (scripted.answers(200, "application/json", '{"choices": ["fix:"]}'), "no choices"),
    "no events": (scripted.streams(), "no choices"),
    "empty": (scripted.says(), "empty"),
    "blank": (scripted.says(" \n"), "empty"),
    "an error in the stream": (
        scripted.streams('data: {"error": {"message": "out of memory"}}'),
        "out of memory",
    ),
    "llamafile's error in the stream": (scripted.streams("error: slot unavailable"), "slot unavailable"),
    "the middle": (scripted.stops_in_the_middle, "middle"),
    "200 KB": (scripted.floods, "64 KiB"),
    "no HTTP": (lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n"), "127.0.0.1"),
    "nothing": (lambda handler: None, "127.0.0.1"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_one_clear_error(name: str) -> None:
    behave, words = TROUBLE[name]
    with scripted.serving(behave) as server, pytest.raises(ServerError) as caught:
        complete(server.base)
    assert words in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200
    assert caught.value.hint


@pytest.mark.parametrize("behave", [scripted.silent, scripted.drips], ids=["silent", "one byte at a time"])
def test_the_deadline_holds(behave) -> None:
    with scripted.serving(behave) as server:
        started = time.monotonic()
        with pytest.raises(ServerError, match="in time"):
            complete(server.base, 0.5)
        assert 0.4 < time.monotonic() - started < 0.8


def test_a_deadline_in_the_past() -> None:
    with scripted.serving(scripted.says("fix:")) as server, pytest.raises(ServerError, match="in time"):
        complete(server.base, -1)


def test_nobody_there() -> None:
    started = time.monotonic()
    with pytest.raises(ServerError, match="nothing answers") as caught:
        complete(f"http://127.0.0.1:{free_port()}/v1")
    assert time.monotonic() - started < 0.3
    assert "bootstrap start" in caught.value.hint


def test_a_full_queue_does_not_hold_us() -> None:
    """A server that listens and accepts nobody: connecting itself has to end."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            started = time.monotonic()
            with pytest.raises(ServerError):
                complete(f"http://127.0.0.1:{port}/v1", 5, connect_timeout=0.3)
            assert time.monotonic() - started < 0.6
        finally:
            for one in waiting:
                one.close()


def test_a_name_that_nobody_resolves_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver may take many seconds where its own servers are away."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1))
    started = time.monotonic()
    with pytest.raises(ServerError, match="in time"):
        complete("http://llm.example.com/v1", 5, connect_timeout=0.2)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    "address", ["", "localhost:8080", "ftp://127.0.0.1/", "http://[::1/v1", "http://a:port/v1"]
)
def test_a_wrong_address(address: str) -> None:
    with pytest.raises(ServerError, match="no http address"):
        complete(address)


def test_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY")
    with scripted.serving(scripted.says("fix:")) as server:
        assert complete(server.base).text == "fix:"


def test_localhost_by_name() -> None:
    with scripted.serving(scripted.says("fix:")) as server:
        assert complete(server.base.replace("127.0.0.1", "localhost")).text == "fix:"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """Of localhost, signed by itself, with its key in the same file."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed here")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run([*make, *names], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def secure(certificate: Path):
    """A server behind TLS."""
    with scripted.serving(scripted.says("fix:")) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server.base.replace("http://127.0.0.1", "https://localhost")


def test_a_server_behind_tls(secure, certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert complete(secure, connect_timeout=2).text == "fix:"


def test_a_certificate_that_nobody_vouches_for(secure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    with pytest.raises(ServerError, match="certificate"):
        complete(secure, connect_timeout=2)


def test_tls_to_a_server_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted.serving(scripted.says("fix:")) as server, pytest.raises(ServerError):
        complete(server.base.replace("http:", "https:"), 1)


def test_models() -> None:
    listing = '{"object": "list", "data": [{"id": "gemma-3-4b"}, {"id": 7}, "x"]}'
    with scripted.serving(scripted.answers(200, "application/json", listing)) as server:
        assert client.models(server.base, timeout=2) == ["gemma-3-4b"]
        assert client.models(server.base + "/", timeout=2) == ["gemma-3-4b"]


@pytest.mark.parametrize("text", ["{}", '{"data": "x"}', "[]", "no"])
def test_models_of_a_stranger(text: str) -> None:
    with (
        scripted.serving(scripted.answers(200, "application/json", text)) as server,
        pytest.raises(ServerError),
    ):
        client.models(server.base, timeout=2)


def test_models_wait_no_longer_than_told() -> None:
    with scripted.serving(scripted.silent) as server:
        started = time.monotonic()
        with pytest.raises(ServerError, match="in time"):
            client.models(server.base, timeout=0.3)
        assert time.monotonic() - started < 0.6
