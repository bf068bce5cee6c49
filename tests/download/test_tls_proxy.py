"""Certificates and proxies: what the environment says, and what to do where it says nonsense."""

import shutil
import ssl
import subprocess

import pytest

from bootstrap.errors import FileError
from tests.download.running import BODY, SIZE, SLOW, finished, refused, run
from tests.faults import Fault
from tests.faultserver import FaultServer


def test_a_proxy_of_the_environment(server, target, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    finished(target, "http://nowhere.invalid/file")
    assert set(server.paths) == {"http://nowhere.invalid/file"}


def test_a_proxy_and_many_connections(server, target, monkeypatch, small_parts):
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    server.play(then=SLOW)
    finished(target, "http://nowhere.invalid/file")
    assert set(server.paths) == {"http://nowhere.invalid/file"}
    assert server.most_active > 1
    assert server.sent == SIZE


def test_a_login_for_a_proxy(server, target, monkeypatch, small_parts):
    monkeypatch.setenv("HTTP_PROXY", f"http://anna:s3cret@{server.host}")
    finished(target, "http://nowhere.invalid/file")
    logins = {request.headers.get("proxy-authorization") for request in server.requests}
    assert logins == {"Basic YW5uYTpzM2NyZXQ="}


def test_a_host_without_a_proxy(server, mirror, target, monkeypatch, small_parts):
    monkeypatch.setenv("HTTP_PROXY", f"http://{mirror.host}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    finished(target, server.url)
    assert mirror.requests == []


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used(server, target, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    outcome = run(target, server.url)
    assert "proxy" in outcome.error.message and "HTTPS_PROXY" in outcome.error.hint


def test_a_proxy_that_is_not_there(server, target, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    refused(target, server.url, because="connection")
    assert server.requests == []


@pytest.fixture
def secure_server(tmp_path_factory):
    """A server with a certificate that only its own file vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program to make a certificate with")
    place = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(place / "key.pem"), "-out", str(place / "cert.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "cert.pem", place / "key.pem")
    with FaultServer(BODY, tls=context) as server:
        yield server, place / "cert.pem"


def test_an_unknown_certificate(secure_server, target):
    server, _ = secure_server
    outcome = refused(target, server.url, because="certificate is not trusted")
    assert "SSL_CERT_FILE" in outcome.error.hint
    assert server.requests == []


def test_a_certificate_that_the_user_trusts(secure_server, target, monkeypatch):
    server, certificate = secure_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    finished(target, server.url)


def test_many_connections_with_a_certificate_that_the_user_trusts(
    secure_server, target, monkeypatch, small_parts
):
    server, certificate = secure_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.play(then=SLOW)
    finished(target, server.url)
    assert server.most_active > 1
    assert server.sent == SIZE


def test_a_redirect_to_a_server_with_an_unknown_certificate(server, secure_server, target):
    # Also where it is not the first address that is not to be trusted.
    secure, _ = secure_server
    server.play(then=Fault(status=302, location=secure.url))
    refused(target, server.url, because="certificate is not trusted")
    assert secure.requests == []


@pytest.mark.parametrize("exists", [False, True])
def test_certificates_that_are_none(server, target, monkeypatch, tmp_path_factory, exists):
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    if exists:
        file.write_text("nothing")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    outcome = run(target, server.url)
    assert isinstance(outcome.error, FileError)
    assert str(file) in outcome.error.message
