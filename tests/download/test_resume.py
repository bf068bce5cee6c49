"""What one run leaves for the next: a part file, its journal, and what is believed of them."""

import hashlib

import pytest

from bootstrap.download import already, discard, journal_path, part_path, sha256_of
from bootstrap.errors import FileError
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    PART,
    SIZE,
    SLOW,
    finished,
    half_done,
    nothing_left,
    refused,
    run,
    stopped,
)
from tests.faults import Fault, Rule

# The part file.


def test_a_whole_part_file_needs_no_network(target):
    part_path(target).write_bytes(BODY)
    finished(target)


def test_a_whole_part_file_that_is_wrong(server, target):
    part_path(target).write_bytes(BODY[::-1])
    finished(target, server.url)
    assert server.sent == SIZE


def test_parts_of_many_connections_are_all_used(server, target, small_parts):
    kept = stopped(server, target, HALF)
    outcome = finished(target, server.url)
    assert server.sent == SIZE - kept
    assert outcome.reports[0][0] >= kept


def test_one_connection_goes_on_after_many(server, target, small_parts):
    kept = stopped(server, target, HALF)
    finished(target, server.url, pace=ALONE)
    assert server.sent == SIZE - kept


def test_a_server_without_ranges_goes_on_after_many(server, target, small_parts):
    stopped(server, target, HALF)
    server.play(then=Fault(whole=True))
    finished(target, server.url)
    assert server.sent == SIZE


def test_three_runs(server, target, small_parts):
    kept = [stopped(server, target, place) for place in (SIZE // 4, HALF)]
    assert kept == sorted(kept)
    finished(target, server.url)
    assert server.sent == SIZE - kept[-1]


@pytest.mark.parametrize("left", [HALF - 100, PART + 1, 1, 0])
def test_a_part_file_that_lost_its_end(server, target, small_parts, left):
    half_done(server, target)
    with part_path(target).open("r+b") as file:
        file.truncate(left)
    assert already(target) <= left
    finished(target, server.url)
    assert SIZE - left <= server.sent <= SIZE


def test_a_part_file_of_many_connections_that_lost_its_end(server, target, small_parts):
    stopped(server, target, HALF)
    with part_path(target).open("r+b") as file:
        file.truncate(PART + 1)
    assert already(target) <= PART + 1
    finished(target, server.url)
    assert server.sent <= SIZE


def test_a_part_file_that_is_gone(server, target):
    half_done(server, target)
    part_path(target).unlink()
    assert already(target) == 0
    finished(target, server.url)
    assert server.sent == SIZE


def test_bytes_that_the_journal_does_not_know_are_not_used(server, target):
    # After a power cut they may be zeros.
    half_done(server, target)
    with part_path(target).open("r+b") as file:
        file.seek(HALF)
        file.write(bytes(SIZE))
    assert already(target) == HALF
    finished(target, server.url)
    assert server.starts == [HALF]


def test_bytes_behind_the_end_do_not_become_part_of_the_file(server, target, small_parts):
    assert stopped(server, target, SIZE) == SIZE
    with part_path(target).open("ab") as file:
        file.write(b"junk")
    finished(target, size=None)


def test_a_full_part_file_is_not_asked_for_again(server, target, small_parts):
    assert stopped(server, target, SIZE) == SIZE
    finished(target, server.url)
    assert server.bulk == []


def test_the_part_of_another_version_is_not_used(server, target):
    half_done(server, target)
    newer = BODY[::-1]
    assert already(target, hashlib.sha256(newer).hexdigest()) == 0
    server.play(then=Fault(body=newer))
    outcome = finished(target, server.url, body=newer)
    assert outcome.notes == []
    assert server.starts[0] == 0 and server.sent == SIZE


def test_discard_removes_all(server, target):
    half_done(server, target)
    discard(target)
    assert nothing_left(target)
    assert already(target) == 0
    discard(target)


# What happened at the server meanwhile.


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@pytest.mark.parametrize("deaf", [False, True], ids=["200", "206 all the same"])
def test_another_file_since_the_last_run(server, target, small_parts, many, deaf):
    older = Fault(etag='"zero"', body=BODY[::-1])
    if many:
        server.body = BODY[::-1]
        stopped(server, target, HALF)
        server.body = BODY
        server.play(then=Fault(etag='"newer"', deaf=deaf))
    else:
        half_done(server, target, fault=older)
        server.play(then=Fault(deaf=deaf))
    finished(target, server.url)
    assert server.sent == SIZE


def test_another_file_without_an_etag(server, target, small_parts):
    # Nothing tells before the checksum does. Then the first half is what is in doubt.
    half_done(server, target, fault=Fault(etag=None, body=BODY[::-1]))
    server.play(then=Fault(etag=None))
    finished(target, server.url)
    assert server.sent <= SIZE + HALF


def test_another_size_since_the_last_run(server, target):
    half_done(server, target, fault=Fault(etag=None, body=BODY + b"more"), size=None)
    server.play(then=Fault(etag=None))
    finished(target, server.url, size=None)
    assert server.sent <= SIZE + HALF


def test_the_same_file_with_another_etag(server, target):
    half_done(server, target)
    server.play(then=Fault(etag='"renewed"'))
    finished(target, server.url)
    assert server.sent <= SIZE


def test_another_mirror_since_the_last_run(server, mirror, target, small_parts):
    kept = stopped(server, target, HALF)
    mirror.play(then=Fault(etag='"another"'))
    finished(target, mirror.url)
    assert mirror.sent == SIZE - kept
    assert server.requests == []


def test_a_mirror_since_the_last_run_and_back(server, mirror, target, small_parts):
    first = stopped(server, target, SIZE // 4)
    mirror.play(rules=[Rule(lambda request: request.start >= HALF, Fault(status=404))], then=SLOW)
    refused(target, mirror.url, because="404")
    second = already(target)
    assert second >= first
    finished(target, server.url)
    assert server.sent == SIZE - second


def test_a_failed_run_leaves_its_journal_and_part_and_nothing_else(server, target, small_parts):
    server.play(rules=[Rule(lambda request: request.start >= HALF, Fault(status=404))], then=SLOW)
    assert run(target, server.url).error
    names = {path.name for path in target.parent.iterdir()}
    assert names == {part_path(target).name, journal_path(target).name}


# The checksum of a file that is there.


def test_sha256_of(target):
    target.write_bytes(BODY * 20)
    reports = []
    found = sha256_of(target, lambda *report: reports.append(report))
    assert found == hashlib.sha256(BODY * 20).hexdigest()
    assert reports[-1] == (20 * SIZE, 20 * SIZE) and reports == sorted(reports)
    with pytest.raises(FileError, match="no such file"):
        sha256_of(target.with_name("missing"))
