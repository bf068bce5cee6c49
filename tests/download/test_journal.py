"""What is written down beside a part file, and how little of it is taken on trust."""

import json
import os

import pytest

from bootstrap.download import already, journal_path, part_path
from tests.download.running import BODY, HALF, PART, SHA, SIZE, finished, half_done, stopped

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
