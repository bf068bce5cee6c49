"""Whatever network and disk do, a download ends with the right file or a clear error."""

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bootstrap
from bootstrap.download import (
    Patience,
    Source,
    already,
    discard,
    download,
    journal,
    journal_path,
    part_path,
    sha256_of,
)
from bootstrap.errors import BootstrapError, ChecksumError, DownloadError, FileError
from tests.faultserver import (
    OK,
    PAGE_IN_DISGUISE,
    PAGE_WITH_TYPE,
    UNSATISFIABLE,
    Fault,
    FaultServer,
    redirect,
)

KIB = 1024
MIB = 1024 * KIB
BODY = random.Random(1).randbytes(200 * KIB)
SIZE = len(BODY)
HALF = SIZE // 2
SHA = hashlib.sha256(BODY).hexdigest()
HASTY = Patience(connect=5, stall=5, attempts=3, pause=0.01, longest_pause=0.02, longest_retry_after=0.2)
# Only where a stall is what is tested: a busy machine may well stall for half a second itself.
IMPATIENT = replace(HASTY, stall=0.5)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with FaultServer(BODY) as server:
        yield server


@pytest.fixture
def mirror():
    with FaultServer(BODY) as mirror:
        yield mirror


@pytest.fixture
def target(tmp_path):
    return tmp_path / "model.gguf"


