"""Connections that end, break or fall silent: the download goes on where they stopped."""

from dataclasses import replace

import pytest

from bootstrap.download import Source, already, download
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    HASTY,
    IMPATIENT,
    KIB,
    PART,
    SHA,
    SIZE,
    SLOW,
    finished,
    half_done,
    nothing_left,
    refused,
)
from tests.faults import OK, Fault, Rule, anything, bulk, covering, ends_at, probe
from tests.faultserver import FaultServer


@pytest.mark.parametrize(
    ("how", "place"),
    [
        *[("drop", place) for place in (0, 100, HALF, HALF + 5000, SIZE - 1)],
        *[("reset", place) for place in (0, 100, HALF, HALF + 5000, SIZE - 1)],
        *[("stall", place) for place in (0, HALF + 5000, SIZE - 1)],
    ],
)
@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_one_part_is_interrupted(server, target, small_parts, how, place, pace):
    server.play(rules=[ends_at(place, how, fault=SLOW)], then=SLOW)
    outcome = finished(target, server.url, patience=IMPATIENT if how == "stall" else HASTY, pace=pace)
    assert len(outcome.notes) <= 1
    assert (server.most_active > 1) == (pace is not ALONE)
    # A RST may take along what the client had not read yet, and whoever was slow is asked twice.
    assert server.sent_again() <= (0 if how == "drop" else 2 * PART)


@pytest.mark.parametrize("etag", ['"one"', 'W/"weak"', None], ids=["strong", "weak", "none"])
@pytest.mark.parametrize(
    ("how", "framing"),
    [
        ("drop", {}),
        ("drop", {"unframed": True}),
        ("drop", {"chunked": True}),
        ("stall", {}),
    ],
    ids=["length", "end", "chunks", "stall"],
)
def test_what_has_arrived_is_not_asked_for_again(server, target, how, etag, framing):
    fault = Fault(etag=etag, **framing)
    server.play(rules=[ends_at(HALF, how, fault=fault)], then=fault)
    outcome = finished(target, server.url, patience=IMPATIENT if how == "stall" else HASTY)
    assert server.starts == [0, HALF]
    assert server.bulk[1].headers.get("if-range") == ('"one"' if etag == '"one"' else None)
    [note] = outcome.notes
    assert "tiny model" in note and server.host in note


def test_a_reset_is_resumed(server, target):
    server.play(rules=[ends_at(HALF, "reset", fault=Fault(drip=(KIB, 0.0005)))])
    finished(target, server.url)
    assert len(server.bulk) == 2
    assert 0 <= server.starts[1] <= HALF


