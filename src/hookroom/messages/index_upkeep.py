"""What is done for the index of messages besides following what is written: what was there before it, what was
missed, what is left of messages that went with their room or their author. All in pieces; it goes on after a
restart, and where several nodes do it, one of them finds that the other was faster and leaves it to it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from msgspec import structs

from hookroom.messages.index_writing import IndexWriter
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_search, search_progress
from hookroom.storage.tables.search_progress import Progress

log = structlog.get_logger()

PIECE: Final = 200
"""Messages looked at in one step."""
NOTED: Final = 10
"""Steps after which it is noted how far what was there before is indexed; a restart does them again."""
ORPHANS: Final = 2000
"""Entries looked at in one step."""
REMOVED: Final = 100
"""Entries removed in one step."""
SWEEP_S: Final = 24 * 3600.0
"""From one look for entries whose messages are gone to the next, where nothing says that there are some."""
OVERLAP_MS: Final = 5 * 60_000
"""How much older a message may be that appears late: written by a slow commit, or by a clock that goes after."""
STRETCH_MS: Final = 60_000
"""The time that is looked through at once to begin with; more where there is little to find, less where much."""
LEAST_STRETCH_MS: Final = 100
SETTLED_MS: Final = 1000
"""How long ago the last message was written that is indexed for certain, where none waits."""


class Upkeep:
    """That of one node; ``now`` is in epoch milliseconds. Raises ``Stale`` where another node is at it too."""

    def __init__(self, db: Database, writer: IndexWriter, now: Callable[[], int]) -> None:
        self._db = db
        self._writer = writer
        self._now = now
        self._progress: Progress | None = None
        self._swept = time.monotonic()
        self.sweep_is_due = True
        """Whether there may be entries whose messages are gone."""

    def forget(self) -> None:
        """Look at what is missing at the next ``look``."""
        self._progress = None

    async def look(self, *, settled: bool) -> None:
        """Do what there is to do. ``settled``: everything that this process wrote is indexed, since the last look
        there was something, and no other process writes."""
        if self._progress is None or self._db.kind == "postgresql":
            await self._find_missed()
        elif settled:
            await self._note(structs.replace(self._progress, since=self._now() - SETTLED_MS))
        await self._index_former()
        if self.sweep_is_due or time.monotonic() - self._swept > SWEEP_S:
            self.sweep_is_due = False
            await self._remove_orphans()
            self._swept = time.monotonic()

    async def _find_missed(self) -> None:
        """Index what came or changed and was not indexed since what is known to be, from the first to the last."""
        self._progress = await search_progress.load(self._db, self._now())
        started = max(self._now(), self._progress.since)
        at, stretch = self._progress.since - OVERLAP_MS, STRETCH_MS
        last: Sequence[str] = ()
        count = 0
        while at < started + OVERLAP_MS:
            begun = self._writer.begin()
            found = await message_search.missed(self._db, at, at + stretch, PIECE)
            if found and found == last:
                log.error("messages cannot be indexed", first=found[0])
            else:
                await self._writer.index(found)
                count += len(found)
                last = found
                if len(found) == PIECE:
                    stretch = max(stretch // 2, LEAST_STRETCH_MS)
                    await self._writer.rest(begun)
                    continue
            at += stretch
            stretch *= 2 if len(found) < PIECE // 4 else 1
            await self._writer.rest(begun)
        if count:
            log.info("messages indexed that had been missed", count=count)
        await self._note(structs.replace(self._progress, since=started))

    async def _index_former(self) -> None:
        """Index what was there before the index, from the last to the first."""
        if self._progress is None or self._progress.whole:
            return
        count = 0
        before = self._progress.before
        for piece in itertools.count(1):
            begun = self._writer.begin()
            found, last = await message_search.before(self._db, before, PIECE)
            await self._writer.add(found)
            count += len(found)
            before = last or before
            if last is None or piece % NOTED == 0:
                await self._note(structs.replace(self._progress, before=before, whole=last is None))
            if last is None:
                break
            await self._writer.rest(begun)
        if count:
            log.info("messages indexed that were there before", count=count)

    async def _remove_orphans(self) -> None:
        after: str | None = ""
        while after is not None:
            begun = self._writer.begin()
            gone, after = await message_search.orphans(self._db, after, ORPHANS)
            for start in range(0, len(gone), REMOVED):
                await self._writer.remove(gone[start : start + REMOVED])
                await self._writer.rest(begun)
                begun = self._writer.begin()
            await self._writer.rest(begun)

    async def _note(self, new: Progress) -> None:
        old = self._progress
        if old is not None and new != old:
            changes = Changes()
            search_progress.move(changes, old, new)
            await self._db.commit(changes)
            self._progress = new
