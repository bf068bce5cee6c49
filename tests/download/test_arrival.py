"""A server that does nothing wrong, of every kind that there is, and files of every size."""

import random
import threading
from dataclasses import replace

import pytest

import bootstrap
from tests.download.running import BODY, HALF, HASTY, MIB, PART, SIZE, finished, half_done, run
from tests.faults import OK, Fault, Rule, bulk
from tests.faultserver import FaultServer

# Nothing in them is small: as servers really get them.
LARGE = random.Random(2).randbytes(40 * MIB + 5)


def test_a_file_arrives(server, target):
    outcome = finished(target, server.url)
    assert outcome.reports[-1] == (SIZE, SIZE)
    assert outcome.notes == []
    assert server.sent == SIZE
    for request in server.requests:
        assert request.headers["user-agent"] == f"commit-polish-bootstrap/{bootstrap.__version__}"
        assert request.headers["accept-encoding"] == "identity"


def test_nothing_is_asked_for_before_the_server_was_asked_how_the_file_is(server, target):
    finished(target, server.url)
    assert [request.probes for request in server.requests] == [True, False]


def test_a_large_file_is_asked_for_in_bounded_ranges_and_in_order(target):
    with FaultServer(LARGE) as server:
        finished(target, server.url, body=LARGE)
    assert all(request.stop is not None for request in server.bulk)
    # of requests that are on their way at the same moment, a later one may arrive first
    places = {start: place for place, start in enumerate(sorted(server.starts))}
    late = [place - places[start] for place, start in enumerate(server.starts)]
    assert max(map(abs, late)) < 3, server.starts
    assert server.sent == len(LARGE)


def test_all_ranges_are_of_the_same_file(server, target, small_parts):
    finished(target, server.url)
    assert len(server.bulk) > 1
    assert {request.headers.get("if-range") for request in server.bulk} == {'"one"'}


@pytest.mark.parametrize("etag", [None, 'W/"weak"', "no-quotes"])
def test_an_etag_that_promises_nothing_is_not_sent(server, target, small_parts, etag):
    server.play(then=Fault(etag=etag))
    finished(target, server.url)
    assert not [request for request in server.requests if "if-range" in request.headers]
    assert server.sent == SIZE


def test_an_older_file_is_replaced(server, target):
    target.write_bytes(b"old")
    finished(target, server.url)


@pytest.mark.parametrize("length", [2, PART - 1, PART, PART + 1, 4 * PART, 4 * PART + 1])
def test_a_file_of_any_size(target, small_parts, length):
    body = BODY[:length]
    with FaultServer(body) as server:
        outcome = finished(target, server.url, body=body)
    assert outcome.notes == []
    assert server.sent == length


@pytest.mark.parametrize("size", [None, 0])
@pytest.mark.parametrize("fault", [OK, Fault(whole=True), Fault(whole=True, unframed=True)])
def test_an_empty_file(target, size, fault):
    # Servers differ: no byte 0 can be had of it (416), or there is nothing to divide (200).
    with FaultServer(b"", then=fault) as server:
        finished(target, server.url, body=b"", size=size)


@pytest.mark.parametrize(
    "fault",
    [
        OK,
        Fault(whole=True),
        Fault(whole=True, unframed=True),
        Fault(whole=True, chunked=True),
        Fault(chunked=True),
    ],
    ids=["ranges", "no ranges", "no length", "chunks", "ranges in chunks"],
)
@pytest.mark.parametrize("size", [SIZE, None])
def test_a_server_of_any_kind(server, target, small_parts, fault, size):
    server.play(then=fault)
    outcome = finished(target, server.url, size=size)
    assert outcome.notes == []
    assert server.sent == SIZE
    done, total = outcome.reports[-1]
    unknown = size is None and fault.whole and (fault.unframed or fault.chunked)
    assert done == SIZE and total in ({None, SIZE} if unknown else {SIZE})


def test_without_ranges_everything_comes_in_one_answer(server, target, small_parts):
    server.play(then=Fault(whole=True))
    finished(target, server.url)
    [request] = server.bulk
    assert request.range is None


@pytest.mark.parametrize("fault", [Fault(last=True), Fault(old=True), Fault(old=True, unframed=True)])
def test_a_server_that_ends_every_connection(server, target, small_parts, fault):
    server.play(then=fault)
    outcome = finished(target, server.url)
    assert outcome.notes == []
    assert server.sent == SIZE


def test_a_connection_that_was_closed_in_between_is_no_news(server, target, small_parts):
    # The client cannot know before it has asked for the next part.
    server.play(rules=[Rule(bulk, Fault(last=True), times=1, skip=n) for n in (0, 3, 6)])
    outcome = finished(target, server.url)
    assert outcome.notes == []


def test_a_server_that_gives_less_than_was_asked_for(server, target, small_parts):
    # It may do so (RFC 9110, section 15.3.7), and the answer says which bytes it has.
    server.play(rules=[Rule(bulk, Fault(most=PART // 3))])
    outcome = finished(target, server.url)
    assert outcome.notes == []
    assert server.sent == SIZE


def test_a_server_that_gives_more_than_was_asked_for(server, mirror, target, small_parts):
    # What was not asked for is not taken, and whether the rest is, is all the same.
    server.play(rules=[Rule(bulk, Fault(endless=True, rate=500_000))])
    finished(target, server.url, mirror.url)


def test_a_connection_is_used_for_many_parts(server, target, small_parts):
    server.play(then=Fault(rate=500_000))
    finished(target, server.url)
    assert len({request.connection for request in server.bulk}) < len(server.bulk)


def test_a_slow_server_is_not_a_stalled_one(server, target):
    server.play(then=Fault(drip=(SIZE // 5, 0.2)))
    outcome = finished(target, server.url, patience=replace(HASTY, stall=0.7))
    assert outcome.notes == []
    assert len(server.bulk) == 1


def test_progress_is_told_while_bytes_arrive(server, target):
    server.play(then=Fault(rate=400_000))
    outcome = finished(target, server.url)
    seen = {done for done, _ in outcome.reports}
    assert len([done for done in seen if 0 < done < SIZE]) >= 3
    assert {total for _, total in outcome.reports} == {SIZE}


def test_progress_counts_what_was_there_before(server, target):
    half_done(server, target)
    outcome = finished(target, server.url)
    assert outcome.reports[0][0] >= HALF


def test_two_downloads_in_two_threads(server, mirror, tmp_path):
    # Different targets share nothing.
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    found = []

    def one(place, url):
        found.append(run(place / "model.gguf", url))

    threads = [
        threading.Thread(target=one, args=(place, url))
        for place, url in zip(places, (server.url, mirror.url), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.error for outcome in found] == [None, None]
    assert all((place / "model.gguf").read_bytes() == BODY for place in places)


def test_a_probe_is_small(target):
    with FaultServer(LARGE) as server:
        finished(target, server.url, body=LARGE)
    assert sum(request.sent for request in server.requests if request.probes) <= 1
