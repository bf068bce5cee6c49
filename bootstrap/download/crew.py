"""The connections to one address: one first, more when it has been shown to work, slow ones replaced."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from bootstrap.download import ranges
from bootstrap.download.attempt import AttemptError, DrippingError, Remedy
from bootstrap.download.worker import Worker
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from bootstrap.download.address import Address
    from bootstrap.download.board import Board
    from bootstrap.download.connection import Network
    from bootstrap.download.course import Course
    from bootstrap.download.part import Part
    from bootstrap.download.throttle import Throttle

# How often we look, in seconds, when nobody has anything to say.
TICK = 0.05

# Bytes per second (1 Gbit/s) over so many seconds that need no more connections.
FAST = 125_000_000
SEEN = 0.1

# A connection is alive as long as it brings this many bytes per second over the time of a stall.
ALIVE = 1024

# A connection that for so many seconds brings less than this share of what the others bring (have
# brought) is replaced; sooner when the others have nothing left to do; so often at one address.
SLOW_SECONDS = 5.0
SLOW_SECONDS_AT_THE_END = 1.0
SLOW_SHARE = 0.2
REPLACEMENTS = 8
OTHERS = 2


# What cannot be put right while others are still at work.
STOP = {Remedy.NEXT, Remedy.LOOK_AGAIN, Remedy.WITHOUT_RANGES}


class Member:
    """A worker at work, and how far it was at moments of the last while."""

    def __init__(self, worker: Worker, future: Future[None]) -> None:
        self.worker = worker
        self.future = future
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, now: float, longest: float) -> None:
        """Remembers how far it is; what is older than `longest` seconds is forgotten."""
        if not self._samples or now - self._samples[-1][0] >= TICK:
            self._samples.append((now, self.worker.received))
        while len(self._samples) > 1 and self._samples[1][0] <= now - longest:
            self._samples.popleft()

    def rate(self, now: float) -> float:
        """Bytes per second since it was hired."""
        return self.worker.received / max(TICK, now - self.worker.began)

    def brought(self, seconds: float) -> int | None:
        """Bytes in the last `seconds`; None if it has not been at work for so long."""
        now, received = self._samples[-1]
        past = [before for moment, before in self._samples if moment <= now - seconds]
        return received - past[-1] if past else None


class Crew:
    """Brings what is missing in `part` from `address`."""

    def __init__(self, network: Network, address: Address, part: Part, throttle: Throttle) -> None:
        self._network = network
        self._address = address
        self._part = part
        self._throttle = throttle
        self._members: list[Member] = []
        self._received_by_others = 0
        self._not_before = 0.0
        self._pace: deque[tuple[float, int, float]] = deque()
        self._rates: deque[float] = deque(maxlen=16)
        self._replaced = 0
        self._renew = False
        self._crowded = False
        self._failure: AttemptError | None = None

    def work(
        self, board: Board, course: Course, wake: Event, tend: Callable[[], None]
    ) -> AttemptError | None:
        """Until nothing is missing, or the checksum is right, or the address has to be asked for anew.

        `tend` is called now and then. Returns a failure that cannot be dealt with while others are at
        work; now all have stopped. AttemptError if `course` sees no use in going on, FileError,
        DownloadError.
        """
        self._part.hurry(False)
        with ThreadPoolExecutor(course.places, "download") as pool:
            try:
                while not self._part.verified:
                    self._reap(course)
                    board.places = 0 if self._renew else course.places
                    if self._is_over():
                        break
                    self._hire(pool, board, wake)
                    self._watch(board)
                    tend()
                    wake.wait(TICK)
                    wake.clear()
            finally:
                self._send_home(board)
        for member in self._members:
            # A connection may break when it is not needed any more, but not the disk.
            if (error := member.future.exception()) and not isinstance(error, AttemptError):
                raise error
        return self._failure

    def _is_over(self) -> bool:
        if self._members or self._failure:
            return self._failure is not None
        return self._nothing_missing() or (self._renew and time.monotonic() >= self._not_before)

    def _nothing_missing(self) -> bool:
        return self._part.missing is not None and not self._part.missing

    def _reap(self, course: Course) -> None:
        """Lets those go who have finished, and asks what to do about those who have failed."""
        for member in [member for member in self._members if member.future.done()]:
            self._members.remove(member)
            self._received_by_others += member.worker.received
            if member.worker.received:
                self._rates.append(member.rate(time.monotonic()))
            try:
                member.future.result()
            except AttemptError as error:
                # A connection may break after the last byte.
                if self._nothing_missing():
                    continue
                error.crowded = self._crowded
                if error.remedy in STOP and not course.helped_by_less(error, member.worker.began):
                    self._failure = error
                    return
                wait = course.trouble(error, member.worker.began)
                self._not_before = max(self._not_before, time.monotonic() + wait)
                # With nobody left it is time to see whether the address is still the right one.
                if error.remedy is Remedy.RENEW or not (self._members or error.remedy is Remedy.REPLACE):
                    self._renew = True

    def _hire(self, pool: ThreadPoolExecutor, board: Board, wake: Event) -> None:
        now = time.monotonic()
        if now < self._not_before or self._renew:
            return
        if not self._address.ranges:
            if not self._members:
                self._start(pool, board, wake, now)
            return
        useful = -(-board.open_bytes // ranges.PART)
        for _ in range(min(self._wanted(board.places, now) - len(self._members), useful)):
            self._start(pool, board, wake, now)

    def _start(self, pool: ThreadPoolExecutor, board: Board, wake: Event, now: float) -> None:
        worker = Worker(self._network, self._address, self._part, self._throttle)
        if self._address.ranges:
            future = pool.submit(worker.fetch_parts, board)
        else:
            future = pool.submit(worker.fetch_all)
        future.add_done_callback(lambda _: wake.set())
        member = Member(worker, future)
        member.sample(now, self._longest)
        self._crowded = self._crowded or bool(self._members)
        self._members.append(member)

    def _wanted(self, places: int, now: float) -> int:
        """One until it has been shown to work; as many as allowed, unless the line is full already."""
        if not self._received_by_others and not any(member.worker.confirmed for member in self._members):
            return 1
        received = self._received_by_others + sum(member.worker.received for member in self._members)
        self._pace.append((now, received, self._part.busy))
        while len(self._pace) > 2 and self._pace[1][0] <= now - SEEN:
            self._pace.popleft()
        begin, before, busy = self._pace[0]
        # Time that went into the disk says nothing about the line.
        elapsed = now - begin - (self._part.busy - busy) / max(1, len(self._members))
        if now - begin < SEEN or received - before >= FAST * elapsed:
            return max(1, min(places, len(self._members)))
        return places

    @property
    def _longest(self) -> float:
        return max(self._network.patience.stall, SLOW_SECONDS)

    def _watch(self, board: Board) -> None:
        """Ends connections that are as good as dead, or far slower than they could be."""
        now, stall = time.monotonic(), self._network.patience.stall
        alive = ALIVE * stall
        if self._throttle.rate is not None:
            alive = min(alive, self._throttle.rate * stall / 100)
        for member in self._members:
            member.sample(now, self._longest)
            brought = member.brought(stall)
            # With not one byte the socket itself runs into its timeout.
            if brought and brought < alive:
                reason = tr("not more than {brought} bytes in {stall:g} s", brought=brought, stall=stall)
                member.worker.cut(DrippingError(reason, Remedy.AGAIN))
        if self._throttle.rate is None:
            self._replace_slow_ones(board, now)

    def _replace_slow_ones(self, board: Board, now: float) -> None:
        seconds = SLOW_SECONDS if board.open_bytes else SLOW_SECONDS_AT_THE_END
        rates = {member: member.rate(now) for member in self._members}
        for member in self._members:
            others = [*self._rates, *(rate for other, rate in rates.items() if other is not member)]
            brought = member.brought(seconds)
            if brought is None or len(others) < OTHERS or self._replaced >= REPLACEMENTS:
                continue
            if brought < SLOW_SHARE * seconds * sorted(others)[len(others) // 2]:
                self._replaced += 1
                member.worker.cut(AttemptError(tr("much slower than the others"), Remedy.REPLACE))

    def _send_home(self, board: Board) -> None:
        """Everybody stops; the pool waits for them."""
        board.places = 0
        self._part.hurry(True)
        for member in self._members:
            member.worker.cut(AttemptError(tr("not needed any more"), Remedy.REPLACE))
