"""What one run leaves for the next: a part file, its journal, and what is believed of them."""

import hashlib
import json
import os

import pytest

from bootstrap.download import Source, already, discard, download, journal_path, part_path, sha256_of
from bootstrap.errors import FileError
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    PART,
    SHA,
    SIZE,
    SLOW,
    finished,
    half_done,
    nothing_left,
    refused,
    run,
)
from tests.faultserver import Fault, Rule


def stopped(server, target, after):
    """A run with many connections that the user ends when `after` bytes are there. Returns what is kept."""

    def watch(done, _total):
        if done >= after:
            raise KeyboardInterrupt

    server.play(then=SLOW)
    with pytest.raises(KeyboardInterrupt):
        download(Source("tiny model", (server.url,), SHA, SIZE), target, report=watch)
    kept = already(target, SHA)
    assert kept >= after
    server.rest()
    server.play()
    return kept


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


# The journal.

OF_ANOTHER_FILE = {"version": 1, "sha256": "0" * 64, "origin": {"url": "x"}, "safe": 9}


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
        b"9" * 5000,
        b'{"version": 1e999}',
        b'{"version": 1, "sha256": 5, "origin": {}, "safe": "x"}',
        b'{"version": 99, "sha256": "%s", "origin": {"url": "x"}, "safe": 9}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"url": "x"}, "safe": -9}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"url": "x"}, "safe": true}' % SHA.encode(),
        b'{"version": 1, "sha256": "%s", "origin": {"port": 1}, "safe": 9}' % SHA.encode(),
        json.dumps(OF_ANOTHER_FILE).encode(),
        json.dumps(OF_ANOTHER_FILE | {"version": 2}).encode(),
    ],
)
def test_a_journal_that_cannot_be_believed(server, target, text):
    part_path(target).write_bytes(b"somebody else's bytes")
    if text is not None:
        journal_path(target).write_bytes(text)
    assert already(target, SHA) == 0
    finished(target, server.url)
    assert server.sent == SIZE


def test_a_journal_of_ours_with_anything_in_it(server, target, small_parts):
    # Whoever edits it, and however: never a crash, never a wrong file.
    kept = stopped(server, target, HALF)
    good, bytes_there = json.loads(journal_path(target).read_bytes()), part_path(target).read_bytes()
    strange = [None, -1, 2**70, "x", [[]], [[0, 2**70]], [[9, 3]], {}]
    for name, value in _leaves(good):
        for wrong in strange:
            if wrong == value:
                continue
            journal_path(target).write_text(json.dumps(_with(good, name, wrong)))
            part_path(target).write_bytes(bytes_there)
            assert 0 <= already(target, SHA) <= SIZE
            finished(target, server.url)
    assert kept


def _leaves(value, place=()):
    """Everything inside, from the outside in, with the way to it."""
    found = [(place, value)] if place else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, deeper in list(inside)[:3] if isinstance(value, list) else inside:
        found += _leaves(deeper, (*place, key))
    return found


def _with(value, place, wrong):
    if not place:
        return wrong
    changed = value.copy()
    changed[place[0]] = _with(value[place[0]], place[1:], wrong)
    return changed


@pytest.mark.parametrize("damaged", [False, True])
def test_a_journal_of_the_first_version(server, target, small_parts, damaged):
    # Written by a program from before there were several connections.
    half = bytearray(BODY[:HALF])
    if damaged:
        half[5] ^= 1
    part_path(target).write_bytes(half)
    origin = {"url": server.url, "etag": '"one"', "last_modified": None, "total": SIZE}
    journal_path(target).write_text(
        json.dumps({"version": 1, "sha256": SHA, "origin": origin, "safe": HALF}, indent=1)
    )
    kept = already(target, SHA)
    assert kept in {0, HALF}
    finished(target, server.url)
    assert SIZE - kept <= server.sent <= SIZE - kept + damaged * 2 * PART


def test_what_a_killed_run_left_of_a_new_journal(server, target):
    half_done(server, target)
    new = journal_path(target).with_name(journal_path(target).name + ".new")
    new.write_text('{"version": ')
    finished(target, server.url)
    assert server.starts == [HALF]
    assert not new.exists()


def test_the_journal_is_for_its_owner_only(server, target):
    half_done(server, target)
    if os.name == "posix":
        assert journal_path(target).stat().st_mode & 0o077 == 0


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
    assert second > first
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
