"""A thousand networks that nobody thought of: a verified file or a clear error, and always an end."""

from dataclasses import dataclass
from random import Random

import pytest

from bootstrap.download import Pace, Patience
from tests.download.running import BODY, PART, SIZE, finished, run
from tests.faults import (
    PAGE_IN_DISGUISE,
    PAGE_WITH_TYPE,
    Choice,
    Fault,
    Rule,
    SignedAddress,
    anything,
    bulk,
    covering,
    probe,
    redirect,
)
from tests.faultserver import FaultServer

QUICK = Patience(connect=5, stall=0.25, attempts=2, pause=0, longest_pause=0, longest_retry_after=0)
# A failure names its script: the number is the seed.
SCRIPTS = 1000
BATCH = 50
OFTEN = 500  # of these every run of the tests tries so many, and the slow ones the rest


@dataclass(frozen=True)
class Picked:
    """Which requests a rule is for, in words that a failed test can show."""

    what: str
    place: int
    choice: Choice

    def __call__(self, request):
        return self.choice(request)

    def __repr__(self):
        return f"{self.what}({self.place})"


def some_requests(luck):
    place = luck.randrange(SIZE)
    allowed = luck.randint(1, 3)
    return luck.choice(
        [
            Picked("anything", 0, anything),
            Picked("probe", 0, probe),
            Picked("bulk", 0, bulk),
            Picked("covering", place, covering(place)),
            Picked("behind", place, lambda request: bulk(request) and request.start >= place),
            Picked("crowd", allowed, lambda request: bulk(request) and request.active > allowed),
        ]
    )


def seldom(luck):
    return luck.random() < 0.1


def a_wrong_answer(luck):
    """A file, and something about it that is not as it should be."""
    return Fault(
        drop=luck.choice([None, None, luck.randrange(SIZE), luck.randrange(2 * PART)]),
        flip=luck.choice([None, None, luck.randrange(SIZE)]),
        whole=seldom(luck),
        deaf=luck.random() < 0.5,
        shifted=seldom(luck),
        unplaced=seldom(luck),
        endless=seldom(luck),
        unframed=seldom(luck),
        chunked=seldom(luck),
        last=seldom(luck),
        old=seldom(luck),
        zipped=luck.random() < 0.03,
        extra=luck.choice([b"", b"", b"", b"?", b"HTTP/1.1 200 OK\r\n\r\n"]),
        etag=luck.choice(['"one"', '"one"', '"two"', 'W/"one"', None]),
    )


def no_answer(luck):
    """Not the file, not all of it, or not now."""
    status = luck.choice([204, 401, 403, 404, 408, 410, 416, 429, 500, 502, 503])
    return luck.choice(
        [
            Fault(status=status, retry_after=luck.choice([None, "0", "60", "soon"])),
            Fault(status=status),
            Fault(hangup=True),
            Fault(reset=luck.randrange(2 * PART)),
            Fault(most=luck.randint(1000, 2 * PART)),
            Fault(total=SIZE + luck.choice([-2, -1, 1, 2]), etag=None),
            redirect(luck.choice(["/file", "/other", "ftp://nowhere.invalid/", ""])),
            PAGE_WITH_TYPE,
            PAGE_IN_DISGUISE,
        ]
    )


def another_file(luck):
    return luck.choice(
        [
            Fault(body=BODY[::-1]),
            Fault(body=BODY[::-1], etag='"two"'),
            Fault(body=BODY[:-1]),
            Fault(body=BODY + b"!"),
            Fault(body=b""),
        ]
    )


def slow(luck):
    return luck.choice([Fault(rate=20e6), Fault(rate=5e6), Fault(drip=(PART // 2, 0.001))])


def a_rule(luck):
    kind = luck.random()
    # What takes time comes seldom, and once.
    if kind < 0.02:
        silence = [Fault(mute=True), Fault(stall=0), Fault(stall=PART // 2), Fault(drip=(1, 0.02))]
        return Rule(some_requests(luck), luck.choice(silence), times=1)
    if kind < 0.1:
        return Rule(anything, SignedAddress(luck.randrange(10), then=slow(luck)))
    wrong = luck.choice([a_wrong_answer, a_wrong_answer, no_answer, another_file, slow])
    return Rule(some_requests(luck), wrong(luck), luck.choice([1, 1, 2, 3, None]), luck.randrange(4))


def script(luck):
    """The rules of one server, and what it does else: forever, mostly what is right."""
    rules = [a_rule(luck) for _ in range(luck.randint(0, 5))]
    end = luck.choice([slow, slow, slow, a_wrong_answer, no_answer])
    return rules, end(luck)


@pytest.fixture(scope="module")
def two_servers():
    with FaultServer(BODY) as server, FaultServer(BODY) as mirror:
        yield server, mirror


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=pytest.mark.slow if first >= OFTEN else ())
        for first in range(0, SCRIPTS, BATCH)
    ],
)
def test_never_a_wrong_file(two_servers, small_parts, tmp_path, first):
    for seed in range(first, first + BATCH):
        place = tmp_path / str(seed)
        place.mkdir()
        survive(two_servers, place / "model.gguf", Random(seed))


def survive(servers, target, luck):
    """One script: any end is good, but no wrong file; and then it can be finished."""
    urls = [server.url for server in servers]
    size = luck.choice([SIZE, SIZE, None])
    pace = Pace(connections=luck.choice([None, None, 1, 2]))
    for server in servers:
        rules, end = script(luck)
        server.play(rules=rules, then=end)
    for _ in range(luck.randint(1, 2)):
        outcome = run(target, *urls, size=size, patience=QUICK, pace=pace, limit=30)
        if outcome.error is None:
            assert target.read_bytes() == BODY
            return
    # Whatever was left behind, good servers are enough from here on.
    for server in servers:
        server.rest()
        server.play()
    finished(target, *urls, size=size)
    assert sum(server.sent for server in servers) <= 3 * SIZE
