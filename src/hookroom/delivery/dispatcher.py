"""Sends deliveries, each as often as it takes, and never more at once than it may.

::

    message saved                                    ┌──▶ succeeded
         │ commit, put()                             │    2xx
         ▼                 its turn                  │
      pending ─────────────────────────▶ in flight ──┼──▶ failed
                                         ▲     │     │    a final answer, or no retries left
                        due, its turn    │     │     │
                                         │     ▼     └──▶ cancelled
                                        waiting ────────▶ the integration was disabled or deleted,
                                                          or does not call that URL any longer

All states but "in flight" are on disk; a delivery in flight is there as what it was before, so that one whose
server dies is sent again. What this node does not hold in memory it finds on disk by lane and time: retries
that have come due, what a predecessor left, and what memory had no room for.

Each receiver has a lane. Lanes take turns, one delivery each, and a lane may have as many calls under way
as there are free places left: one slow receiver gets half of them at most, two a third each, and so on. A lane
keeps a bounded number of deliveries in memory and leaves the others on disk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from heapq import heappop, heappush
from typing import Any, Final

import structlog

from hookroom.delivery.lane import Lane
from hookroom.storage.database import Database
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery

log = structlog.get_logger()

LANE_SIZE: Final = 256
"""Most deliveries that a lane holds ready in memory."""
LANE_LEAST: Final = 4
"""What a lane may always hold, however much all others do."""
MEMORY_SIZE: Final = 8192
"""Most deliveries that are ready in memory, beyond each lane's share."""
LOOK_AGAIN_MS: Final = 1000
"""After the disk could not be read, or an attempt could not be made."""
LONGEST_SLEEP_S: Final = 60.0
"""Bounds what a jump of the wall clock can do."""

Attempt = Callable[[Delivery], Awaitable[int | None]]
"""Makes one attempt and writes down its outcome; answers when to look at the delivery again, if ever.

The time is in epoch milliseconds.
"""


class Dispatcher:
    """The deliveries of one node, ``owner``. Belongs to the event loop it was made on."""

    def __init__(
        self,
        db: Database,
        owner: str,
        now: Callable[[], int],
        *,
        concurrency: int,
        lane_size: int = LANE_SIZE,
        memory_size: int = MEMORY_SIZE,
    ) -> None:
        self._db = db
        self._owner = owner
        self._now = now
        self._concurrency = concurrency
        self._lane_size = lane_size
        self._memory_size = memory_size
        self._attempt: Attempt | None = None
        self._lanes: dict[str, Lane] = {}
        self._turns: deque[Lane] = deque()
        self._due: list[tuple[int, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0
        self._ready = 0

    @property
    def ready(self) -> int:
        """How many deliveries wait in memory for their turn."""
        return self._ready

    def start(self, attempt: Attempt) -> None:
        """Begin to send."""
        self._attempt = attempt
        for lane in list(self._lanes.values()):
            self._load(lane)
        self._pump()

    def put(self, new: Iterable[Delivery]) -> None:
        """Deliveries that were just written, due now."""
        for delivery in new:
            lane = self._lane(delivery.lane)
            # Behind those on disk a new one waits there too: the lane keeps its order.
            if lane.on_disk or lane.loading or not self._space(lane):
                lane.on_disk = True
            else:
                lane.take(delivery)
                self._ready += 1
                self._list(lane)
            self._load(lane)
        self._pump()

    def look(self, lane_name: str, at: int) -> None:
        """Something of that lane is on disk and due at ``at`` (epoch milliseconds)."""
        lane = self._lane(lane_name)
        if lane.due is None or at < lane.due:
            lane.due = at
            heappush(self._due, (at, lane_name))
            self._set_timer()

    def forget(self) -> None:
        """Look on disk for what is still this node's, instead of sending what it believed to be."""
        for lane in list(self._lanes.values()):
            self._ready -= len(lane.ready)
            lane.held -= {delivery.id for delivery in lane.ready}
            lane.ready.clear()
            lane.on_disk = True
            self._load(lane)

    async def stop(self, patience_s: float) -> None:
        """Begin nothing more, and let what is under way end; cut it off after ``patience_s`` seconds."""
        self._attempt = None
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=patience_s)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _lane(self, name: str) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(name)
        return lane

    def _space(self, lane: Lane) -> int:
        """How many more deliveries ``lane`` may hold ready."""
        most = self._lane_size if self._ready < self._memory_size else min(LANE_LEAST, self._lane_size)
        return max(0, most - len(lane.ready))

    def _list(self, lane: Lane) -> None:
        if lane.ready and not lane.listed:
            lane.listed = True
            self._turns.append(lane)

    def _pump(self) -> None:
        """Send as much as may be sent now."""
        attempt = self._attempt
        if attempt is None:
            return
        passed: list[Lane] = []
        while self._turns and (free := self._concurrency - self._running) > 0:
            lane = self._turns.popleft()
            if not lane.ready:
                lane.listed = False
            elif lane.running >= free:
                passed.append(lane)
            else:
                delivery = lane.ready.popleft()
                self._ready -= 1
                self._running += 1
                lane.running += 1
                self._spawn(self._send(attempt, lane, delivery))
                self._turns.append(lane)
                self._load(lane)
        self._turns.extendleft(reversed(passed))

    async def _send(self, attempt: Attempt, lane: Lane, delivery: Delivery) -> None:
        again: int | None = None
        try:
            again = await attempt(delivery)
        except Exception:
            log.exception("delivery attempt broke", delivery=delivery.id)
            again = self._now() + LOOK_AGAIN_MS
        finally:
            self._running -= 1
            lane.running -= 1
            lane.held.discard(delivery.id)
            if again is not None:
                self.look(lane.name, again)
            self._load(lane)
            self._drop_if_idle(lane)
            self._pump()

    def _load(self, lane: Lane) -> None:
        """Read more of ``lane`` from disk when there may be some and the most of it is sent."""
        if lane.on_disk and not lane.loading and self._attempt is not None:
            space = self._space(lane)
            if space and len(lane.ready) <= self._lane_size // 4:
                lane.loading = True
                self._spawn(self._read(lane, space))

    async def _read(self, lane: Lane, space: int) -> None:
        lane.on_disk = False
        now = self._now()
        # What is held now may end before the answer is here, which would then show an older state of it.
        held = frozenset(lane.held)
        try:
            found = await deliveries.due(self._db, self._owner, lane.name, now, len(held) + space)
            after = await deliveries.next_due(self._db, self._owner, lane.name, now)
        except Exception:
            log.exception("deliveries could not be read", lane=lane.name)
            after = self._now() + LOOK_AGAIN_MS
        else:
            for delivery in found:
                if delivery.id not in held and delivery.id not in lane.held:
                    lane.take(delivery)
                    self._ready += 1
            if len(found) >= len(held) + space:
                lane.on_disk = True
        lane.loading = False
        if after is not None:
            self.look(lane.name, after)
        self._list(lane)
        self._load(lane)
        self._drop_if_idle(lane)
        self._pump()

    def _drop_if_idle(self, lane: Lane) -> None:
        if lane.idle:
            self._lanes.pop(lane.name, None)

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
            lane = self._lanes.get(name)
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
