"""Several connections to one server: when there are how many, and what each of them does."""

import os
import time

import pytest

from bootstrap.download import Pace, Source, crew, download, journal_path, part_path
from tests.download.running import ALONE, HALF, KIB, PART, SHA, SIZE, finished
from tests.faults import Fault, Rule, bulk, covering

# As slow as a connection must be for eight of them to be of use: a part takes a sixth of a second.
SLOW = Fault(rate=100 * KIB)
BRISK = Fault(rate=400 * KIB)


def test_many_connections_share_the_work(server, target, small_parts):
    server.play(then=SLOW)
    outcome = finished(target, server.url)
    assert 4 <= server.most_active <= 8
    assert server.most_connections <= 9  # one more asked first how the file is
    assert server.sent == SIZE
    assert outcome.notes == []


def test_the_first_connection_is_alone_until_it_has_its_range(server, target, small_parts):
    server.play(rules=[Rule(bulk, Fault(delay=0.5, rate=50 * KIB), times=1)], then=SLOW)
    finished(target, server.url)
    first, second = server.bulk[:2]
    assert second.at - first.at >= 0.5


def test_a_line_that_one_connection_fills_needs_no_more(server, target, small_parts, monkeypatch):
    # Not the gigabit that it takes, or this server would have to be as fast as that on every machine.
    monkeypatch.setattr(crew, "FAST", 10 * KIB)
    monkeypatch.setattr(crew, "SEEN", 0.2)
    server.play(then=BRISK)
    finished(target, server.url)
    assert server.most_active == 1


def test_parts_are_asked_for_in_their_order(server, target, small_parts):
    server.play(then=BRISK)
    finished(target, server.url)
    # Requests of different connections may overtake each other on their way.
    places = [start // PART for start in server.starts]
    assert sorted(places) == list(range(13))
    assert all(abs(place - n) < 8 for n, place in enumerate(places))


@pytest.mark.parametrize("connections", [1, 2, 3])
def test_no_more_connections_than_the_user_wants(server, target, small_parts, connections):
    server.play(then=SLOW if connections > 1 else BRISK)
    finished(target, server.url, pace=Pace(connections=connections))
    assert server.most_active == connections
    assert server.most_connections <= connections + 1


def test_more_connections_than_parts_are_of_no_use(server, target, small_parts):
    server.play(then=BRISK)
    finished(target, server.url, pace=Pace(connections=16))
    assert len(server.bulk) == 13
    assert server.sent == SIZE


def test_one_host_gets_four_at_most(server, target, small_parts, monkeypatch):
    # Its requests come here through a proxy, which is this server.
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
    server.play(then=SLOW)
    finished(target, "http://github.com/owner/project/releases/download/v1/file")
    assert 2 <= server.most_active <= 4


def test_without_ranges_there_is_one_connection(server, target, small_parts):
    server.play(then=Fault(whole=True, rate=400 * KIB))
    finished(target, server.url)
    assert len(server.bulk) == 1


def test_many_connections_pay_off(server, target, small_parts):
    server.play(then=SLOW)
    finished(target, server.url, pace=ALONE)
    one = server.seconds
    server.play(then=SLOW)
    finished(target, server.url)
    assert server.seconds < one / 2


def test_a_connection_far_slower_than_the_others_is_replaced(server, target, small_parts):
    # Its part would take sixteen seconds more, and everything else is there in one.
    server.play(rules=[Rule(covering(HALF), Fault(rate=KIB + 200), times=1)], then=BRISK)
    finished(target, server.url)
    [slow, *others] = [request for request in server.bulk if covering(HALF)(request)]
    assert slow.sent < PART * 3 / 4
    assert others
    assert server.sent_again() <= PART


def test_the_first_connection_can_be_the_slow_one(server, target, small_parts):
    server.play(rules=[Rule(covering(0), Fault(rate=KIB + 200), times=1)], then=BRISK)
    finished(target, server.url)
    assert server.bulk[0].sent < PART * 3 / 4


def test_all_connections_are_equally_slow_and_stay(server, target, small_parts):
    server.play(then=Fault(rate=30 * KIB))
    finished(target, server.url)
    assert server.sent <= SIZE + PART


@pytest.mark.parametrize("connections", [None, 1, 3])
def test_no_more_of_the_line_than_the_user_wants(server, target, small_parts, connections):
    # One second. Without the limit it is a moment, and with one for each of eight connections a quarter.
    begin = time.monotonic()
    finished(target, server.url, pace=Pace(connections=connections, bytes_per_second=200 * KIB))
    assert 0.5 < time.monotonic() - begin < 30
    assert server.sent == SIZE


def test_a_limit_far_beyond_the_line_changes_nothing(server, target, small_parts):
    finished(target, server.url, pace=Pace(bytes_per_second=10**12))


def test_a_limit_is_no_stall(server, target, small_parts):
    outcome = finished(target, server.url, pace=Pace(bytes_per_second=400 * KIB))
    assert outcome.notes == []


def test_all_bytes_go_into_one_part_file(server, target, small_parts):
    server.play(then=BRISK)
    names = set()

    def watch(_done, _total):
        names.update(path.name for path in target.parent.iterdir())

    download(Source("tiny model", (server.url,), SHA, SIZE), target, report=watch)
    journal = journal_path(target).name
    assert names <= {part_path(target).name, journal, f"{journal}.new", target.name}


def test_connections_are_closed_at_the_end(server, target, small_parts):
    server.play(then=BRISK)
    finished(target, server.url)
    server.rest()
    assert not server.connections
    if os.path.isdir("/proc/self/fd"):
        links = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
        assert not [link for link in links if str(target.parent) in link]


def test_one_connection_after_another_breaks(server, target, small_parts):
    server.play(rules=[Rule(bulk, Fault(drop=PART // 2, rate=50 * KIB), times=9, skip=2)], then=BRISK)
    finished(target, server.url)
    assert server.sent_again() == 0
