"""Keeping the index that messages are searched by, behind their writing.

    a message is written ──touch──▶ waiting ──batch──▶ message_search
                                       ▲
    a search, a start, now and then ───┘  what was missed; what was there before the index

Posting does nothing for it. Each node indexes what it wrote itself; a batch is written only if the messages are
still as they were read, so that it does no harm when two nodes index the same. What a node that died left behind
is found by comparing the index with the messages that are newer than what is known to be indexed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import structlog
from msgspec import structs

from hookroom.rules.model import Message
from hookroom.storage.database import Conflict, Database, Stale
from hookroom.storage.statement import Changes, Touch
from hookroom.storage.tables import message_search, messages, search_progress
from hookroom.storage.tables.message_search import Entry
from hookroom.storage.tables.search_progress import Progress

log = structlog.get_logger()

GATHER_S: Final = 0.5
"""How long a written message waits for others to be indexed with, unless somebody searches."""
BATCH: Final = 100
"""Messages indexed in one commit."""
PIECE: Final = 200
"""Messages looked at in one step of what is done besides."""
AT_ONCE: Final = 20_000
"""Characters that are taken apart before others have their turn."""
MAX_PAUSE_S: Final = 0.5
RETRY_S: Final = 1.0
LOOK_S: Final = 60.0
"""From one note of how far the index is to the next, and on PostgreSQL from one look for what was missed."""
SWEEP_S: Final = 24 * 3600.0
"""From one look for entries whose messages are gone to the next, where nothing says that there are some."""
OVERLAP_MS: Final = 5 * 60_000
"""How much older a message may be that appears late: written by a slow commit, or by a clock that goes after."""
FRESH_S: Final = 5.0
"""How long a message that another node wrote is looked at by a search here, before that node has indexed it."""
MAX_ELSEWHERE: Final = 2000
MAX_TRIES: Final = 8


class Indexing:
    """The index of one server's messages; ``now`` is in epoch milliseconds."""

    def __init__(self, db: Database, now: Callable[[], int]) -> None:
        self._db = db
        self._now = now
        self._waiting: dict[str, None] = {}
        self._elsewhere: dict[str, float] = {}
        self._put_in = 0
        self._taken_out = 0
        self._patient: list[tuple[int, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._look = asyncio.Event()
        self._sweep = True
        self._unsaid = False
        self._tasks: list[asyncio.Task[None]] = []
        db.on_touched(self._heard)

    def start(self) -> None:
        """Index from now on."""
        self._tasks = [
            asyncio.create_task(self._keep_up(), name="search-index"),
            asyncio.create_task(self._look_for_ever(), name="search-index-look"),
        ]

    async def stop(self) -> None:
        """Index no more; the next start goes on where this one was."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def caught_up(self, patience_s: float) -> bool:
        """Wait until what was written by now is indexed, at most ``patience_s``; answers whether it is."""
        fresh = time.monotonic() - FRESH_S
        for message_id, heard in self._elsewhere.items():
            if heard > fresh:
                self._put(message_id)
        self._elsewhere.clear()
        if not self._waiting and self._taken_out >= self._put_in:
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._patient.append((self._put_in, done))
        self._hurry.set()
        self._wake.set()
        try:
            async with asyncio.timeout(patience_s):
                await done
        except TimeoutError:
            return False
        return True

    def _heard(self, touched: Sequence[Touch], local: bool) -> None:
        for kind, key in touched:
            if kind == messages.TOUCHED:
                message_id = key.partition("/")[2]
                if local:
                    self._put(message_id)
                else:
                    self._hear_of(message_id)
            elif kind == messages.MANY_GONE:
                self._sweep = True
                self._look.set()
            elif kind == "*":
                self._look.set()

    def _put(self, message_id: str) -> None:
        if message_id not in self._waiting:
            self._waiting[message_id] = None
            self._put_in += 1
            self._wake.set()

    def _hear_of(self, message_id: str) -> None:
        self._elsewhere[message_id] = time.monotonic()
        if len(self._elsewhere) > MAX_ELSEWHERE:
            del self._elsewhere[next(iter(self._elsewhere))]

    async def _keep_up(self) -> None:
        while True:
            await self._wake.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._hurry.wait()
            while self._waiting:
                batch = list(islice(self._waiting, BATCH))
                for message_id in batch:
                    del self._waiting[message_id]
                started = time.monotonic()
                try:
                    await self._index(batch)
                except Exception:
                    log.exception("messages could not be indexed; trying again")
                    self._waiting = dict.fromkeys((*batch, *self._waiting))
                    await asyncio.sleep(RETRY_S)
                    continue
                self._taken_out += len(batch)
                self._unsaid = True
                self._tell_the_patient()
                if not self._patient:
                    await _pause(started)
            self._taken_out = self._put_in
            self._tell_the_patient()
            self._hurry.clear()
            self._wake.clear()

    def _tell_the_patient(self) -> None:
        waiting = []
        for place, done in self._patient:
            if place > self._taken_out and not done.done():
                waiting.append((place, done))
            elif not done.done():
                done.set_result(None)
        self._patient = waiting

    async def _index(self, message_ids: Sequence[str]) -> None:
        """Have the index say of these messages what they are now, also that there are none."""
        found = await message_search.unindexed(self._db, message_ids)
        there = {message.id for message in found}
        gone = [message_id for message_id in message_ids if message_id not in there]
        await self._write(await _entries(found), gone)

    async def _write(self, entries: Sequence[Entry], gone: Sequence[str] = ()) -> None:
        changes = Changes()
        if entries:
            message_search.put(changes, self._db.kind, entries)
        if gone:
            message_search.remove(changes, self._db.kind, gone)
        try:
            await self._db.commit(changes)
        except Conflict:
            # Two messages of one millisecond have the same number.
            await self._write_one_by_one(entries)
            if gone:
                await self._write((), gone)

    async def _write_one_by_one(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for tries in range(MAX_TRIES):
                changes = Changes()
                message_search.put(changes, self._db.kind, (entry,), tries=tries)
                with contextlib.suppress(Conflict):
                    await self._db.commit(changes)
                    break

    async def _look_for_ever(self) -> None:
        swept = time.monotonic()
        progress: Progress | None = None
        while True:
            pause = LOOK_S
            self._look.clear()
            try:
                if progress is None or self._db.kind == "postgresql":
                    progress = await search_progress.load(self._db, self._now())
                    progress = await self._find_missed(progress)
                elif self._unsaid and not self._waiting:
                    # Whatever this process wrote it has heard of, and no other writes here.
                    self._unsaid = False
                    progress = await self._note(progress, structs.replace(progress, since=self._now() - 1000))
                if not progress.whole:
                    progress = await self._index_former(progress)
                if self._sweep or time.monotonic() - swept > SWEEP_S:
                    self._sweep = False
                    await self._remove_orphans()
                    swept = time.monotonic()
            except Stale:
                progress, pause = None, RETRY_S  # Another node is at it too.
            except Exception:
                log.exception("the index of messages could not be looked through")
                progress = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._look.wait()

    async def _find_missed(self, progress: Progress) -> Progress:
        """Index what came or changed since then and was not indexed."""
        started = self._now()
        last: Sequence[str] = ()
        count = 0
        while found := await message_search.missed(self._db, progress.since - OVERLAP_MS, PIECE):
            if found == last:
                log.error("messages cannot be indexed", first=found[0])
                break
            last = found
            begun = time.monotonic()
            await self._index(found)
            count += len(found)
            await _pause(begun)
        if count:
            log.info("messages indexed that had been missed", count=count)
        return await self._note(progress, structs.replace(progress, since=max(started, progress.since)))

    async def _index_former(self, progress: Progress) -> Progress:
        """Index what was there before the index, from the last to the first, a piece at a time."""
        count = 0
        while not progress.whole:
            begun = time.monotonic()
            found, last = await message_search.before(self._db, progress.before, PIECE)
            await self._write_former(found)
            count += len(found)
            further = structs.replace(progress, before=last or progress.before, whole=last is None)
            progress = await self._note(progress, further)
            await _pause(begun)
        if count:
            log.info("messages indexed that were there before", count=count)
        return progress

    async def _write_former(self, found: Sequence[Message]) -> None:
        if found:
            await self._write(await _entries(found))

    async def _remove_orphans(self) -> None:
        after: str | None = ""
        while after is not None:
            begun = time.monotonic()
            gone, after = await message_search.orphans(self._db, after, 10 * PIECE)
            for start in range(0, len(gone), BATCH):
                await self._write((), gone[start : start + BATCH])
                await _pause(begun)
                begun = time.monotonic()
            if not gone:
                await _pause(begun)

    async def _note(self, old: Progress, new: Progress) -> Progress:
        if new != old:
            changes = Changes()
            search_progress.move(changes, old, new)
            await self._db.commit(changes)
        return new


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


async def _pause(since: float) -> None:
    """Let others write for twice as long as the step took that began then."""
    await asyncio.sleep(min(2 * (time.monotonic() - since), MAX_PAUSE_S))
