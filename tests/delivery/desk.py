"""A dispatcher on a real database, with receivers that are functions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from hookroom.delivery.dispatcher import Answered, Dispatcher
from hookroom.delivery.lane import parts_of
from hookroom.delivery.turns import Allowance, Found, Turns
from hookroom.rules.ids import timed_id
from hookroom.storage.database import Database
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import deliveries, events
from hookroom.storage.tables.deliveries import Delivery, Progress
from hookroom.storage.tables.events import StoredEvent

NODE = "this-node"
Attempt = Callable[[Delivery], Awaitable[int | None]]
STATES = Statement("SELECT id, state, attempts FROM deliveries ORDER BY id")


def now() -> int:
    return time.time_ns() // 1_000_000


class Desk:
    """Writes deliveries and notes what the dispatcher does with them."""

    def __init__(
        self,
        db: Database,
        *,
        concurrency: int = 8,
        per_host: int = 1000,
        per_integration: int = 1000,
        urls: int = 1,
        lane_size: int = 256,
        owner: str = NODE,
    ) -> None:
        self.db = db
        self.turns = Turns(concurrency, per_host, lambda _: Allowance(per_integration, urls))
        self.dispatcher = Dispatcher(db, owner, now, self.turns, lane_size=lane_size)
        self.sent: list[Delivery] = []
        self.running: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.most_ready = 0
        self.verdict: Found | None = None
        """What an attempt that is to be repeated tells of its receiver."""

    async def write(self, lane: str, count: int, *, owner: str = NODE, at: int | None = None) -> list[str]:
        """Deliveries as the observer writes them: handed over once they are on disk."""
        made = [self.delivery(lane, at) for _ in range(count)]
        changes = Changes()
        for delivery in made:
            events.insert(changes, delivery.event)
            deliveries.insert(changes, delivery, owner)
        if owner == NODE and at is None:
            changes.then(lambda: self.dispatcher.put(made))
        await self.db.commit(changes)
        return [delivery.id for delivery in made]

    def delivery(self, lane: str, at: int | None = None) -> Delivery:
        made_at = now() if at is None else at
        event = StoredEvent(id=timed_id(made_at), name="sendMessage", depth=0, at=made_at, data={"n": 1})
        return Delivery(
            id=timed_id(made_at),
            integration_id="hook",
            url=f"http://{lane}/",
            lane=lane,
            ordered=parts_of(lane)[3],
            trigger_word=None,
            event=event,
            attempts=0,
            created_at=made_at,
            as_of=made_at,
        )

    def start(self, attempt: Attempt) -> None:
        """Begin to send; what ``attempt`` returns is when to look at the delivery again."""

        async def attempt_it(delivery: Delivery, answered: Answered) -> int | None:
            again = await attempt(delivery)
            answered("up" if again is None else self.verdict)
            return again

        self.dispatcher.start(attempt_it)

    async def begin(self, delivery: Delivery) -> None:
        """A call starts."""
        lane = delivery.lane
        self.sent.append(delivery)
        self.running[lane] = self.running.get(lane, 0) + 1
        self.most[lane] = max(self.most.get(lane, 0), self.running[lane])
        self.most["*"] = max(self.most.get("*", 0), sum(self.running.values()))
        self.most_ready = max(self.most_ready, self.dispatcher.ready)

    async def succeed(self, delivery: Delivery) -> None:
        """A call ends well."""
        self.running[delivery.lane] -= 1
        changes = Changes()
        made = delivery.attempts + 1
        deliveries.finish(
            changes, delivery, "succeeded", Progress(step="after-http-call"), now(), attempts=made
        )
        await self.db.commit(changes)

    async def wait(self, delivery: Delivery, until: int) -> int:
        """A call ends badly, and is to be repeated."""
        self.running[delivery.lane] -= 1
        changes = Changes()
        made = delivery.attempts + 1
        deliveries.wait(changes, delivery, until, Progress(step="going-to-retry-1"), now(), attempts=made)
        await self.db.commit(changes)
        return until

    async def quick(self, delivery: Delivery) -> None:
        """The attempt of a receiver that answers at once."""
        await self.begin(delivery)
        await self.succeed(delivery)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that calls bring about."""
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.002)

    async def ended(self, count: int) -> None:
        """Wait until that many deliveries are on disk as succeeded."""
        async with asyncio.timeout(20):
            while sum(state == "succeeded" for state in (await self.states()).values()) < count:
                await asyncio.sleep(0.01)

    async def states(self) -> dict[str, str]:
        """Delivery ids and their states on disk."""
        return {row[0]: row[1] for row in await self.db.fetch(STATES)}


def run(url: str, body: Callable[[Database], Awaitable[None]]) -> None:
    """Run ``body`` on the database at ``url``."""

    async def main() -> None:
        db = await open_database(url)
        try:
            await body(db)
        finally:
            await db.close()

    asyncio.run(main())
