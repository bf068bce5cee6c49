"""Rare things, each of which once hung a download, or cost bytes that were there."""

import hashlib
import signal
import threading
import time
from dataclasses import replace

import pytest

from bootstrap.download import Patience, Source, already, download
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    HASTY,
    KIB,
    SHA,
    SIZE,
    finished,
    half_done,
    refused,
    watchdog,
)
from tests.faults import Fault, Rule, bulk, probe

LAST = [Fault(old=True), Fault(whole=True, unframed=True)]


@pytest.mark.parametrize("last", LAST, ids=["HTTP/1.0", "no length"])
def test_ctrl_c_ends_an_answer_that_is_the_last_of_its_connection(server, target, last):
    server.play(then=replace(last, rate=20 * KIB))
    ended = []

    def interrupt():
        while server.sent < 10 * KIB:
            time.sleep(0.01)
        ended.append(server.sent)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        download(Source("tiny model", (server.url,), SHA, SIZE), target)
    thread.join()
    assert server.sent < SIZE / 2, "it went on to the end of the body"


@pytest.mark.parametrize("last", LAST, ids=["HTTP/1.0", "no length"])
def test_a_drip_does_not_count_as_alive_there_either(server, target, last):
    server.play(rules=[Rule(bulk, replace(last, drip=(10, 0.05)))])
    refused(target, server.url, because="bytes in", patience=replace(HASTY, stall=0.5, attempts=2))


def test_more_bytes_than_a_file_of_unknown_size_turns_out_to_have(server, mirror, target):
    longer = Fault(body=BODY + bytes(60 * KIB), whole=True, chunked=True, drop=SIZE + 50 * KIB)
    server.play(then=longer)
    with watchdog(20):
        download(Source("tiny model", (server.url, mirror.url), SHA, None), target, patience=HASTY)
    assert target.read_bytes() == BODY


def test_a_mirror_without_ranges_does_not_cost_what_is_there(server, mirror, target):
    half_done(server, target)
    server.play(then=Fault(status=404))
    mirror.play(then=Fault(whole=True, drop=2000))
    refused(target, server.url, mirror.url, because="closed too early")
    assert already(target) >= HALF
    mirror.play(then=Fault(whole=True))
    finished(target, mirror.url)


def test_a_cut_body_of_unknown_size_is_not_taken_for_the_size(server, target):
    server.play(
        rules=[Rule(bulk, Fault(whole=True, unframed=True, drop=1000), times=1)], then=Fault(whole=True)
    )
    finished(target, server.url, size=None)


def test_a_hub_that_has_another_file_does_not_cost_what_is_there(server, target):
    half_done(server, target)
    other = hashlib.sha256(b"other").hexdigest()
    server.play(then=Fault(linked=f'"{other}"'))
    refused(target, server.url, because="another file")
    assert already(target) == HALF


def test_a_date_of_no_calendar(server, mirror, target):
    late = Fault(status=503, retry_after="Mon, 01 Jan 99999999999999999 00:00:00 GMT")
    server.play(rules=[Rule(probe, late, times=1)])
    finished(target, server.url, pace=ALONE, patience=Patience(pause=0.01, longest_pause=0.02))


def test_a_part_that_is_redirected_is_looked_for_anew(server, target):
    server.play(rules=[Rule(bulk, Fault(status=302, location="/elsewhere"), times=1)])
    finished(target, server.url)


@pytest.mark.parametrize(
    "url", ["user:s3cret@host/file", "http:/user:s3cret@h/f", "http://user:s3c/ret@nowhere.invalid/f"]
)
def test_no_login_is_told_of_an_address_that_is_none(target, url):
    outcome = refused(target, url, because="", patience=replace(HASTY, attempts=1))
    assert "s3c" not in outcome.said
