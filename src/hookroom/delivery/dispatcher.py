"""Sends deliveries, each as often as it takes, and never more at once than it may.

::

    message saved                                    ┌──▶ succeeded
         │ commit, put()                             │    2xx
         ▼                 its turn                  ├──▶ failed
      pending ─────────────────────────▶ in flight ──┤    a final answer
                                         ▲     │     ├──▶ dead
                        due, its turn    │     │     │    no retries left
                                         │     ▼     └──▶ cancelled
                                        waiting ────────▶ the integration was disabled or deleted,
                                                          or does not call that URL any longer

All states but "in flight" are on disk; a delivery in flight is there as what it was before, so that one whose
server dies is sent again. What this node does not hold in memory it finds on disk by lane and time: retries
that have come due, what a predecessor left, and what memory had no room for.

What an integration tells one URL has a lane; ``turns`` says which lane is next. A lane keeps a bounded number of
deliveries in memory and leaves the others on disk; one whose receiver is down leaves all of them there. In a lane
that keeps its order, a delivery waits until the one before it has ended.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Final

import structlog

from hookroom.delivery.lane import Lane, Receiver
from hookroom.delivery.turns import Found, Turns
from hookroom.storage.database import Database
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery

log = structlog.get_logger()

LANE_SIZE: Final = 256
"""Most deliveries that a lane holds ready in memory."""
LANE_LEAST: Final = 4
"""What a lane may hold while memory is full, until it is full twice over."""
MEMORY_SIZE: Final = 8192
"""Deliveries that are ready in memory when it is full."""
READS: Final = 16
"""Lanes that are read from disk at once."""
UNDER_WAY: Final = 2048
"""Calls and outcomes that are being written, at most."""
LOOK_AGAIN_MS: Final = 1000
"""After the disk could not be read, or an attempt could not be made."""
IN_LINE_MS: Final = 100
"""When another node has the delivery whose turn is before."""
LONGEST_SLEEP_S: Final = 60.0
"""Bounds what a jump of the wall clock can do."""


Answered = Callable[[Found | None], None]
"""To be told what a call found, as soon as it is over: others may be called while its outcome is written.

``None`` when the receiver was not called, which is as well not to be told at all.
"""

Attempt = Callable[[Delivery, Answered], Awaitable[int | None]]
"""Makes one attempt and writes down its outcome; answers when to look at the delivery again, if ever.

The time is in epoch milliseconds.
"""


@dataclass(slots=True)
class _Place:
    """A call's place among those that are under way."""

    probe: bool
    found: Found | None = None
    left: bool = False


