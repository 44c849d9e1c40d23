"""Removing files that nobody needs: of deleted messages, that waited too long for one, that were given up.

Whoever gives a file up writes so in the database, together with what that follows from. The bytes go here,
after that; a server that dies in between leaves the row, by which the next sweep finds them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from hookroom.errors import HookroomError
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Touch
from hookroom.storage.tables import uploads
from hookroom.uploads.store import FileStore
from hookroom.workspace.background import Background

log = structlog.get_logger()

SWEEP_S: Final = 3600.0
"""From one sweep to the next, where nobody gives a file up in between."""
RETRY_S: Final = 60.0
"""To the next sweep after one that the storage or the database refused."""
FIRST_LOOK_S: Final = 60.0
"""To the first look for files whose messages are gone, after a start that has better things to do."""
STEP: Final = 100
"""Files removed between two queries."""
LOOKED_AT: Final = 1000
"""Files looked at by one query."""
GRACE_MS: Final = 5 * 60_000
"""How long after its time a file that waits for its message is left alone: clocks of nodes differ."""


class Removal:
    """Sweeps when a file was given up on this node, and now and then."""

    def __init__(self, db: Database, store: FileStore, now: Callable[[], int]) -> None:
        self._db = db
        self._store = store
        self._now = now
        self._wake = asyncio.Event()
        self._background = Background()
        db.on_touched(self._heard, {uploads.TOUCHED})

    def start(self) -> None:
        """Sweep from now on."""
        self._background.start("file-removal", self._sweep_for_ever())

    async def stop(self) -> None:
        """Sweep no more."""
        await self._background.stop()

    async def sweep(self) -> int:
        """Remove what is over; answers how many files that were. Raises what storage and database raise."""
        removed = 0
        over = self._now() - GRACE_MS
        while batch := await uploads.expired(self._db, over, STEP):
            changes = Changes()
            for file_id in batch:
                await self._store.delete(file_id)
                uploads.delete(changes, file_id, over)
            await self._db.commit(changes)
            removed += len(batch)
        return removed

    async def find_lost(self) -> None:
        """Give up the files whose messages went without saying so, with a user or a user's rooms."""
        after = ""
        while batch := await uploads.walk(self._db, after, LOOKED_AT):
            after = batch[-1][0]
            changes = Changes()
            for file_id, posted in batch:
                if not posted:
                    uploads.release_lost(changes, file_id)
            if changes.steps:
                await self._db.commit(changes)

    async def _sweep_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        look_again = loop.time() + FIRST_LOOK_S
        while True:
            self._wake.clear()
            try:
                if loop.time() >= look_again:
                    await self.find_lost()
                    look_again = loop.time() + SWEEP_S
                if removed := await self.sweep():
                    log.info("files removed", removed=removed)
                pause = max(look_again - loop.time(), 0)
            except HookroomError as error:
                log.warning("files could not be removed", reason=str(error))
                pause = RETRY_S
            except Exception:
                log.exception("files could not be removed")
                pause = RETRY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def _heard(self, touched: Sequence[Touch], local: bool) -> None:
        if local and any(kind == uploads.TOUCHED for kind, _ in touched):
            self._wake.set()
