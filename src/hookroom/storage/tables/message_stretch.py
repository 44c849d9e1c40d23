"""The messages of a room from one moment to another, the oldest first, a page after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from hookroom.rules.model import Message
from hookroom.storage.database import Database
from hookroom.storage.statement import Statement

PAGE: Final = 200
"""Messages that are loaded at once."""

_decode: Final = msgspec.json.Decoder(Message).decode

_PAGE: Final = Statement(
    "SELECT doc, created_at, id FROM messages"
    " WHERE room_id = :room_id AND created_at >= :after AND created_at <= :before"
    " AND (created_at > :after OR id > :last_id) ORDER BY created_at, id LIMIT :count"
)


async def between(db: Database, room_id: str, after: int, before: int) -> AsyncIterator[Sequence[Message]]:
    """Everything said in that time (epoch milliseconds, both inclusive), answers of threads too."""
    last_id = ""
    while rows := await db.fetch(
        _PAGE, room_id=room_id, after=after, before=before, last_id=last_id, count=PAGE
    ):
        yield [_decode(row[0]) for row in rows]
        after, last_id = rows[-1][1], rows[-1][2]
