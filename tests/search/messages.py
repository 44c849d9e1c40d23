"""Messages to search, written as the server writes them, and an index of them without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hookroom.messages.indexing import Indexing
from hookroom.rules.model import Message, UserRef
from hookroom.rules.times import iso
from hookroom.storage.database import Database
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import messages

BEGIN = 1_760_000_000_000


def message(number: int, text: str, room: str = "R1", **fields: Any) -> Message:
    """The message of that number (``m0007``), a second later than the one before."""
    at = iso(BEGIN + number * 1000)
    known = {"user": UserRef(id="ann", username="ann"), "created_at": at, "updated_at": at}
    return Message(id=f"m{number:04}", room_id=room, text=text, **{**known, **fields})


ROOM = Statement(
    "INSERT INTO rooms (id, type, search, is_default, created_at, updated_at, doc)"
    " VALUES ('R1', 'c', '', 0, 0, 0, '{}')"
)


async def write(db: Database, *written: Message) -> None:
    """Store messages."""
    changes = Changes()
    for one in written:
        messages.insert(changes, one)
    await db.commit(changes)


def with_index(
    url: str,
    body: Callable[[Database, Indexing], Awaitable[None]],
    *before: Message,
    now: Callable[[], int] = lambda: BEGIN + 3_600_000,
) -> None:
    """Run ``body`` beside an index that runs; ``before`` was there before it. ``now``: epoch milliseconds."""

    async def main() -> None:
        db = await open_database(url)
        try:
            await write(db, *before)
            room = Changes()
            room.run(ROOM)
            await db.commit(room)
            index = Indexing(db, now)
            index.start()
            try:
                await body(db, index)
            finally:
                await index.stop()
        finally:
            await db.close()

    asyncio.run(main())


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.01)
