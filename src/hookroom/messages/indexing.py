"""Keeping the index that messages are searched by, behind their writing.

    a message is written ──touch──▶ waiting ──batch──▶ message_search
                                       ▲
    a search, a start, now and then ───┘  what was missed, what was there before (index_upkeep)

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

from hookroom.messages.index_upkeep import Upkeep
from hookroom.messages.index_writing import IndexWriter
from hookroom.storage.database import Database, Stale
from hookroom.storage.statement import Touch
from hookroom.storage.tables import messages
from hookroom.workspace.background import Background

log = structlog.get_logger()

GATHER_S: Final = 0.5
"""How long a written message waits for others to be indexed with, unless somebody searches."""
BATCH: Final = 100
"""Messages indexed in one commit."""
RETRY_S: Final = 1.0
LOOK_S: Final = 60.0
"""From one look at what is to be done besides to the next; on PostgreSQL also at what others left behind."""
FRESH_S: Final = 5.0
"""How long a message that another node wrote is looked at by a search here, before that node has indexed it."""
MAX_ELSEWHERE: Final = 2000
MAX_WAITING: Final = 50_000
"""Messages that wait to be indexed, as this process remembers them; further ones are looked for when those are."""


class Indexing:
    """The index of one server's messages; ``now`` is in epoch milliseconds."""

    def __init__(self, db: Database, now: Callable[[], int]) -> None:
        self._writer = IndexWriter(db)
        self._upkeep = Upkeep(db, self._writer, now)
        self._waiting: dict[str, None] = {}
        self._elsewhere: dict[str, float] = {}
        self._put_in = 0
        self._taken_out = 0
        self._patient: list[tuple[int, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._look = asyncio.Event()
        self._unsaid = False
        self._too_many = False
        self._background = Background()
        db.on_touched(self._heard, {messages.TOUCHED, messages.MANY_GONE, "*"})

    def start(self) -> None:
        """Index from now on."""
        self._background.start("search-index", self._keep_up())
        self._background.start("search-index-upkeep", self._look_for_ever())

    async def stop(self) -> None:
        """Index no more; the next start goes on where this one was."""
        await self._background.stop()

    async def caught_up(self, patience_s: float) -> bool:
        """Wait until what was written by now is indexed, at most ``patience_s``; answers whether it is."""
        fresh = time.monotonic() - FRESH_S
        for message_id, heard in self._elsewhere.items():
            if heard > fresh:
                self._put(message_id)
        self._elsewhere.clear()
        if self._taken_out >= self._put_in:
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._patient.append((self._put_in, done))
        self._hurry.set()
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
                    self._writer.heard += 1
                    self._put(message_id)
                else:
                    self._hear_of(message_id)
            elif kind == messages.MANY_GONE:
                self._upkeep.sweep_is_due = True
                self._look.set()
            elif kind == "*":
                self._look.set()

    def _put(self, message_id: str) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._too_many = True
        elif message_id not in self._waiting:
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
                begun = self._writer.begin()
                batch = list(islice(self._waiting, BATCH))
                for message_id in batch:
                    del self._waiting[message_id]
                try:
                    await self._writer.index(batch)
                except Exception:
                    log.exception("messages could not be indexed; trying again")
                    self._waiting = dict.fromkeys((*batch, *self._waiting))
                    await asyncio.sleep(RETRY_S)
                    continue
                self._taken_out += len(batch)
                self._unsaid = True
                self._tell_the_patient()
                if not self._patient:
                    await self._writer.rest(begun)
            self._taken_out = self._put_in
            self._tell_the_patient()
            self._hurry.clear()
            self._wake.clear()
            if self._too_many:
                self._look.set()

    def _tell_the_patient(self) -> None:
        waiting = []
        for place, done in self._patient:
            if place > self._taken_out and not done.done():
                waiting.append((place, done))
            elif not done.done():
                done.set_result(None)
        self._patient = waiting

    async def _look_for_ever(self) -> None:
        while True:
            pause = LOOK_S
            self._look.clear()
            if self._too_many:
                self._too_many = False
                self._upkeep.forget()
            settled = self._unsaid and not self._wake.is_set()
            try:
                await self._upkeep.look(settled=settled)
                if settled:
                    self._unsaid = False
            except Stale:
                self._upkeep.forget()
                pause = RETRY_S
            except Exception:
                log.exception("the index of messages could not be looked through")
                self._upkeep.forget()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._look.wait()
