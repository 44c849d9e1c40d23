"""How long history is kept (contract, section 4, "History"): by age, and by number for each integration.

What is over is removed in steps (``removal``), so that no message waits behind a large removal. Deliveries that
have not ended are never removed. Of calls of incoming webhooks some hundreds are kept of each; what is over goes
in two steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from hookroom.delivery.removal import Pace, remove_ended
from hookroom.rules.history_filter import LAST_KEY, Key
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import history_removal, incoming_calls
from hookroom.workspace.background import Background

log = structlog.get_logger()

SWEEP_S: Final = 3600.0
"""From the end of one sweep to the beginning of the next."""
SOON_S: Final = 60.0
"""The same after one that removed ``MANY`` entries; also from the start, which has better things to do."""
MANY: Final = 10_000
STRIDE: Final = 10_000
"""Entries that are counted in one query, to find those beyond the newest."""
EVENTS_STRIDE: Final = 2000
"""Events looked at in one query, to find those that no delivery names."""
EVENTS_STRIDES: Final = 250
"""Such queries in one sweep; the next one goes on."""
DAY_MS: Final = 24 * 3600 * 1000


class Retention:
    """Removes entries older than ``days``, and beyond the newest ``entries`` of each integration."""

    def __init__(self, db: Database, now: Callable[[], int], *, days: int, entries: int) -> None:
        self._db = db
        self._now = now
        self._days = days
        self._entries = entries
        self._pace = Pace()
        self._event = ""
        self._background = Background()

    def start(self) -> None:
        """Sweep now and then."""
        self._background.start("retention", self._sweep_for_ever())

    async def stop(self) -> None:
        """Sweep no more."""
        await self._background.stop()

    async def sweep(self) -> int:
        """Remove what is over; answers how many entries and calls that was."""
        over = self._now() - self._days * DAY_MS
        before: dict[str, int] = {}
        integration = await history_removal.integration_after(self._db, "")
        while integration is not None:
            beyond = await self._beyond(integration)
            before[integration] = over if beyond is None else max(over, beyond)
            integration = await history_removal.integration_after(self._db, integration)
        removed = await remove_ended(self._db, before, self._pace)
        await self._sweep_events()
        return removed + await self._sweep_calls()

    async def _beyond(self, integration: str) -> int | None:
        """When the newest entry was changed that is not among those to keep."""
        key: Key | None = LAST_KEY
        left = self._entries + 1
        while key is not None and left > 0:
            key = await history_removal.nth_before(self._db, integration, key, min(left, STRIDE))
            left -= STRIDE
        return key.time if key is not None else None

    async def _sweep_events(self) -> None:
        for _ in range(EVENTS_STRIDES):
            found, end = await history_removal.events_without_delivery(self._db, self._event, EVENTS_STRIDE)
            if found:
                changes = Changes()
                history_removal.remove_events(changes, self._db.kind, found)
                await self._pace.commit(self._db, changes)
            self._event = end or ""
            if end is None:
                return

    async def _sweep_calls(self) -> int:
        removed = 0
        over = self._now() - self._days * DAY_MS
        integration = await incoming_calls.integration_after(self._db, "")
        while integration is not None:
            aged = await incoming_calls.oldest(self._db, integration) <= over
            for end in incoming_calls.ENDS:
                beyond = await incoming_calls.nth_newest(self._db, integration, end, incoming_calls.KEPT)
                if aged or beyond is not None:
                    changes = Changes()
                    incoming_calls.delete_over(changes, integration, end, before=over, beyond=beyond or "")
                    removed += len(await self._db.commit(changes))
            integration = await incoming_calls.integration_after(self._db, integration)
        return removed

    async def _sweep_for_ever(self) -> None:
        pause = SOON_S
        while True:
            await asyncio.sleep(pause)
            pause = SWEEP_S
            try:
                removed = await self.sweep()
            except Exception:
                log.exception("history could not be swept")
            else:
                if removed:
                    log.info("history swept", removed=removed)
                if removed >= MANY:
                    pause = SOON_S