def test_every_part_is_interrupted(server, target, small_parts):
    rules = [ends_at(place, fault=SLOW) for place in range(PART // 2, SIZE, PART)]
    server.play(rules=rules, then=SLOW)
    finished(target, server.url)
    assert server.sent_again() == 0


@pytest.mark.parametrize("fault", [Fault(hangup=True), Fault(stall=0), Fault(mute=True)])
@pytest.mark.parametrize("choice", [probe, bulk])
def test_an_answer_that_does_not_come(server, target, fault, choice):
    server.play(rules=[Rule(choice, fault, times=1)])
    outcome = finished(target, server.url, patience=IMPATIENT)
    assert len(outcome.notes) <= 1
    assert server.sent == SIZE


def test_a_silent_server_is_named(server, target):
    server.play(rules=[Rule(bulk, Fault(stall=0), times=1)])
    outcome = finished(target, server.url, patience=IMPATIENT)
    [note] = outcome.notes
    assert server.host in note and "0.5 s" in note


@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_a_drip_does_not_count_as_alive(server, mirror, target, small_parts, pace):
    # A byte now and then: at this speed the file would need hours.
    server.play(rules=[Rule(bulk, Fault(drip=(5, 0.05)))])
    finished(target, server.url, mirror.url, patience=replace(IMPATIENT, attempts=2), pace=pace)
    assert server.sent < SIZE // 2
    assert mirror.sent >= SIZE - server.sent


def test_a_drip_in_one_part_only(server, target, small_parts):
    server.play(rules=[Rule(covering(HALF), Fault(drip=(5, 0.05)), times=1)], then=SLOW)
    finished(target, server.url, patience=IMPATIENT)
    assert server.sent_again() <= PART


def test_progress_resets_the_count_of_attempts(server, target):
    server.play(rules=[Rule(bulk, Fault(drop=10 * KIB), times=15)])
    finished(target, server.url)
    assert server.starts == [n * 10 * KIB for n in range(16)]


def test_a_few_attempts_without_progress_are_forgiven(server, target):
    breaks = [Fault(drop=0), Fault(drop=0), Fault(drop=KIB)] * 4
    server.play(rules=[Rule(bulk, fault, times=1, skip=0) for fault in breaks])
    finished(target, server.url)
    assert server.sent_again() == 0


def test_no_progress_ends(server, target):
    server.play(rules=[Rule(bulk, Fault(drop=0))])
    refused(target, server.url, because=f"{server.host}: the connection was closed too early")
    assert HASTY.attempts <= len(server.bulk) <= HASTY.attempts + 1
    assert nothing_left(target)


def test_no_progress_ends_with_many_connections_too(server, target, small_parts):
    server.play(rules=[Rule(lambda request: request.start >= HALF, Fault(drop=0))], then=SLOW)
    outcome = refused(target, server.url, because=server.host)
    assert "same command again" in outcome.error.hint
    assert already(target) >= HALF - PART
    # As many attempts as patience has, for each of at most eight connections.
    assert len([start for start in server.starts if start >= HALF]) <= 8 * (HASTY.attempts + 1)


def test_starting_over_again_and_again_is_no_progress(server, target):
    server.play(rules=[Rule(bulk, Fault(drop=HALF, whole=True))])
    refused(target, server.url, because="closed too early")
    assert len(server.bulk) <= HASTY.attempts + 1


def test_a_connection_that_breaks_after_the_last_byte(server, target):
    server.play(then=Fault(stall=SIZE, whole=True, unframed=True))
    outcome = finished(target, server.url, patience=IMPATIENT)
    assert len(server.bulk) == 1
    assert outcome.notes == []


def test_a_failed_run_is_continued_by_the_next(server, target):
    half_done(server, target)
    outcome = finished(target, server.url)
    assert server.starts == [HALF]
    assert server.bulk[0].headers["if-range"] == '"one"'
    assert outcome.reports[0][0] >= HALF
    assert outcome.notes == []


@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_ctrl_c_loses_nothing(server, target, small_parts, pace):
    def watch(done, _total):
        if done >= HALF:
            raise KeyboardInterrupt

    server.play(then=SLOW)
    with pytest.raises(KeyboardInterrupt):
        download(
            Source("tiny model", (server.url,), SHA, SIZE),
            target,
            report=watch,
            **({"pace": pace} if pace else {}),
        )
    kept = already(target)
    assert kept >= HALF
    assert not target.exists()
    finished(target, server.url)
    # What was on its way to eight connections when it ended is all that can be lost.
    assert server.sent_again() <= 8 * PART // 2


def test_a_network_that_comes_back(server, target):
    server.play([Fault(hangup=True)] * 2, then=OK)
    finished(target, server.url)


def test_nobody_has_it_and_nothing_is_kept_of_nothing(server, mirror, target):
    server.play(then=Fault(hangup=True))
    mirror.play(then=Fault(hangup=True))
    outcome = refused(target, server.url, mirror.url, because=server.host)
    assert mirror.host in outcome.error.message
    assert nothing_left(target)


def test_a_body_that_is_shorter_than_promised(target):
    # The size is not known, and the first answers promise five bytes too many.
    lie = Fault(total=SIZE + 5)
    with FaultServer(BODY) as server:
        server.play(rules=[Rule(probe, lie, times=1), Rule(bulk, lie, times=1)])
        finished(target, server.url, size=None)
        assert server.sent_again() <= SIZE


def test_a_server_that_lies_about_its_size_for_ever(server, mirror, target):
    server.play(rules=[Rule(anything, Fault(total=SIZE + 5))])
    finished(target, server.url, mirror.url, size=None)
