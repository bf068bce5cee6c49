"""Several addresses for one file: each in its turn, with the reason told once."""

import socket

import pytest

from bootstrap.download import already
from bootstrap.errors import ChecksumError
from tests.download.running import (
    HALF,
    HASTY,
    KIB,
    PART,
    SECRET,
    SIZE,
    SLOW,
    finished,
    refused,
    run,
    written,
)
from tests.faults import Fault, Rule, SignedAddress, anything, bulk, covering, redirect
from tests.faultserver import FaultServer


@pytest.fixture
def nobody():
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return f"http://127.0.0.1:{port}/file"


def test_the_first_that_works_is_enough(server, mirror, target):
    finished(target, server.url, mirror.url)
    assert mirror.requests == []


def test_all_mirrors_are_named(server, mirror, target):
    server.play(then=Fault(status=404))
    mirror.play(then=Fault(flip=3))
    outcome = refused(target, server.url, mirror.url, because=f"{server.host}: answered 404")
    assert f"{mirror.host}: wrong checksum" in outcome.error.message
    assert not isinstance(outcome.error, ChecksumError)
    assert "--mirror" in outcome.error.hint


def test_nobody_listens(mirror, target, nobody):
    outcome = finished(target, nobody, mirror.url)
    assert f"{nobody.split('/')[2]}: no connection: connection refused" in outcome.said
    assert mirror.host in outcome.notes[-1]


def test_many_mirrors_are_dead(server, mirror, target, nobody):
    server.play(then=Fault(status=503))
    dead = [nobody, server.url, "http://nowhere.invalid/file", f"{server.url}?second", f"{nobody}?second"]
    outcome = finished(target, *dead, mirror.url)
    assert mirror.sent == SIZE
    assert len(outcome.notes) <= 2 * len(dead)


def test_one_mirror_named_twice_is_asked_once(server, mirror, target):
    server.play(then=Fault(status=404))
    finished(target, server.url, server.url, mirror.url)
    assert len(server.requests) == 1


def test_a_mirror_goes_on_where_the_first_stopped(server, mirror, target, small_parts):
    server.play(rules=[Rule(anything, Fault(status=404), skip=7)], then=SLOW)
    finished(target, server.url, mirror.url)
    # What was on its way to eight connections may be lost, and no more.
    assert mirror.sent > 0
    assert server.sent + mirror.sent <= SIZE + 4 * PART


def test_the_reason_for_a_change_is_told_once(server, mirror, target, small_parts):
    # Also where it is eight connections that learn of it.
    server.play(rules=[Rule(lambda request: request.start >= HALF, Fault(status=410))], then=SLOW)
    outcome = finished(target, server.url, mirror.url)
    [note] = [note for note in outcome.notes if "410" in note]
    assert server.host in note and mirror.host in note


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1/x", "http://", "http://[::1/x", "http://a b/", ""]
)
def test_an_address_that_is_none(mirror, target, url):
    finished(target, url, mirror.url)


def test_no_address_at_all(target):
    refused(target, because="no address is known")


def test_a_login_in_the_address_stays_secret(server, target):
    url = f"http://anna:{SECRET}@{server.host}/file"
    server.play(rules=[Rule(bulk, Fault(drop=HALF), times=1), Rule(bulk, Fault(status=404))])
    refused(target, url, because=server.host)
    assert SECRET not in written(target)
    assert all(request.headers["authorization"].startswith("Basic ") for request in server.requests)
    server.play()
    finished(target, url)
    assert server.starts == [HALF]
    assert server.bulk[0].headers["if-range"] == '"one"'


def test_a_login_is_for_its_own_host_only(server, mirror, target):
    server.play(then=redirect(mirror.url))
    finished(target, f"http://anna:{SECRET}@{server.host}/file")
    assert "authorization" in server.requests[0].headers
    assert not [request for request in mirror.requests if "authorization" in request.headers]


def test_a_signature_stays_secret(server, target, small_parts):
    server.play(
        rules=[
            Rule(covering(SIZE - 1), Fault(status=404)),
            Rule(anything, SignedAddress(1000, then=SLOW)),
        ]
    )
    outcome = run(target, server.url)
    assert outcome.error is not None  # and what it said was looked at


# Redirects.


def test_a_redirect_is_followed(server, mirror, target):
    server.play(then=redirect(f"{mirror.url}?signature=1"))
    finished(target, server.url)
    assert set(mirror.paths) == {"/file?signature=1"}
    assert server.sent == 0


def test_the_bytes_come_from_the_last_address_at_once(server, mirror, target, small_parts):
    # One look at the first host is enough: it only says where the file is.
    server.play(then=redirect(mirror.url))
    mirror.play(then=SLOW)
    finished(target, server.url)
    assert len(server.requests) == 1
    assert mirror.sent == SIZE


@pytest.mark.parametrize("status", [403, 410])
@pytest.mark.parametrize("uses", [1, 3, 9])
def test_an_expired_address_is_resolved_anew(server, target, small_parts, status, uses):
    signed = SignedAddress(uses, status, SLOW)
    server.play(rules=[Rule(anything, signed)])
    outcome = finished(target, server.url)
    assert signed.issued >= 2
    assert not [note for note in outcome.notes if "cannot" in note]
    assert server.sent_again() == 0


def test_an_address_that_expires_after_a_while(server, target, small_parts):
    signed = SignedAddress(1000, then=Fault(rate=150 * KIB), seconds=0.15)
    server.play(rules=[Rule(anything, signed)])
    finished(target, server.url)
    assert signed.issued >= 2
    assert server.sent == SIZE


def test_an_address_that_expires_in_the_middle_of_a_part(server, target):
    signed = SignedAddress(1, then=Fault(drop=30 * KIB))
    server.play(rules=[Rule(anything, signed)])
    finished(target, server.url)
    assert server.sent_again() == 0


def test_an_address_that_expired_between_two_runs(server, target):
    signed = SignedAddress(1, then=Fault(drop=HALF))
    server.play(
        rules=[Rule(lambda request: signed_out(request, signed), Fault(status=500)), Rule(anything, signed)]
    )
    refused(target, server.url, because="500")
    kept = already(target)
    assert kept == HALF
    again = SignedAddress(1000)
    again.issued = signed.issued
    server.play(rules=[Rule(anything, again)])
    outcome = finished(target, server.url)
    assert server.starts[-1] == HALF
    assert outcome.notes == []


def signed_out(request, signed):
    """Asks again after the first address was used up."""
    return signed.issued > 0 and signed.left < 1


@pytest.mark.parametrize("status", [403, 410])
def test_an_address_that_is_expired_at_once_is_given_up(server, target, status):
    server.play(rules=[Rule(anything, SignedAddress(0, status))])
    refused(target, server.url, because=f"answered {status}")
    assert len(server.requests) <= 4 * HASTY.attempts


def test_redirects_in_a_circle(server, mirror, target):
    server.play(then=redirect("/file"))
    outcome = finished(target, server.url, mirror.url)
    assert "redirects" in outcome.notes[0]
    assert len(server.requests) <= 21


def test_a_redirect_to_nowhere(server, mirror, target, nobody):
    server.play(then=redirect(nobody))
    outcome = finished(target, server.url, mirror.url)
    assert "no connection" in outcome.notes[-1]


def test_a_mirror_with_a_path_that_redirects_to_the_same_host(target):
    with FaultServer(b"x" * 1000) as one:
        one.play(rules=[Rule(lambda request: request.path == "/file", redirect("/deeper/file"))])
        finished(target, one.url, body=b"x" * 1000)
        assert one.bulk[-1].path == "/deeper/file"
