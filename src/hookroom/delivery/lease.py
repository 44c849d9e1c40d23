"""Whose deliveries are whose: each node's lease, and taking over from nodes that died.

Open deliveries belong to a node. A node that lives renews its lease; one whose lease has run out is dead, and
the others share what it had. With an embedded database no other node can live: a new process takes over at
once from the one before. Leases are told by the database's clock.

A node that only seemed dead (it stood still for longer than its lease) finds out when it renews, and looks on
disk for what is still its own. What it sends in between may be sent twice, but is recorded, and answered,
once: ``attempts`` has a row for each number of an attempt.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from hookroom.rules.ids import random_id
from hookroom.storage.database import Database, Unavailable
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries, nodes

log = structlog.get_logger()

CLAIM_SIZE: Final = 500
"""Deliveries taken over in one statement."""
RENEWALS: Final = 3
"""Per lease, so that a slow one is not the end."""
REMEMBERED_MS: Final = 24 * 3600 * 1000
"""A dead node is looked at again for so long: what it was writing when it died may appear late."""
TRY_AGAIN_S: Final = 1.0

Found = Callable[[str, int], None]
"""Told of a lane, and when the first delivery there is due."""


class Lease:
    """This node's. ``node`` is its id, new with every process; ``lease_s`` is how long it lives unrenewed."""

    def __init__(self, db: Database, now: Callable[[], int], *, lease_s: float) -> None:
        self.node = random_id()
        self._db = db
        self._now = now
        self._lease_ms = int(lease_s * 1000)
        self._until = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self, found: Found, lapsed: Callable[[], None]) -> None:
        """Register, then take over and renew in the background.

        ``found`` is told of what was taken over; ``lapsed`` is called when the lease had run out meanwhile.
        """
        changes = Changes()
        if self._db.kind == "sqlite":
            nodes.end_others(changes, self._db.kind, self.node, self._now())
        await self._renew(changes)
        self._task = asyncio.create_task(self._keep(found, lapsed), name="lease")

    async def stop(self) -> None:
        """End the lease: others may take over at once what is left."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        changes = Changes()
        nodes.renew(changes, self._db.kind, self.node, self._now(), -1)
        with contextlib.suppress(Unavailable):
            await self._db.commit(changes)

    async def _keep(self, found: Found, lapsed: Callable[[], None]) -> None:
        alone = self._db.kind == "sqlite"
        while True:
            pause_s = self._lease_ms / RENEWALS / 1000
            try:
                if not alone:
                    late = self._now() > self._until
                    await self._renew(Changes())
                    if late:
                        log.warning("this node stood still for longer than its lease", node=self.node)
                        lapsed()
                await self._take_over(found)
                if alone:
                    return
            except Exception:
                log.exception("lease could not be kept", node=self.node)
                pause_s = min(pause_s, TRY_AGAIN_S)
            await asyncio.sleep(pause_s)

    async def _renew(self, changes: Changes) -> None:
        now, kind = self._now(), self._db.kind
        nodes.renew(changes, kind, self.node, now, self._lease_ms)
        nodes.forget(changes, kind, self.node, now, REMEMBERED_MS)
        await self._db.commit(changes)
        self._until = now + self._lease_ms

    async def _take_over(self, found: Found) -> None:
        for former in await nodes.dead(self._db, self.node, self._now()):
            taken = 0
            while claimed := await self._claim(former):
                taken += len(claimed)
                for lane, at in claimed:
                    found(lane, at)
            if taken:
                log.info("deliveries taken over", count=taken, former=former, node=self.node)

    async def _claim(self, former: str) -> list[tuple[str, int]]:
        changes = Changes()
        deliveries.claim(changes, self._db.kind, former, self.node, CLAIM_SIZE)
        first: dict[str, int] = {}
        for lane, at in await self._db.commit(changes):
            first[lane] = min(at, first.get(lane, at))
        return list(first.items())