@dataclass
class Outcome:
    """What a download said while it ran, and what it raised."""

    error: BootstrapError | None = None
    reports: list[tuple[int, int | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run(target, *urls, size=SIZE, sha256=SHA, patience=HASTY):
    """One download, and what must be so after every one of them."""
    outcome = Outcome()
    before = target.read_bytes() if target.is_file() else None
    try:
        download(
            Source("tiny model", urls, sha256, size),
            target,
            report=lambda done, total: outcome.reports.append((done, total)),
            note=outcome.notes.append,
            patience=patience,
        )
    except BootstrapError as error:
        outcome.error = error
        assert error.hint and error.message
        if not target.is_dir():
            assert (target.read_bytes() if target.is_file() else None) == before
    else:
        assert hashlib.sha256(target.read_bytes()).hexdigest() == sha256
        assert {path.name for path in target.parent.iterdir()} == {target.name}
    counts = [done for done, _ in outcome.reports]
    assert counts == sorted(counts)
    assert all(total is None or done <= total for done, total in outcome.reports)
    return outcome


def finished(target, *urls, **options):
    outcome = run(target, *urls, **options)
    assert outcome.error is None, outcome.error
    assert target.read_bytes() == BODY
    return outcome


def refused(target, *urls, because, **options):
    outcome = run(target, *urls, **options)
    assert isinstance(outcome.error, DownloadError)
    assert because in outcome.error.message
    assert "tiny model" in outcome.error.message
    return outcome


def nothing_left(target):
    return list(target.parent.iterdir()) == []


def half_done(server, target):
    """A first run that got as far as the middle and then gave up."""
    server.play([Fault(drop=HALF)], then=Fault(drop=0))
    refused(target, server.url, because="closed too early")
    assert already(target) == HALF
    assert part_path(target).read_bytes() == BODY[:HALF]


# The good case.


def test_a_file_arrives(server, target):
    outcome = finished(target, server.url)
    assert outcome.reports[-1] == (SIZE, SIZE)
    assert outcome.notes == []
    [request] = server.requests
    assert request.headers["user-agent"] == f"commit-polish-bootstrap/{bootstrap.__version__}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.range is None


def test_an_older_file_is_replaced(server, target):
    target.write_bytes(b"old")
    finished(target, server.url)


@pytest.mark.parametrize("fault", [OK, Fault(unframed=True)], ids=["length", "no length"])
def test_an_unknown_size_is_no_problem(server, target, fault):
    server.play([fault])
    outcome = finished(target, server.url, size=None)
    assert outcome.reports[-1] == (SIZE, None if fault.unframed else SIZE)


def test_an_empty_file(server, target):
    empty = hashlib.sha256(b"").hexdigest()
    server.play([Fault(body=b"")])
    run(target, server.url, sha256=empty, size=None)
    assert target.read_bytes() == b""


def test_a_slow_server_is_not_a_stalled_one(server, target):
    server.play([Fault(drip=(SIZE // 5, 0.2))])
    finished(target, server.url, patience=replace(HASTY, stall=0.7))
    assert len(server.requests) == 1


# Interruptions.


@pytest.mark.parametrize(
    "fault",
    [
        Fault(drop=HALF),
        Fault(stall=HALF),
        Fault(drop=HALF, etag='W/"weak"'),
        Fault(drop=HALF, etag=None),
        Fault(drop=HALF, unframed=True),
    ],
    ids=["drop", "stall", "weak etag", "no etag", "no length"],
)
def test_an_interruption_is_resumed(server, target, fault):
    server.play([fault], then=Fault(etag=fault.etag))
    patience = IMPATIENT if fault.stall else HASTY
    outcome = finished(target, server.url, patience=patience)
    assert server.starts == [0, HALF]
    strong = fault.etag == '"one"'
    assert server.requests[1].headers.get("if-range") == ('"one"' if strong else None)
    [note] = outcome.notes
    assert "tiny model" in note and server.host in note and "again" in note


def test_a_reset_is_resumed(server, target):
    # A RST takes along what the client had not read yet: how much arrived is luck.
    server.play([Fault(reset=HALF, drip=(KIB, 0.0005))])
    finished(target, server.url)
    assert len(server.requests) == 2
    assert 0 <= server.starts[1] <= HALF


def test_a_stall_before_the_first_byte(server, target):
    server.play([Fault(stall=0)])
    outcome = finished(target, server.url, patience=IMPATIENT)
    assert "not one byte for 0.5 s" in outcome.notes[0]


def test_progress_resets_the_count_of_attempts(server, target):
    server.play([Fault(drop=10 * KIB)] * 15)
    finished(target, server.url)
    assert server.starts == [n * 10 * KIB for n in range(16)]


def test_a_few_attempts_without_progress_are_forgiven(server, target):
    server.play([Fault(drop=0), Fault(drop=0), Fault(drop=KIB)] * 4)
    finished(target, server.url)


def test_a_connection_that_breaks_after_the_last_byte(server, target):
    server.play([Fault(stall=SIZE, unframed=True)])
    outcome = finished(target, server.url, patience=IMPATIENT)
    assert len(server.requests) == 1
    assert outcome.notes == []


def test_no_progress_ends(server, target):
    server.play([], then=Fault(drop=0))
    refused(target, server.url, because=f"{server.host}: the connection was closed too early")
    assert len(server.requests) == HASTY.attempts
    assert nothing_left(target)


def test_starting_over_again_and_again_is_no_progress(server, target):
    server.play([], then=Fault(drop=HALF, whole=True))
    refused(target, server.url, because="closed too early")
    assert server.starts == [0, HALF, HALF, HALF]


def test_a_failed_run_is_continued_by_the_next(server, target):
    half_done(server, target)
    server.play([])
    outcome = finished(target, server.url)
    assert server.starts == [HALF]
    assert server.requests[0].headers["if-range"] == '"one"'
    assert outcome.reports[0][0] >= HALF


def test_a_short_body_of_unknown_size(server, target):
    # Promises more than it has; the 416 to the next request says that all bytes are there.
    server.play([Fault(total=SIZE + 5)])
    finished(target, server.url, size=None)
    assert server.starts == [0, SIZE]


def test_ctrl_c_loses_nothing(server, target):
    def watch(done, _total):
        if done >= HALF:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(Source("tiny model", (server.url,), SHA, SIZE), target, report=watch)
    kept = already(target)
    assert kept >= HALF
    assert not target.exists()
    finished(target, server.url)
    assert server.starts == [0, kept]


# Answers to a range request.


def test_everything_instead_of_a_range_starts_over(server, target):
    server.play([Fault(drop=HALF), Fault(whole=True)])
    finished(target, server.url)
    assert server.starts == [0, HALF]


def test_a_range_of_another_place_is_not_trusted(server, mirror, target):
    server.play([Fault(drop=HALF)], then=Fault(shifted=True))
    outcome = finished(target, server.url, mirror.url)
    assert (server.starts, mirror.starts) == ([0, HALF], [HALF])
    assert "range" in outcome.notes[-1] and mirror.host in outcome.notes[-1]
    # The ETag of one server says nothing to another one.
    assert "if-range" not in mirror.requests[0].headers


def test_a_range_of_another_file_is_not_trusted(server, target):
    server.play([Fault(drop=HALF)], then=Fault(total=SIZE + 1))
    refused(target, server.url, because=f"offers {SIZE + 1} bytes instead of {SIZE}")
    assert already(target) == HALF


@pytest.mark.parametrize("deaf", [False, True], ids=["200", "206 all the same"])
def test_a_changed_file_starts_over(server, target, deaf):
    other = Fault(etag='"zero"', body=BODY[::-1], drop=HALF)
    server.play([other], then=Fault(deaf=deaf))
    finished(target, server.url)
    assert server.starts == ([0, HALF, 0] if deaf else [0, HALF])


def test_a_changed_size_starts_over(server, target):
    server.play([Fault(etag=None, body=BODY + b"more", drop=HALF)], then=Fault(etag=None))
    finished(target, server.url, size=None)
    assert server.starts == [0, HALF, 0]


def test_an_unsatisfiable_range_starts_over(server, target):
    server.play([Fault(drop=HALF), UNSATISFIABLE])
    finished(target, server.url)
    assert server.starts == [0, HALF, 0]


# Answers that are not the file.


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (Fault(zipped=True), "answered in an encoding (gzip)"),
        (PAGE_WITH_TYPE, "answered with a web page, not a file"),
        (PAGE_IN_DISGUISE, "answered with a web page, not a file"),
        (
            Fault(body=b"\xef\xbb\xbf \r\n<HTML>", unframed=True, drip=(1, 0.001)),
            "answered with a web",
        ),
        (Fault(body=BODY + b"!"), f"offers {SIZE + 1} bytes instead of {SIZE}"),
        (Fault(body=BODY[:-1]), f"offers {SIZE - 1} bytes instead of {SIZE}"),
        (Fault(body=BODY + b"!", unframed=True), f"sends more than the expected {SIZE} bytes"),
        (Fault(status=204), "answered 204 no content"),
        (Fault(status=299), "answered 299 unknown status"),
        (Fault(status=304), "answered 304 not modified"),
        (Fault(status=401), "answered 401 unauthorized"),
        (Fault(status=403), "answered 403 forbidden"),
        (Fault(status=404), "answered 404 not found"),
        (Fault(status=410), "answered 410 gone"),
        (UNSATISFIABLE, "answered 416"),
        (redirect("ftp://127.0.0.1/file"), "not an http or https address"),
    ],
)
def test_what_is_not_the_file_is_refused_at_once(server, mirror, target, fault, because):
    # Some web pages and all pages in disguise have no size that could tell.
    size = None if fault.body and b"<" in fault.body[:20] else SIZE
    server.play([], then=fault)
    refused(target, server.url, because=f"{server.host}: {because}", size=size)
    assert len(server.requests) == 1
    assert nothing_left(target)
    outcome = finished(target, server.url, mirror.url, size=size)
    assert because in outcome.notes[-1]
    assert (len(server.requests), len(mirror.requests)) == (2, 1)


@pytest.mark.parametrize("page", [PAGE_WITH_TYPE, PAGE_IN_DISGUISE], ids=["type", "disguise"])
def test_a_login_page_does_not_cost_the_first_half(server, target, page):
    half_done(server, target)
    server.play([], then=page)
    outcome = refused(target, server.url, because="web page", size=None)
    assert "log in" in outcome.error.hint
    assert part_path(target).read_bytes() == BODY[:HALF]
    server.play([])
    finished(target, server.url)
    assert server.starts == [HALF]


# The checksum.


def test_a_wrong_byte_is_found(server, target):
    server.play([], then=Fault(flip=SIZE - 1))
    outcome = refused(target, server.url, because=server.host)
    assert isinstance(outcome.error, ChecksumError)
    wrong = hashlib.sha256(BODY[:-1] + bytes([BODY[-1] ^ 1])).hexdigest()
    assert SHA[:12] in outcome.error.message and wrong[:12] in outcome.error.message
    assert len(server.requests) == 1
    assert nothing_left(target)


def test_another_mirror_has_the_right_bytes(server, mirror, target):
    server.play([], then=Fault(flip=HALF))
    outcome = finished(target, server.url, mirror.url)
    assert (server.starts, mirror.starts) == ([0], [0])
    assert "checksum" in outcome.notes[0] and server.host in outcome.notes[0]


def test_a_wrong_file_leaves_the_old_one(server, target):
    target.write_bytes(b"old")
    server.play([], then=Fault(flip=0))
    refused(target, server.url, because="wrong checksum")
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_mirror_does_not_pay_for_the_bytes_of_another(server, mirror, target):
    server.play([Fault(flip=5, drop=HALF)], then=Fault(status=404))
    finished(target, server.url, mirror.url)
    assert mirror.starts == [HALF, 0]


def test_a_damaged_part_file_is_replaced(server, target):
    half_done(server, target)
    damaged = bytearray(part_path(target).read_bytes())
    damaged[7] ^= 1
    part_path(target).write_bytes(damaged)
    server.play([])
    finished(target, server.url)
    assert server.starts == [HALF, 0]


def test_a_second_chance_comes_once(server, target):
    # Without an ETag every resumed file is in doubt.
    half_done(server, target)
    wrong = [Fault(flip=SIZE - 1, etag=None, deaf=True), Fault(drop=HALF, etag=None)]
    server.play(wrong * 10)
    refused(target, server.url, because="wrong checksum")
    assert server.starts == [HALF, 0, HALF]


def test_a_second_chance_can_fail(server, target):
    half_done(server, target)
    server.play([], then=Fault(flip=SIZE - 1))
    outcome = refused(target, server.url, because="wrong checksum")
    assert isinstance(outcome.error, ChecksumError)
    assert server.starts == [HALF, 0]
    assert nothing_left(target)


def test_resuming_without_a_checksum_to_match_is_impossible():
    with pytest.raises(ValueError, match="64"):
        Source("tiny model", ("http://localhost/",), SHA.upper(), SIZE)


# Redirects and busy servers.


def test_a_redirect_is_followed(server, mirror, target):
    server.play([redirect(f"{mirror.url}?signature=1")])
    finished(target, server.url)
    assert mirror.paths == ["/file?signature=1"]


def test_an_expired_address_is_resolved_anew(server, target):
    server.play(
        [
            *(redirect("/signed-1"), Fault(drop=HALF)),
            *(redirect("/signed-1"), Fault(status=403)),
            *(redirect("/signed-2"), Fault(drop=KIB)),
            *(redirect("/signed-2"), Fault(status=410)),
            redirect("/signed-3"),
        ]
    )
    finished(target, server.url)
    assert server.paths[1::2] == [f"/signed-{n}" for n in (1, 1, 2, 2, 3)]
    assert set(server.paths[::2]) == {"/file"}
    assert server.starts[-1] == HALF + KIB


def test_an_address_that_is_expired_again_is_given_up(server, target):
    server.play([redirect("/signed"), Fault(status=410)] * 5)
    refused(target, server.url, because="answered 410 gone after a redirect")
    assert server.paths == ["/file", "/signed"] * 2


def test_redirects_in_a_circle(server, mirror, target):
    server.play([], then=redirect("/file"))
    outcome = finished(target, server.url, mirror.url)
    assert "redirects" in outcome.notes[0]
    assert len(server.requests) == 11


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_says_when_to_come_back(server, target, status):
    server.play([Fault(status=status, retry_after="1")])
    begin = time.monotonic()
    outcome = finished(target, server.url, patience=Patience(pause=9, longest_pause=9))
    assert 1 <= time.monotonic() - begin < 5
    assert f"answered {status}" in outcome.notes[0] and "in 1.0 s" in outcome.notes[0]


@pytest.mark.parametrize(
    "text", ["86400", "soon", "-3", format_datetime(datetime.now(UTC) + timedelta(days=1))]
)
def test_a_busy_server_cannot_ask_for_ever(server, target, text):
    server.play([Fault(status=503, retry_after=text)])
    begin = time.monotonic()
    finished(target, server.url)
    assert time.monotonic() - begin < 2


def test_a_server_that_stays_busy(server, mirror, target):
    server.play([], then=Fault(status=500))
    finished(target, server.url, mirror.url)
    assert (len(server.requests), len(mirror.requests)) == (HASTY.attempts, 1)


# Mirrors and addresses.


def test_all_mirrors_are_named(server, mirror, target):
    server.play([], then=Fault(status=404))
    mirror.play([], then=Fault(flip=3))
    outcome = refused(target, server.url, mirror.url, because=f"{server.host}: answered 404")
    assert f"{mirror.host}: wrong checksum" in outcome.error.message
    assert not isinstance(outcome.error, ChecksumError)
    assert "--mirror" in outcome.error.hint


def test_nobody_listens(mirror, target):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = finished(target, f"http://127.0.0.1:{port}/file", mirror.url)
    assert f"127.0.0.1:{port}: no connection: connection refused" in outcome.notes[0]


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1/x", "http://", "http://[::1/x", "http://a b/", ""]
)
def test_an_address_that_is_none(mirror, target, url):
    finished(target, url, mirror.url)


def test_no_address_at_all(target):
    refused(target, because="no address is known")


def test_a_login_in_the_address_stays_secret(server, target):
    url = f"http://anna:s3cret@{server.host}/file"
    server.play([Fault(drop=HALF)], then=Fault(status=404))
    outcome = refused(target, url, because=server.host)
    written = journal_path(target).read_text()
    assert "s3cret" not in f"{outcome.error} {outcome.error.hint} {outcome.notes} {written}"
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    server.play([])
    finished(target, url)
    assert server.requests[0].headers["if-range"] == '"one"'


def test_a_proxy_of_the_environment(server, target, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    finished(target, "http://nowhere.invalid/file")
    assert server.paths == ["http://nowhere.invalid/file"]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used(server, target, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    outcome = run(target, server.url)
    assert "proxy" in outcome.error.message and "HTTPS_PROXY" in outcome.error.hint


# Certificates.


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


@pytest.mark.parametrize("exists", [False, True])
def test_certificates_that_are_none(server, target, monkeypatch, tmp_path_factory, exists):
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    if exists:
        file.write_text("nothing")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    outcome = run(target, server.url)
    assert isinstance(outcome.error, FileError)
    assert str(file) in outcome.error.message


# The part file and its journal.


def test_a_whole_part_file_needs_no_network(target):
    part_path(target).write_bytes(BODY)
    finished(target)


def test_a_whole_part_file_that_is_wrong(server, target):
    part_path(target).write_bytes(BODY[::-1])
    finished(target, server.url)
    assert server.starts == [0]


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"version": 1',
        b"\xff\x00\x80",
        b"[" * 60000,
        b"0" * 100_000,
        b'{"version": 1, "sha256": 5, "origin": {}, "safe": "x"}',
        b'{"version": 99, "sha256": "%s", "origin": {"url": "x"}, "safe": 9}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"url": "x"}, "safe": -9}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"url": "x"}, "safe": true}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"port": 1}, "safe": 9}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"url": "x"}, "safe": 9}' % (b"0" * 64),
    ],
)
def test_a_journal_that_cannot_be_believed(server, target, text):
    part_path(target).write_bytes(b"somebody else's bytes")
    if text is not None:
        journal_path(target).write_bytes(text)
    assert already(target, SHA) == 0
    finished(target, server.url)
    assert server.starts == [0]


def test_a_journal_that_promises_too_much(server, target):
    half_done(server, target)
    with part_path(target).open("r+b") as file:
        file.truncate(HALF - 100)
    assert already(target) == HALF - 100
    server.play([])
    finished(target, server.url)
    assert server.starts == [HALF - 100]


def test_bytes_that_the_journal_does_not_know_are_not_used(server, target):
    # After a power cut they may be zeros.
    half_done(server, target)
    with part_path(target).open("ab") as file:
        file.write(bytes(SIZE))
    assert already(target) == HALF
    server.play([])
    finished(target, server.url)
    assert server.starts == [HALF]


def test_bytes_behind_the_end_do_not_become_part_of_the_file(target):
    part_path(target).write_bytes(BODY + b"junk")
    whole = journal.Origin("http://localhost/", total=SIZE)
    journal.write(target, journal.Journal(SHA, whole, SIZE))
    finished(target, size=None)


def test_the_part_of_another_version_is_not_used(server, target):
    half_done(server, target)
    newer = BODY[::-1]
    assert already(target, hashlib.sha256(newer).hexdigest()) == 0
    server.play([], then=Fault(body=newer))
    run(target, server.url, sha256=hashlib.sha256(newer).hexdigest())
    assert target.read_bytes() == newer
    assert server.starts == [0]


def test_discard_removes_all(server, target):
    half_done(server, target)
    discard(target)
    assert nothing_left(target)
    assert already(target) == 0
    discard(target)


def test_the_journal_is_for_its_owner_only(server, target):
    half_done(server, target)
    if os.name == "posix":
        assert journal_path(target).stat().st_mode & 0o077 == 0


def test_sha256_of(target):
    target.write_bytes(BODY * 20)
    reports = []
    found = sha256_of(target, lambda *report: reports.append(report))
    assert found == hashlib.sha256(BODY * 20).hexdigest()
    assert reports[-1] == (20 * SIZE, 20 * SIZE) and reports == sorted(reports)
    with pytest.raises(FileError, match="no such file"):
        sha256_of(target.with_name("missing"))


# The disk.


def test_a_target_that_is_a_directory(server, target):
    target.mkdir()
    outcome = run(target, server.url)
    assert isinstance(outcome.error, FileError)
    assert f"{target} is a directory" in outcome.error.message
    assert server.requests == [] and list(target.iterdir()) == []


def test_a_part_file_that_is_a_directory(server, target):
    part_path(target).mkdir()
    assert isinstance(run(target, server.url).error, FileError)
    assert server.requests == []


def test_a_journal_that_is_a_directory(server, target):
    journal_path(target).mkdir()
    assert isinstance(run(target, server.url).error, FileError)


def test_a_place_that_is_missing(server, target):
    outcome = run(target / "deeper" / "model.gguf", server.url)
    assert isinstance(outcome.error, FileError)
    assert str(target / "deeper") in outcome.error.message
    assert server.requests == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is read-only for this user")
def test_a_read_only_directory(server, target):
    target.parent.chmod(0o500)
    try:
        outcome = run(target, server.url)
    finally:
        target.parent.chmod(0o700)
    assert isinstance(outcome.error, FileError)
    assert "permission denied" in outcome.error.message and "writable" in outcome.error.hint


def test_a_name_that_is_too_long(server, target):
    outcome = run(target.with_name("x" * 251), server.url)
    assert isinstance(outcome.error, FileError)


ON_A_SMALL_DISK = """
import json, subprocess, sys
from pathlib import Path
from bootstrap.download import Patience, Source, already, download, part_path
from bootstrap.errors import BootstrapError

url, sha256, size, place = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)

def attempt(size):
    try:
        download(Source("tiny model", (url,), sha256, size), place / "model.gguf")
    except BootstrapError as error:
        found = [type(error).__name__, error.message, error.hint]
    else:
        found = []
    found.append(already(place / "model.gguf"))
    found.append(sorted(path.name for path in place.iterdir()))
    print(json.dumps(found))

mount("size=1m")
attempt(size)
attempt(None)
mount("remount,size=9m")
attempt(size)
mount("remount,ro")
attempt(size)
"""


@pytest.fixture
def own_mounts():
    """A command prefix behind which tmpfs can be mounted, seen by nobody else."""
    prefix = ["unshare", "--user", "--map-root-user", "--mount"]
    probe = [*prefix, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None or subprocess.call(probe, stderr=subprocess.DEVNULL):
        pytest.skip("no mounts without being root here")
    return prefix


def child(script, *arguments, prefix=()):
    """The command and the environment of a process that downloads."""
    environment = os.environ | {"PYTHONPATH": str(Path(bootstrap.__file__).parents[1])}
    return [*prefix, sys.executable, "-c", script, *map(str, arguments)], environment


def test_a_full_disk_and_a_read_only_one(own_mounts, tmp_path):
    body = BODY * 18
    with FaultServer(body) as server:
        sha256 = hashlib.sha256(body).hexdigest()
        command, environment = child(
            ON_A_SMALL_DISK, server.url, sha256, len(body), tmp_path, prefix=own_mounts
        )
        found = subprocess.run(command, env=environment, capture_output=True, check=True)
    full, unknown, done, read_only = map(json.loads, found.stdout.splitlines())
    kind, message, hint, kept, names = full
    assert kind == "DownloadError"
    assert "disk full: tiny model needs 3 MiB more" in message
    assert "free 3 MiB and run the same command again" in hint
    assert MIB - 200 * KIB < kept < MIB
    assert names == ["model.gguf.part", "model.gguf.part.json"]
    assert unknown[0] == "DownloadError" and "disk full" in unknown[1]
    assert done == [0, ["model.gguf"]]
    # The second run went on where the first stopped, and the third where the second stopped.
    assert server.starts == [0, kept, unknown[3]]
    assert read_only[0] == "FileError" and "read-only file system" in read_only[1]
    assert read_only[-1] == ["model.gguf"]


JUST_DOWNLOAD = """
import sys
from pathlib import Path
from bootstrap.download import Source, download
download(Source("tiny model", (sys.argv[1],), sys.argv[2], int(sys.argv[3])), Path(sys.argv[4]))
"""


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_a_killed_run_loses_16_mib_at_most(target):
    body = BODY * 256
    sha256 = hashlib.sha256(body).hexdigest()
    slow = Fault(drip=(256 * KIB, 0.002))
    with FaultServer(body, then=slow) as server:
        command, environment = child(JUST_DOWNLOAD, server.url, sha256, len(body), target)
        with subprocess.Popen(command, env=environment) as process:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and size_of(part_path(target)) < 40 * MIB:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        arrived = size_of(part_path(target))
        assert not target.exists()
        kept = already(target)
        assert arrived - 17 * MIB <= kept <= arrived < len(body)
        server.play([])
        outcome = run(target, server.url, sha256=sha256, size=len(body))
        assert outcome.error is None
        assert server.starts == [kept]


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def test_two_downloads_in_two_threads(server, mirror, tmp_path):
    # Different targets share nothing.
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    threads = [
        threading.Thread(target=finished, args=(place / "model.gguf", url))
        for place, url in zip(places, (server.url, mirror.url), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((place / "model.gguf").read_bytes() == BODY for place in places)


# Everything at once.

places = st.one_of(st.none(), st.integers(0, SIZE))
faults = st.one_of(
    st.just(OK),
    st.builds(
        Fault,
        drop=places,
        flip=st.one_of(st.none(), st.none(), st.integers(0, SIZE - 1)),
        whole=st.booleans(),
        deaf=st.booleans(),
        shifted=st.sampled_from([False, False, False, True]),
        unframed=st.booleans(),
        extra=st.sampled_from([b"", b"", b"?"]),
        etag=st.sampled_from(['"one"', '"one"', '"two"', 'W/"one"', None]),
    ),
    st.builds(Fault, reset=st.integers(0, SIZE)),
    st.builds(Fault, total=st.integers(SIZE - 2, SIZE + 2), etag=st.just(None)),
    st.builds(Fault, status=st.sampled_from([403, 404, 416, 429, 500, 503])),
    st.builds(redirect, st.sampled_from(["/file", "/other"])),
    st.sampled_from([PAGE_WITH_TYPE, PAGE_IN_DISGUISE, Fault(zipped=True)]),
)


@pytest.fixture(scope="module")
def two_servers():
    with FaultServer(BODY) as server, FaultServer(BODY) as mirror:
        yield server, mirror


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    scripts=st.lists(st.lists(faults, max_size=6), min_size=2, max_size=2),
    size=st.sampled_from([SIZE, None]),
    runs=st.integers(1, 2),
)
def test_never_a_wrong_file(two_servers, tmp_path_factory, scripts, size, runs):
    target = tmp_path_factory.mktemp("any") / "model.gguf"
    for server, script in zip(two_servers, scripts, strict=True):
        server.play(script)
    for _ in range(runs):
        outcome = run(
            target,
            *(server.url for server in two_servers),
            size=size,
            patience=Patience(stall=5, attempts=3, pause=0, longest_retry_after=0),
        )
        if outcome.error is None:
            assert target.read_bytes() == BODY
            return
    # Whatever was left behind, good servers are enough from here on.
    for server in two_servers:
        server.play([])
    finished(target, *(server.url for server in two_servers), size=size)
