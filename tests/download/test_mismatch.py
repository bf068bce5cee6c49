"""All bytes are there and the checksum is wrong: what is in doubt is fetched again, and only that."""

import hashlib
from dataclasses import replace

import pytest

from bootstrap.download import Source, already, part_path
from bootstrap.errors import ChecksumError
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    MIB,
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
from tests.faults import Fault, Rule, anything, bulk, covering
from tests.faultserver import FaultServer

# A part in the middle of the file, and one byte of it.
WRONG = HALF + 77
FIRST = WRONG // PART * PART


def flipped(place, fault=SLOW, times=None):
    """The answers with the byte at `place` have it wrong."""
    return Rule(covering(place), replace(fault, flip=place), times)


def test_a_wrong_byte_is_found(server, target):
    server.play(then=Fault(flip=SIZE - 1))
    outcome = refused(target, server.url, because=server.host)
    assert isinstance(outcome.error, ChecksumError)
    wrong = hashlib.sha256(BODY[:-1] + bytes([BODY[-1] ^ 1])).hexdigest()
    assert SHA[:12] in outcome.error.message and wrong[:12] in outcome.error.message
    assert nothing_left(target)
    assert server.sent <= 2 * SIZE


@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
@pytest.mark.parametrize("place", [0, WRONG])
def test_a_byte_that_was_wrong_once(server, target, small_parts, pace, place):
    server.play(rules=[flipped(place, times=1)], then=SLOW)
    finished(target, server.url, pace=pace)
    # Parts are compared in order, and behind the one that was wrong there is nothing to look for.
    assert server.sent <= SIZE + place + 8 * PART


@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
@pytest.mark.parametrize("place", [0, WRONG, SIZE - 1])
def test_a_byte_that_is_always_wrong_here_and_right_elsewhere(
    server, mirror, target, small_parts, pace, place
):
    server.play(rules=[flipped(place)], then=SLOW)
    mirror.play(then=SLOW)
    outcome = finished(target, server.url, mirror.url, pace=pace)
    # The second is asked for parts until the checksum is right, and for no byte twice.
    assert mirror.sent <= place + 8 * PART
    assert mirror.sent_again() == 0
    assert server.sent <= 2 * SIZE
    assert any("checksum" in note and server.host in note for note in outcome.notes)


def test_every_part_is_wrong_at_one_mirror(server, mirror, target, small_parts):
    wrong = bytes(byte ^ 1 for byte in BODY)
    server.play(then=replace(SLOW, body=wrong))
    finished(target, server.url, mirror.url)
    assert mirror.sent == SIZE
    assert server.sent <= 2 * SIZE


def test_wrong_in_one_answer_of_everything(server, mirror, target):
    # Without ranges nothing can be fetched again but all.
    server.play(then=Fault(whole=True, flip=HALF))
    finished(target, server.url, mirror.url)
    assert mirror.sent <= SIZE


def test_a_mirror_without_ranges_can_help_too(server, mirror, target, small_parts):
    server.play(rules=[flipped(WRONG)], then=SLOW)
    mirror.play(then=Fault(whole=True))
    finished(target, server.url, mirror.url)
    assert mirror.sent <= 2 * SIZE


@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_always_wrong_and_nobody_else(server, target, small_parts, pace):
    target.write_bytes(b"old")
    server.play(rules=[flipped(WRONG)], then=SLOW)
    outcome = refused(target, server.url, because="wrong checksum", pace=pace)
    assert isinstance(outcome.error, ChecksumError)
    assert target.read_bytes() == b"old"
    assert server.sent <= 2 * SIZE + PART
    # Whatever is kept of it does no harm.
    server.play()
    finished(target, server.url)


def test_wrong_everywhere(server, mirror, target, small_parts):
    server.play(rules=[flipped(WRONG)], then=SLOW)
    mirror.play(rules=[flipped(WRONG)], then=SLOW)
    outcome = refused(target, server.url, mirror.url, because=f"{server.host}: wrong checksum")
    assert f"{mirror.host}: wrong checksum" in outcome.error.message
    assert isinstance(outcome.error, ChecksumError)
    assert server.sent + mirror.sent <= 4 * SIZE


