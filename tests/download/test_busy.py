"""Servers that want to be asked later, or by fewer connections."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bootstrap.download import Patience, already
from tests.download.running import ALONE, HALF, HASTY, IMPATIENT, KIB, PART, SIZE, SLOW, finished, refused
from tests.faults import OK, Fault, Rule, anything, bulk, probe

# Would wait for much longer than any test takes, if nobody told it how long.
SLEEPY = Patience(pause=50, longest_pause=50)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("choice", [probe, bulk])
def test_a_busy_server_says_when_to_come_back(server, target, status, choice):
    server.play(rules=[Rule(choice, Fault(status=status, retry_after="1"), times=1)])
    outcome = finished(target, server.url, patience=SLEEPY)
    refused_at, again_at = [request.at for request in server.requests if choice(request)][:2]
    assert 1 <= again_at - refused_at < 20
    [note] = outcome.notes
    assert f"answered {status}" in note and "in 1.0 s" in note


@pytest.mark.parametrize(
    "text",
    ["86400", "soon", "-3", format_datetime(datetime.now(UTC) + timedelta(days=1))],
    ids=["a day", "a word", "the past", "tomorrow"],  # the same in every process, which the date is not
)
def test_a_busy_server_cannot_ask_for_ever(server, target, text):
    server.play([Fault(status=503, retry_after=text)])
    finished(target, server.url)
    assert server.requests[1].at - server.requests[0].at < 20


def test_a_moment_that_is_a_date(server, target):
    soon = datetime.now(UTC) + timedelta(seconds=2)
    server.play([Fault(status=503, retry_after=format_datetime(soon, usegmt=True))])
    finished(target, server.url, patience=SLEEPY)
    assert server.requests[1].at - server.requests[0].at < 20


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_stays_busy(server, mirror, target, status):
    server.play(then=Fault(status=status))
    outcome = finished(target, server.url, mirror.url)
    assert len(server.requests) <= HASTY.attempts + 1
    assert f"answered {status}" in outcome.said and mirror.host in outcome.notes[-1]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_where_no_mirror_can_help(server, mirror, target, status):
    server.play(rules=[Rule(anything, Fault(status=status), times=1)])
    mirror.play(then=Fault(status=404))
    finished(target, server.url, mirror.url)


def test_a_server_that_stays_busy_and_nobody_else(server, target):
    server.play(rules=[Rule(lambda request: request.start >= HALF, Fault(status=503))], then=Fault(drop=HALF))
    outcome = refused(target, server.url, because="answered 503", pace=ALONE)
    assert already(target) == HALF
    assert "same command again" in outcome.error.hint


@pytest.mark.parametrize("allowed", [1, 2])
@pytest.mark.parametrize("status", [403, 429, 503])
@pytest.mark.parametrize("retry_after", [None, "0"])
def test_a_server_that_allows_few_connections(server, target, small_parts, allowed, status, retry_after):
    too_many = Rule(
        lambda request: bulk(request) and request.active > allowed,
        Fault(status=status, retry_after=retry_after),
    )
    server.play(rules=[too_many], then=SLOW)
    outcome = finished(target, server.url)
    refusals = [request for request in server.bulk if request.sent == 0]
    assert 1 <= len(refusals) <= 8
    assert len(outcome.notes) <= 1
    assert server.sent == SIZE


@pytest.mark.parametrize("status", [403, 429, 503])
def test_after_a_refusal_there_is_one_connection(server, target, small_parts, status):
    in_parallel = Rule(lambda request: bulk(request) and request.active > 1, Fault(status=status), times=1)
    server.play(rules=[in_parallel], then=Fault(rate=120 * KIB))
    finished(target, server.url)
    # Those that came together with the refused one end in peace, then there is one.
    refused_at = next(request.at for request in server.bulk if request.sent == 0)
    later = [request for request in server.bulk if request.at > refused_at + 0.25]
    assert later and max(request.active for request in later) == 1


def test_a_refusal_in_parallel_says_when_to_come_back(server, target, small_parts):
    too_many = Rule(
        lambda request: bulk(request) and request.active > 1,
        Fault(status=429, retry_after="1"),
    )
    server.play(rules=[too_many], then=SLOW)
    outcome = finished(target, server.url, patience=replace(HASTY, longest_retry_after=5))
    assert len([request for request in server.bulk if request.sent == 0]) <= 8
    assert len(outcome.notes) <= 1


def test_a_host_that_counts_connections_and_hangs_up(server, target, small_parts):
    too_many = Rule(lambda request: bulk(request) and request.active > 2, Fault(hangup=True))
    server.play(rules=[too_many], then=SLOW)
    finished(target, server.url, patience=replace(HASTY, attempts=5))


def test_a_host_that_counts_connections_and_is_silent(server, target, small_parts):
    too_many = Rule(lambda request: bulk(request) and request.active > 2, Fault(mute=True), times=12)
    server.play(rules=[too_many], then=SLOW)
    finished(target, server.url, patience=replace(IMPATIENT, attempts=5))


def test_a_host_that_was_busy_once_is_asked_again(server, target, small_parts):
    server.play(rules=[Rule(anything, Fault(status=503), times=2)], then=OK)
    outcome = finished(target, server.url)
    assert len(outcome.notes) <= 2
    assert server.sent == SIZE
    assert max(request.stop - request.start for request in server.bulk) <= PART
