"""Writing the index that messages are searched by: a number of messages at a time, and with room for others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final

from hookroom.rules.model import Message
from hookroom.storage.database import Conflict, Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import message_search
from hookroom.storage.tables.message_search import Entry

AT_ONCE: Final = 20_000
"""Characters that are taken apart before others have their turn."""
REST: Final = 19
"""How long the index rests after a step, as a multiple of the step, while messages are being written."""
MAX_REST_S: Final = 1.0
MAX_TRIES: Final = 8
"""Numbers that are tried for a message whose number another one has."""


class IndexWriter:
    """Has the index of ``db`` say of messages what they are; harmless where another node does the same."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.heard = 0
        """How many messages were written here so far: what tells that others want to write."""

    async def index(self, message_ids: Sequence[str]) -> None:
        """What the messages are now, also that there are none."""
        if not message_ids:
            return
        found = await message_search.unindexed(self._db, message_ids)
        there = {message.id for message in found}
        await self.add(found)
        gone = [message_id for message_id in message_ids if message_id not in there]
        if gone:
            await self.remove(gone)

    async def add(self, found: Sequence[Message]) -> None:
        """Messages that people wrote."""
        entries = await _entries(found)
        if not entries:
            return
        changes = Changes()
        message_search.put(changes, self._db.kind, entries)
        try:
            await self._db.commit(changes)
        except Conflict:
            # Two messages of one millisecond have the same number.
            for entry in entries:
                await self._add_one(entry)

    async def remove(self, message_ids: Sequence[str]) -> None:
        """Messages that may be gone; nothing happens to those that are there."""
        changes = Changes()
        message_search.remove(changes, self._db.kind, message_ids)
        await self._db.commit(changes)

    def begin(self) -> tuple[float, int]:
        """The time, and how much has been written: what ``rest`` compares with."""
        return time.monotonic(), self.heard

    async def rest(self, begun: tuple[float, int]) -> None:
        """Let others write, the longer the longer the step took that began then; not long where nobody does."""
        took = time.monotonic() - begun[0]
        await asyncio.sleep(min(took * (REST if self.heard > begun[1] else 1), MAX_REST_S))

    async def _add_one(self, entry: Entry) -> None:
        for tries in range(MAX_TRIES):
            changes = Changes()
            message_search.put(changes, self._db.kind, (entry,), tries=tries)
            with contextlib.suppress(Conflict):
                await self._db.commit(changes)
                return


async def _entries(found: Sequence[Message]) -> list[Entry]:
    made = []
    size = 0
    for message in found:
        made.append(message_search.entry(message))
        size += len(made[-1].words)
        if size > AT_ONCE:
            size = 0
            await asyncio.sleep(0)
    return made
