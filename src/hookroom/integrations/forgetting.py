"""Answered calls are forgotten once they count no longer: an hour after that at the latest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from hookroom.integrations.answered_calls import AnsweredCalls
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import idempotency_keys
from hookroom.workspace.background import Background

log = structlog.get_logger()

SWEEP_S: Final = 3600.0
"""From the end of one sweep to the beginning of the next, and from the start to the first."""
STEP: Final = 500
"""Calls that are looked at and forgotten in one commit."""
PAUSE_S: Final = 0.02
"""Between two of them, for others to write."""


class Forgetting:
    """Sweeps the answered calls of a database. ``now`` gives epoch milliseconds."""

    def __init__(self, db: Database, answered: AnsweredCalls, now: Callable[[], int]) -> None:
        self._db = db
        self._answered = answered
        self._now = now
        self._background = Background()

    def start(self) -> None:
        """Sweep now and then."""
        self._background.start("forgetting answered calls", self._sweep_for_ever())

    async def stop(self) -> None:
        """Sweep no more."""
        await self._background.stop()

    async def sweep(self) -> int:
        """Forget what counts no longer; answers how many calls that were.

        Of each time so many, the oldest first; those that integrations with a longer memory still know are passed
        over.
        """
        forgotten = 0
        start, end = 0, self._now() - self._answered.shortest_ms() + 1
        passed: set[str] = set()
        while True:
            # Many may be of one millisecond: those that stay are asked for again, and must not fill the page.
            found = await idempotency_keys.oldest(self._db, start, end, STEP + len(passed))
            new = [one for one in found if one.key not in passed]
            if not new:
                return forgotten
            over = [one for one in new if self._answered.is_over(one.integration_id, one.at)]
            if over:
                changes = Changes()
                idempotency_keys.remove(changes, self._db.kind, over)
                await self._db.commit(changes)
                forgotten += len(over)
            start = found[-1].at
            passed = {one.key for one in found if one.at == start}
            await asyncio.sleep(PAUSE_S)

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except Exception:
                log.exception("answered calls could not be forgotten")
