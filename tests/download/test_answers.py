"""Answers that are not what was asked for: another place, another file, a web page."""

from dataclasses import replace

import pytest

from bootstrap.download import already, part_path
from bootstrap.errors import DownloadError
from tests.download.running import (
    ALONE,
    BODY,
    HALF,
    KIB,
    PART,
    SIZE,
    SLOW,
    finished,
    half_done,
    nothing_left,
    refused,
    run,
)
from tests.faults import (
    PAGE,
    PAGE_IN_DISGUISE,
    PAGE_WITH_TYPE,
    UNSATISFIABLE,
    Fault,
    Rule,
    anything,
    bulk,
    covering,
    ends_at,
    redirect,
)

PAGE_OF_THE_SIZE = (PAGE * (SIZE // len(PAGE) + 1))[:SIZE]


# Ranges.


@pytest.mark.parametrize("place", [0, HALF, SIZE - 1])
@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_everything_instead_of_a_part_is_taken_or_asked_for_again(server, target, small_parts, place, pace):
    server.play(rules=[Rule(covering(place), Fault(whole=True), times=1)], then=SLOW)
    finished(target, server.url, pace=pace)


def test_a_server_that_forgets_about_ranges(server, target, small_parts):
    # From some moment on it has only the whole file.
    server.play(rules=[Rule(bulk, Fault(whole=True), skip=4)], then=SLOW)
    finished(target, server.url)


def test_a_server_that_forgets_about_ranges_between_two_runs(server, target):
    half_done(server, target)
    server.play(then=Fault(whole=True))
    finished(target, server.url)
    assert server.sent <= 2 * SIZE


@pytest.mark.parametrize(
    "fault",
    [
        Fault(shifted=True),
        Fault(unplaced=True),
        Fault(total=SIZE + 1),
        Fault(total=SIZE - 1),
        Fault(zipped=True),
    ],
    ids=["another place", "no place", "larger file", "smaller file", "encoded"],
)
@pytest.mark.parametrize("place", [0, HALF, SIZE - 1])
def test_a_part_that_cannot_be_trusted_comes_from_elsewhere(
    server, mirror, target, small_parts, fault, place
):
    server.play(rules=[Rule(covering(place), fault)], then=SLOW)
    outcome = finished(target, server.url, mirror.url)
    assert mirror.sent > 0
    assert server.host in outcome.said and mirror.host in outcome.said


@pytest.mark.parametrize("fault", [Fault(shifted=True), Fault(unplaced=True)])
def test_a_part_that_cannot_be_trusted_does_not_end_what_was_good(server, target, fault):
    server.play(rules=[Rule(lambda request: bulk(request) and request.start >= HALF, fault), ends_at(HALF)])
    refused(target, server.url, because="range")
    assert already(target) == HALF
    server.play()
    finished(target, server.url)
    assert server.starts == [HALF]


def test_the_etag_of_one_server_says_nothing_to_another(server, mirror, target):
    half_done(server, target)
    mirror.play(then=Fault(etag='"another"'))
    finished(target, mirror.url)
    assert mirror.starts == [HALF]
    assert mirror.bulk[0].headers.get("if-range") in {None, '"another"'}


def test_another_size_is_refused_and_the_half_stays(server, target):
    half_done(server, target)
    server.play(then=Fault(total=SIZE + 1))
    refused(target, server.url, because=f"offers {SIZE + 1} bytes instead of {SIZE}")
    assert already(target) == HALF


@pytest.mark.parametrize("rule", [bulk, covering(HALF)], ids=["all", "one"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_range_that_cannot_be_had_for_a_moment(server, target, small_parts, rule, times):
    server.play(rules=[Rule(rule, UNSATISFIABLE, times=times)], then=SLOW)
    finished(target, server.url)


@pytest.mark.parametrize("deaf", [False, True], ids=["200", "206 all the same"])
@pytest.mark.parametrize("pace", [None, ALONE], ids=["many", "one"])
def test_a_file_that_changes_meanwhile(server, target, small_parts, deaf, pace):
    # The first answers are of an older file: of its bytes none may stay.
    older = Fault(etag='"zero"', body=BODY[::-1], rate=500 * KIB)
    server.play([older, replace(older, drop=HALF)], then=Fault(deaf=deaf))
    outcome = finished(target, server.url, pace=pace)
    assert not [note for note in outcome.notes if "checksum" in note]


def test_a_file_that_changes_its_size_meanwhile(server, target, small_parts):
    older = Fault(etag=None, body=BODY + b"more", rate=500 * KIB)
    server.play([older, replace(older, drop=HALF)], then=Fault(etag=None))
    finished(target, server.url, size=None)


def test_an_etag_that_comes_and_goes(server, target, small_parts):
    # Two machines behind one name, of which one has no ETags.
    server.play(
        rules=[Rule(bulk, Fault(etag=None, rate=500 * KIB), times=1, skip=n) for n in (1, 4, 5)], then=SLOW
    )
    finished(target, server.url)


def test_every_machine_behind_one_name_has_its_own_etag(server, mirror, target, small_parts):
    # The bytes are the same all the same: it ends well, from here or from elsewhere.
    other = Fault(etag='"two"', rate=500 * KIB)
    server.play(rules=[Rule(lambda request: request.start // PART % 2 == 1, other)], then=SLOW)
    finished(target, server.url, mirror.url)


def test_more_bytes_than_announced(server, target, small_parts):
    server.play(rules=[Rule(bulk, Fault(extra=b"HTTP/1.1 200 OK\r\n\r\n"))])
    run(target, server.url)
    server.play()
    finished(target, server.url)


# Answers that are not the file.


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (Fault(zipped=True), "answered in an encoding (gzip)"),
        (PAGE_WITH_TYPE, "answered with a web page, not a file"),
        (PAGE_IN_DISGUISE, "answered with a web page, not a file"),
        (Fault(body=PAGE, whole=True), "answered with a web page, not a file"),
        (Fault(body=PAGE, whole=True, type="text/html"), "answered with a web page, not a file"),
        (
            Fault(body=b"\xef\xbb\xbf \r\n<HTML>", unframed=True, whole=True, drip=(1, 0.001)),
            "answered with a web",
        ),
        (Fault(body=PAGE_OF_THE_SIZE, type="text/html"), "answered with a web page, not a file"),
        (Fault(body=PAGE_OF_THE_SIZE), "answered with a web page, not a file"),
        (Fault(body=BODY + b"!"), f"offers {SIZE + 1} bytes instead of {SIZE}"),
        (Fault(body=BODY[:-1]), f"offers {SIZE - 1} bytes instead of {SIZE}"),
        (Fault(body=BODY + b"!", whole=True, unframed=True), f"sends more than the expected {SIZE} bytes"),
        (Fault(body=BODY + b"!", whole=True, chunked=True), f"sends more than the expected {SIZE} bytes"),
        (Fault(status=204), "answered 204 no content"),
        (Fault(status=299), "answered 299 unknown status"),
        (Fault(status=304), "answered 304 not modified"),
        (Fault(status=401), "answered 401 unauthorized"),
        (Fault(status=403), "answered 403 forbidden"),
        (Fault(status=404), "answered 404 not found"),
        (Fault(status=410), "answered 410 gone"),
        (Fault(status=451), "answered 451 unavailable for legal reasons"),
        (redirect("ftp://127.0.0.1/file"), "not an http or https address"),
    ],
)
def test_what_is_not_the_file_is_refused_at_once(server, mirror, target, fault, because):
    # Some web pages and all pages in disguise have no size that could tell.
    size = None if fault.body and b"<" in fault.body[:20] else SIZE
    server.play(then=fault)
    refused(target, server.url, because=f"{server.host}: {because}", size=size)
    assert len(server.requests) <= 2
    assert nothing_left(target)
    server.play(then=fault)
    outcome = finished(target, server.url, mirror.url, size=size)
    assert because in outcome.notes[-1] and mirror.host in outcome.notes[-1]
    assert len(server.requests) <= 2
    assert mirror.sent == SIZE


def test_a_server_that_has_no_range_at_all(server, mirror, target):
    server.play(then=UNSATISFIABLE)
    refused(target, server.url, because=f"{server.host}: ")
    assert nothing_left(target)
    outcome = finished(target, server.url, mirror.url)
    assert mirror.host in outcome.notes[-1]


@pytest.mark.parametrize(
    "page",
    [
        PAGE_WITH_TYPE,
        Fault(body=PAGE, whole=True),
        Fault(body=PAGE_OF_THE_SIZE, type="text/html"),
    ],
    ids=["type", "200", "206"],
)
def test_a_login_page_does_not_cost_the_first_half(server, target, page):
    half_done(server, target)
    server.play(then=page)
    outcome = refused(target, server.url, because="web page", size=None)
    assert "log in" in outcome.error.hint
    assert part_path(target).read_bytes()[:HALF] == BODY[:HALF]
    server.play()
    finished(target, server.url)
    assert server.starts == [HALF]


@pytest.mark.parametrize("page", [PAGE_WITH_TYPE, Fault(body=PAGE, whole=True, type="text/html")])
def test_a_login_page_in_the_middle(server, mirror, target, small_parts, page):
    # The hotel's network remembers its guests for a quarter of an hour.
    server.play(rules=[Rule(anything, page, skip=6)], then=SLOW)
    finished(target, server.url, mirror.url)
    assert server.sent + mirror.sent < 2 * SIZE


def test_an_error_in_one_part_only(server, mirror, target, small_parts):
    server.play(rules=[Rule(covering(HALF), Fault(status=404))], then=SLOW)
    finished(target, server.url, mirror.url)
    assert mirror.sent <= SIZE


def test_an_error_in_one_part_only_and_nobody_else(server, target, small_parts):
    server.play(rules=[Rule(covering(HALF), Fault(status=404))], then=SLOW)
    outcome = run(target, server.url)
    assert isinstance(outcome.error, DownloadError)
    assert f"{server.host}: answered 404 not found" in outcome.error.message
    assert already(target) >= PART
    kept = already(target)
    server.play()
    finished(target, server.url)
    assert server.sent <= SIZE - kept