class Dispatcher:
    """The deliveries of one node, ``owner``. Belongs to the event loop it was made on."""

    def __init__(
        self,
        db: Database,
        owner: str,
        now: Callable[[], int],
        turns: Turns,
        *,
        lane_size: int = LANE_SIZE,
        memory_size: int = MEMORY_SIZE,
    ) -> None:
        self._db = db
        self._owner = owner
        self._now = now
        self._turns = turns
        self._lane_size = lane_size
        self._memory_size = memory_size
        self._attempt: Attempt | None = None
        self._due: list[tuple[int, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._probes: dict[Receiver, asyncio.TimerHandle] = {}
        self._hungry: deque[Lane] = deque()
        self._reads = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = 0

    @property
    def ready(self) -> int:
        """How many deliveries wait in memory for their turn."""
        return self._ready

    def start(self, attempt: Attempt) -> None:
        """Begin to send."""
        self._attempt = attempt
        for lane in self._turns.lanes:
            self._load(lane)
        self._pump()

    def put(self, new: Iterable[Delivery]) -> None:
        """Deliveries that were just written, due now."""
        for delivery in new:
            lane = self._turns.lane(delivery.lane)
            # Behind those on disk a new one waits there too: the lane keeps its order.
            if lane.on_disk or lane.loading or lane.pausing or not self._space(lane):
                lane.on_disk = True
            else:
                lane.take(delivery)
                self._ready += 1
                self._turns.offer(lane)
            self._load(lane)
        self._pump()

    def look(self, lane_name: str, at: int) -> None:
        """Something of that lane is on disk and due at ``at`` (epoch milliseconds)."""
        lane = self._turns.lane(lane_name)
        if lane.due is None or at < lane.due:
            lane.due = at
            heappush(self._due, (at, lane_name))
            self._set_timer()

    def forget(self) -> None:
        """Look on disk for what is still this node's, instead of sending what it believed to be."""
        for lane in self._turns.lanes:
            self._ready -= lane.release()
            self._load(lane)

    async def stop(self, patience_s: float) -> None:
        """Begin nothing more, and let what is under way end; cut it off after ``patience_s`` seconds."""
        self._attempt = None
        for timer in (self._timer, *self._probes.values()):
            if timer is not None:
                timer.cancel()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=patience_s)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _space(self, lane: Lane) -> int:
        """How many more deliveries ``lane`` may hold ready."""
        if lane.receiver.breaker.is_open:
            # One, to try whether it is up again.
            return max(0, 1 - len(lane.ready))
        most = self._lane_size if self._ready < self._memory_size else min(LANE_LEAST, self._lane_size)
        return max(0, most - len(lane.ready))

    def _pump(self) -> None:
        """Send as much as may be sent now."""
        attempt = self._attempt
        if attempt is None:
            return
        now = self._now()
        # Outcomes that are not written yet take memory, and are called again should this process die.
        while len(self._tasks) < UNDER_WAY and (lane := self._turns.next(now)) is not None:
            delivery = lane.ready.popleft()
            self._ready -= 1
            self._spawn(self._send(attempt, lane, delivery, _Place(probe=self._turns.begin(lane))))
            self._load(lane)

    async def _send(self, attempt: Attempt, lane: Lane, delivery: Delivery, place: _Place) -> None:
        again: int | None = None

        def answered(found: Found | None) -> None:
            # In order, the next one waits until this one is settled.
            place.found = found
            if not lane.ordered:
                self._leave(lane, place)
                self._pump()

        try:
            if lane.ordered and not await self._has_turn(delivery):
                again = self._now() + IN_LINE_MS
            else:
                again = await attempt(delivery, answered)
        except Exception:
            log.exception("delivery attempt broke", delivery=delivery.id)
            again = self._now() + LOOK_AGAIN_MS
        finally:
            lane.held.discard(delivery.id)
            if again is not None:
                if lane.ordered:
                    self._ready -= lane.release()
                self.look(lane.name, again)
            self._leave(lane, place)
            self._load(lane)
            self._feed()
            self._drop_if_idle(lane)
            self._pump()

    def _leave(self, lane: Lane, place: _Place) -> None:
        """A call is over: its place is another's."""
        if place.left:
            return
        place.left = True
        if self._turns.end(lane, self._now(), probe=place.probe, found=place.found):
            self._breaker_changed(lane.receiver)
        elif place.probe:
            self._resume(lane.receiver)

    async def _has_turn(self, delivery: Delivery) -> bool:
        """Whether no other node has one that comes first; this one's own are in order in its memory."""
        return self._db.kind == "sqlite" or await deliveries.has_turn(self._db, delivery)

    def _breaker_changed(self, receiver: Receiver) -> None:
        if (timer := self._probes.pop(receiver, None)) is not None:
            timer.cancel()
        breaker = receiver.breaker
        if not breaker.is_open:
            log.info("receiver is back", receiver=receiver.name)
            self._resume(receiver)
            return
        log.info(
            "receiver is down: its deliveries wait",
            receiver=receiver.name,
            ms=breaker.open_until - self._now(),
        )
        for lane in receiver.lanes:
            self._ready -= lane.release()
        if self._attempt is not None:
            wait_s = max(0, breaker.open_until - self._now()) / 1000
            loop = asyncio.get_running_loop()
            self._probes[receiver] = loop.call_later(wait_s, self._resume, receiver)

    def _resume(self, receiver: Receiver) -> None:
        """It may be called again, be it to see whether it is up."""
        if receiver.breaker.is_open:
            self._probes.pop(receiver, None)
        self._turns.retry(receiver)
        for lane in list(receiver.lanes):
            self._load(lane)
            self._drop_if_idle(lane)
        self._pump()

    def _load(self, lane: Lane) -> None:
        """Read more of ``lane`` from disk when there may be some and the most of it is sent."""
        if not lane.on_disk or lane.loading or lane.hungry or lane.pausing or self._attempt is None:
            return
        breaker = lane.receiver.breaker
        if not breaker.permits(self._now(), probing=lane.receiver.probing):
            return  # _resume() does it.
        space = self._space(lane)
        if not space or len(lane.ready) > self._lane_size // 4:
            return  # The next one sent does it.
        if self._reads >= READS or self._ready >= 2 * self._memory_size:
            lane.hungry = True
            self._hungry.append(lane)
            return
        lane.loading = True
        self._reads += 1
        self._spawn(self._read(lane, space))

    async def _read(self, lane: Lane, space: int) -> None:
        lane.on_disk = False
        now = self._now()
        # What is held now may end before the answer is here, which would then show an older state of it.
        held = frozenset(lane.held)
        count = len(held) + space
        after: int | None = None
        try:
            if lane.ordered:
                found, after = await deliveries.in_line(self._db, self._owner, lane.name, now, count)
            else:
                found = await deliveries.due(self._db, self._owner, lane.name, now, count)
                if len(found) < count:
                    after = await deliveries.next_due(self._db, self._owner, lane.name, now)
        except Exception:
            log.exception("deliveries could not be read", lane=lane.name)
            after = self._now() + LOOK_AGAIN_MS
        else:
            self._take(lane, held, found)
            if len(found) >= count:
                lane.on_disk = True
        lane.loading = False
        self._reads -= 1
        if after is not None:
            self.look(lane.name, after)
        self._turns.offer(lane)
        self._load(lane)
        self._drop_if_idle(lane)
        self._feed()
        self._pump()

    def _take(self, lane: Lane, held: frozenset[str], found: Iterable[Delivery]) -> None:
        if lane.pausing:
            # The one that was under way is to be retried first.
            lane.on_disk = True
            return
        for delivery in found:
            if delivery.id in held or delivery.id in lane.held:
                continue
            if not self._space(lane):
                # Memory has filled meanwhile, or the receiver is down.
                lane.on_disk = True
                break
            lane.take(delivery)
            self._ready += 1

    def _feed(self) -> None:
        """Let those read that waited for others to have done so."""
        while self._hungry and self._reads < READS and self._ready < 2 * self._memory_size:
            lane = self._hungry.popleft()
            lane.hungry = False
            self._load(lane)

    def _drop_if_idle(self, lane: Lane) -> None:
        if lane.idle:
            self._turns.drop(lane)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._due:
            wait_s = max(0.0, (self._due[0][0] - self._now()) / 1000)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(wait_s, LONGEST_SLEEP_S), self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = self._now()
        while self._due and self._due[0][0] <= now:
            at, name = heappop(self._due)
            lane = self._turns.known(name)
            # A lane is listed once for each time that was the earliest when it was told; the last one counts.
            if lane is not None and lane.due == at:
                lane.due = None
                lane.on_disk = True
                self._load(lane)
        self._set_timer()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
