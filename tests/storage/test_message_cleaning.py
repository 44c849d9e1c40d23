"""Removing many messages at once: what is counted, told and left, on each database."""

from __future__ import annotations

import asyncio

from tests.search.messages import BEGIN, ROOM, message, write

from hookroom.rules.model import Message
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import message_cleaning, message_marks, messages, removals, rooms

ACTIVITY = Statement(
    "INSERT INTO room_activity (room_id, messages, members, updated_at) VALUES ('R1', 0, 0, 0)"
)
MARKS = Statement("SELECT count(*) FROM message_marks")


async def prepared(db: Database) -> list[Message]:
    changes = Changes()
    changes.run(ROOM)
    changes.run(ACTIVITY)
    await db.commit(changes)
    written = [message(i, "x", thread_id="m0000" if i % 2 else None) for i in range(20)]
    await write(db, *written)
    changes = Changes()
    for one in written[:4]:
        messages.keep_version(changes, one)
        message_marks.put(changes, one, "star", ("ann",), 1)
    await db.commit(changes)
    return written


async def check(url: str) -> None:
    db = await open_database(url)
    told: list[object] = []
    db.on_told(told.extend)
    try:
        written = await prepared(db)
        walked: list[str] = []
        after = message_cleaning.FIRST
        while page := await message_cleaning.walk(
            db, "R1", after, oldest=BEGIN + 2000, latest=BEGIN + 17_000, count=5
        ):
            walked += [one.id for _, one in page]
            after = page[-1][0]
        assert walked == [one.id for one in written[2:18]]

        told.clear()
        changes = Changes()
        message_cleaning.remove(changes, db.kind, "R1", written[:3], BEGIN + 50_000)
        message_cleaning.remove(changes, db.kind, "R1", written[18:], BEGIN + 50_000)
        await db.commit(changes)
        activity = await rooms.activity(db, "R1")
        assert (activity.messages, activity.last_message_id) == (15, "m0016"), (
            "answers are not the room's last"
        )
        gone = await removals.since(db, "message", 0, scope="R1")
        assert [one["_id"] for one in gone] == ["m0000", "m0001", "m0002", "m0018", "m0019"]
        replies = await removals.since(db, "reply", 0, scope="m0000")
        assert [one["_id"] for one in replies] == ["m0001", "m0019"]
        assert [one.message_id for one in told if isinstance(one, messages.MessageGone)] == [
            one["_id"] for one in gone
        ]
        row = await fetch_one(db, MARKS)
        assert row is not None
        assert row[0] == 1
        assert await message_cleaning.answers(db, "m0000") == 8

        changes = Changes()
        message_cleaning.remove(changes, db.kind, "R1", written[3:18], BEGIN + 60_000)
        await db.commit(changes)
        activity = await rooms.activity(db, "R1")
        assert (activity.messages, activity.last_message_id) == (0, None)
    finally:
        await db.close()


def test_removing_many_messages(database_url: str) -> None:
    asyncio.run(check(database_url))
