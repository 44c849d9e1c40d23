"""Messages. Their stored form is what REST answers, so that history is read without decoding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Append, Changes, Statement
from hookroom.storage.tables import rooms

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Message).decode

_APPEND: Final = Append(
    "messages",
    {
        "id": "text",
        "room_id": "text",
        "user_id": "text",
        "type": "text",
        "thread_id": "text",
        "created_at": "bigint",
        "updated_at": "bigint",
        "doc": "text",
    },
)
_UPDATE: Final = Statement(
    "UPDATE messages SET type = :type, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM messages WHERE id = :id")
_DELETE_OF_ROOM: Final = Statement("DELETE FROM messages WHERE room_id = :room_id")
_BY_ID: Final = Statement("SELECT doc FROM messages WHERE id = :id")
_RANGE: Final = "FROM messages WHERE room_id = :room_id AND created_at > :after AND created_at < :before"
_PAGE: Final = Statement(f"SELECT doc {_RANGE} ORDER BY created_at DESC, id DESC LIMIT :count OFFSET :offset")
_COUNT: Final = Statement(f"SELECT count(*) {_RANGE}")
_THREAD: Final = Statement(
    "SELECT doc FROM messages WHERE thread_id = :thread_id"
    " ORDER BY created_at, id LIMIT :count OFFSET :offset"
)

FOR_EVER: Final = 2**53


def insert(changes: Changes, message: Message) -> None:
    """A new message; counts it. Commutes: many are written together. Conflict on ``messages_pk``."""
    at = millis(message.created_at)
    changes.append(
        _APPEND,
        id=message.id,
        room_id=message.room_id,
        user_id=message.user.id,
        type=message.type,
        thread_id=message.thread_id,
        created_at=at,
        updated_at=millis(message.updated_at),
        doc=_encode(message).decode(),
    )
    if message.type is None:
        rooms.count_message(changes, message.room_id, message.id, at)
    else:
        # What a room says of itself is not its last message.
        rooms.count(changes, message.room_id, messages=1)


def update(changes: Changes, old: Message, new: Message) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(
        _UPDATE,
        expect=1,
        id=new.id,
        type=new.type,
        seen=millis(old.updated_at),
        updated_at=millis(new.updated_at),
        doc=_encode(new).decode(),
    )


def delete(changes: Changes, message: Message) -> None:
    """Remove a message for good; ``Stale`` when it is gone already."""
    changes.run(_DELETE, expect=1, id=message.id)
    rooms.count(changes, message.room_id, messages=-1)


def delete_of_room(changes: Changes, room_id: str) -> None:
    """Remove all of a room."""
    changes.run(_DELETE_OF_ROOM, room_id=room_id)


async def by_id(db: Database, message_id: str) -> Message | None:
    """The message with that id."""
    row = await fetch_one(db, _BY_ID, id=message_id)
    return _decode(row[0]) if row else None


async def page(
    db: Database, room_id: str, *, count: int, offset: int = 0, after: int = -1, before: int = FOR_EVER
) -> Sequence[msgspec.Raw]:
    """Messages of a room, newest first, in their wire form; ``after`` and ``before`` are exclusive."""
    rows = await db.fetch(_PAGE, room_id=room_id, count=count, offset=offset, after=after, before=before)
    return [msgspec.Raw(row[0].encode()) for row in rows]


async def total(db: Database, room_id: str, *, after: int = -1, before: int = FOR_EVER) -> int:
    """How many messages ``page`` ranges over."""
    row = await fetch_one(db, _COUNT, room_id=room_id, after=after, before=before)
    return int(row[0]) if row else 0


async def thread(db: Database, thread_id: str, *, count: int, offset: int = 0) -> Sequence[msgspec.Raw]:
    """Replies of a thread, oldest first, in their wire form."""
    rows = await db.fetch(_THREAD, thread_id=thread_id, count=count, offset=offset)
    return [msgspec.Raw(row[0].encode()) for row in rows]


def raw(message: Message) -> dict[str, Any]:
    """A message as plain JSON values."""
    decoded: dict[str, Any] = msgspec.json.decode(_encode(message))
    return decoded