def test_wrong_at_different_places(server, mirror, target, small_parts):
    # Neither mirror has the whole file right, but every byte is right somewhere.
    server.play(rules=[flipped(WRONG)], then=SLOW)
    mirror.play(rules=[flipped(5)], then=SLOW)
    run(target, server.url, mirror.url)
    mirror.play()
    finished(target, mirror.url)


def test_two_bytes_that_are_wrong_in_different_parts(server, mirror, target, small_parts):
    server.play(rules=[flipped(5), flipped(WRONG)], then=SLOW)
    finished(target, server.url, mirror.url)
    assert mirror.sent <= WRONG + 8 * PART


def test_wrong_once_in_a_file_of_large_parts(target):
    body = BODY * 210  # 41 MiB
    place = 17 * MIB
    with FaultServer(body) as server:
        server.play(rules=[flipped(place, Fault(), times=1)])
        finished(target, server.url, body=body)
        assert server.sent <= 2 * len(body), (
            "once more at worst: on a busy machine what is wrong may come last"
        )


def test_a_wrong_file_leaves_the_old_one(server, target):
    target.write_bytes(b"old")
    server.play(then=Fault(flip=0))
    refused(target, server.url, because="wrong checksum")
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_mirror_does_not_pay_for_the_bytes_of_another(server, mirror, target, small_parts):
    wrong = Rule(bulk, Fault(status=404), skip=6)
    server.play(rules=[wrong, flipped(5)], then=SLOW)
    finished(target, server.url, mirror.url)
    assert mirror.sent <= SIZE + PART


def test_a_damaged_part_file_costs_the_damaged_part(server, target, small_parts):
    half_done(server, target)
    damaged = bytearray(part_path(target).read_bytes())
    damaged[7] ^= 1
    part_path(target).write_bytes(damaged)
    finished(target, server.url)
    # The second half, and what was at the start of the first one.
    assert server.sent <= SIZE - HALF + 2 * PART


def test_a_damaged_middle_of_a_part_file(server, target, small_parts):
    half_done(server, target)
    damaged = bytearray(part_path(target).read_bytes())
    damaged[HALF // 2] ^= 1
    part_path(target).write_bytes(damaged)
    finished(target, server.url)
    assert server.sent <= SIZE + PART


def test_a_part_file_that_is_damaged_and_a_server_that_is_wrong(server, target, small_parts):
    half_done(server, target)
    server.play(rules=[flipped(SIZE - 1)])
    outcome = refused(target, server.url, because="wrong checksum")
    assert isinstance(outcome.error, ChecksumError)
    assert server.sent <= 2 * SIZE
    server.play()
    finished(target, server.url)


def test_a_second_chance_comes_once(server, target):
    # Without an ETag every resumed file is in doubt.
    half_done(server, target, fault=Fault(etag=None))
    server.play(then=Fault(flip=SIZE - 1, etag=None))
    refused(target, server.url, because="wrong checksum")
    assert server.sent <= 3 * SIZE


def test_a_file_of_another_checksum_is_another_file(server, target):
    # As if the catalogue promised something that no mirror has.
    other = hashlib.sha256(b"something else").hexdigest()
    outcome = refused(target, server.url, because="wrong checksum", sha256=other)
    assert isinstance(outcome.error, ChecksumError)
    assert already(target, other) == 0


def test_wrong_bytes_and_then_an_error(server, mirror, target, small_parts):
    # The first mirror goes away while the second one cannot help.
    server.play(rules=[flipped(WRONG)], then=SLOW)
    mirror.play(rules=[Rule(anything, Fault(status=500))])
    outcome = refused(target, server.url, mirror.url, because=f"{mirror.host}: answered 500")
    assert f"{server.host}: wrong checksum" in outcome.error.message
    assert not isinstance(outcome.error, ChecksumError)
    mirror.play()
    finished(target, mirror.url)


def test_resuming_without_a_checksum_to_match_is_impossible():
    with pytest.raises(ValueError, match="64"):
        Source("tiny model", ("http://localhost/",), SHA.upper(), SIZE)
