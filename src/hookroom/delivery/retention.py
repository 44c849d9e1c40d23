"""How long history is kept (contract, section 4, "History"): by age, and by number for each integration.

What is over is removed in small steps, so that no message waits behind a large removal. Deliveries that have
not ended are never removed. Of calls of incoming webhooks a few are kept of each; removing those is one step.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import delivery_history, incoming_calls

log = structlog.get_logger()

SWEEP_S: Final = 3600.0
"""From the end of one sweep to the beginning of the next."""
FIRST_SWEEP_S: Final = 60.0
"""After the start, which has better things to do."""
STEP: Final = 50
"""Entries removed in one commit."""
DAY_MS: Final = 24 * 3600 * 1000


class Retention:
    """Removes entries older than ``days``, and beyond the newest ``entries`` of each integration."""

    def __init__(self, db: Database, now: Callable[[], int], *, days: int, entries: int) -> None:
        self._db = db
        self._now = now
        self._days = days
        self._entries = entries
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sweep now and then."""
        self._task = asyncio.create_task(self._sweep_for_ever(), name="retention")

    async def stop(self) -> None:
        """Sweep no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> int:
        """Remove what is over; answers how many entries that was."""
        removed = 0
        integration = await delivery_history.integration_after(self._db, "")
        while integration is not None:
            removed += await self._sweep_one(integration)
            integration = await delivery_history.integration_after(self._db, integration)
        return removed + await self._sweep_calls()

    async def _sweep_calls(self) -> int:
        removed = 0
        over = self._now() - self._days * DAY_MS
        integration = await incoming_calls.integration_after(self._db, "")
        while integration is not None:
            beyond = await incoming_calls.nth_newest(self._db, integration, incoming_calls.KEPT)
            if beyond is not None or await incoming_calls.oldest(self._db, integration) <= over:
                changes = Changes()
                incoming_calls.delete_over(changes, integration, before=over, beyond=beyond or "")
                removed += len(await self._db.commit(changes))
            integration = await incoming_calls.integration_after(self._db, integration)
        return removed

    async def _sweep_one(self, integration: str) -> int:
        over = self._now() - self._days * DAY_MS
        beyond = await delivery_history.time_of_nth(self._db, integration, self._entries)
        before = over if beyond is None else max(over, beyond)
        removed = 0
        while batch := await delivery_history.ended_by(self._db, integration, before, STEP):
            changes = Changes()
            for delivery_id, event_id in batch:
                delivery_history.delete(changes, delivery_id, event_id)
            await self._db.commit(changes)
            removed += len(batch)
        return removed

    async def _sweep_for_ever(self) -> None:
        await asyncio.sleep(FIRST_SWEEP_S)
        while True:
            try:
                removed = await self.sweep()
            except Exception:
                log.exception("history could not be swept")
            else:
                if removed:
                    log.info("history swept", removed=removed)
            await asyncio.sleep(SWEEP_S)
