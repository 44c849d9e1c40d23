"""Removing what has ended in steps: as large as they may be for nobody to wait, and with room between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from hookroom.rules.history_filter import FIRST_KEY
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import history_removal
from hookroom.storage.tables.history_removal import Over

LEAST: Final = 100
MOST: Final = 1000
"""Entries removed in one commit."""
GATHERED: Final = 50_000
"""Entries that are looked up before the first of them is removed."""
LEAST_SHARE: Final = 10
"""Entries of one integration among those."""
COMMIT_S: Final = 0.010
"""How long a commit should take: whoever commits at the same time waits for it."""
MAX_PAUSE_S: Final = 0.5


class Pace:
    """How many entries a step removes, by how long the steps before took. One for each removal."""

    def __init__(self) -> None:
        self.size = LEAST

    async def commit(self, db: Database, changes: Changes) -> None:
        """Write a step, then let others write for as long as that took, and longer where that was long."""
        start = time.monotonic()
        await db.commit(changes)
        took = time.monotonic() - start
        if took > COMMIT_S:
            self.size = max(LEAST, int(self.size * max(0.5, COMMIT_S / took)))
        elif took < COMMIT_S / 2:
            self.size = min(MOST, self.size * 3 // 2)
        await asyncio.sleep(min(took if took <= COMMIT_S else 2 * took, MAX_PAUSE_S))


async def remove_ended(db: Database, before: Mapping[str, int], pace: Pace) -> int:
    """Remove the entries of integrations that ended at or before a time (epoch milliseconds) of each.

    Answers how many those were. The oldest of all integrations go together: what was written at about the same
    time lies on the same pages, and to change few pages is what makes a step quick.
    """
    removed = 0
    left = dict.fromkeys(before, FIRST_KEY)
    while left:
        share = max(LEAST_SHARE, GATHERED // len(left))
        gathered: list[Over] = []
        for integration, after in list(left.items()):
            over = await history_removal.ended_by(db, integration, before[integration], share, after=after)
            gathered += over
            if len(over) < share:
                del left[integration]
            else:
                left[integration] = over[-1].key
            if len(gathered) >= GATHERED:
                removed += await _remove(db, gathered, pace)
                gathered = []
        removed += await _remove(db, gathered, pace)
    return removed


async def _remove(db: Database, over: list[Over], pace: Pace) -> int:
    over.sort(key=lambda one: one.key.id)
    done = 0
    while done < len(over):
        changes = Changes()
        step = over[done : done + pace.size]
        history_removal.remove(changes, db.kind, step)
        await pace.commit(db, changes)
        done += len(step)
    return done
