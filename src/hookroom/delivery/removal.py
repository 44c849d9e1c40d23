"""Removing what has ended in steps: as large as they may be for nobody to wait, and with room between them."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from hookroom.rules.history_filter import FIRST_KEY
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import history_removal

LEAST: Final = 100
MOST: Final = 1000
"""Entries removed in one commit."""
COMMIT_S: Final = 0.010
"""How long a commit should take: whoever commits at the same time waits for it."""
MAX_PAUSE_S: Final = 0.5


class Pace:
    """How many entries a step removes, by how long the steps before took. One for each removal."""

    def __init__(self) -> None:
        self.size = LEAST

    async def commit(self, db: Database, changes: Changes) -> None:
        """Write a step, then let others write for as long as that took."""
        start = time.monotonic()
        await db.commit(changes)
        took = time.monotonic() - start
        if took > COMMIT_S:
            self.size = max(LEAST, int(self.size * max(0.5, COMMIT_S / took)))
        elif took < COMMIT_S / 2:
            self.size = min(MOST, self.size * 3 // 2)
        await asyncio.sleep(min(took, MAX_PAUSE_S))


async def remove_ended(db: Database, integration_id: str, before: int, pace: Pace) -> int:
    """Remove the entries of an integration that ended at or before a time (epoch milliseconds).

    Answers how many those were.
    """
    removed = 0
    after = FIRST_KEY
    while over := await history_removal.ended_by(db, integration_id, before, pace.size, after=after):
        changes = Changes()
        history_removal.remove(changes, db.kind, over)
        await pace.commit(db, changes)
        removed += len(over)
        after = over[-1].key
    return removed
