"""Messages. Their stored form is what REST answers; how histories are read is in ``message_pages``."""

from __future__ import annotations

from typing import Final

import msgspec

from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Append, Changes, Statement
from hookroom.storage.tables import message_marks, removals, rooms

TOUCHED: Final = "message"
"""The kind of touch, with the key ``<room id>/<message id>``, of one that is new, changed or gone."""

MANY_GONE: Final = "messages"
"""The kind of touch, with a room's or a user's id, when many went at once without a touch for each."""

GONE_TOUCHED: Final = "message-gone"
"""The kind of touch, with the key ``<room id>/<message id>``, of one that is gone."""


class MessageGone(msgspec.Struct, frozen=True):
    """Told when a message was removed. Of one that is new or changed the ``Message`` itself is told."""

    room_id: str
    message_id: str


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
        "shown": "bigint",
        "created_at": "bigint",
        "updated_at": "bigint",
        "doc": "text",
    },
)
_UPDATE: Final = Statement(
    "UPDATE messages SET type = :type, shown = :shown, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM messages WHERE id = :id AND updated_at = :seen")
_FOR_DISCUSSION: Final = Statement(
    "SELECT m.doc FROM message_marks k JOIN messages m ON m.id = k.message_id"
    " WHERE k.room_id = :room_id AND k.kind = 'discussion-of' AND k.user_id = ''"
)
_LAST_AGAIN: Final = Statement(
    "UPDATE room_activity SET last_message_id ="
    " (SELECT m.id FROM messages m WHERE m.room_id = :room_id AND m.type IS NULL AND m.shown = 1"
    " ORDER BY m.created_at DESC, m.id DESC LIMIT 1)"
    " WHERE room_id = :room_id AND last_message_id = :id"
)
_KEEP: Final = Statement(
    "INSERT INTO message_versions (message_id, updated_at, room_id, doc)"
    " VALUES (:message_id, :updated_at, :room_id, :doc)"
)
_DELETE_OF_ROOM: Final = Statement("DELETE FROM messages WHERE room_id = :room_id")
_DELETE_VERSIONS_OF_ROOM: Final = Statement("DELETE FROM message_versions WHERE room_id = :room_id")
_BY_ID: Final = Statement("SELECT doc FROM messages WHERE id = :id")


def insert(changes: Changes, message: Message) -> None:
    """A new message; counts it, and says whom it mentions. Commutes: many are written together.

    System messages and replies that only their thread shows are not the room's last message.
    Conflict: ``messages.id`` on SQLite, ``messages_pk`` on PostgreSQL.
    """
    at = millis(message.created_at)
    shown = _shown(message)
    changes.append(
        _APPEND,
        id=message.id,
        room_id=message.room_id,
        user_id=message.user.id,
        type=message.type,
        thread_id=message.thread_id,
        shown=shown,
        created_at=at,
        updated_at=millis(message.updated_at),
        doc=_encode(message).decode(),
    )
    if message.mentions:
        message_marks.add_mentions(changes, message)
    _say(changes, message)
    if shown and message.type is None:
        rooms.count_message(changes, message.room_id, message.id, at)
    else:
        rooms.count(changes, message.room_id, messages=1)


def update(changes: Changes, old: Message, new: Message) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(
        _UPDATE,
        expect=1,
        id=new.id,
        type=new.type,
        shown=_shown(new),
        seen=millis(old.updated_at),
        updated_at=millis(new.updated_at),
        doc=_encode(new).decode(),
    )
    if (new.mentions or ()) != (old.mentions or ()):
        message_marks.change_mentions(changes, new)
    if new.type is not None and old.type is None:
        changes.run(_LAST_AGAIN, room_id=new.room_id, id=new.id)
    _say(changes, new)


def delete(changes: Changes, message: Message, at: int) -> None:
    """Remove a message ``at`` (epoch milliseconds); ``Stale`` when it changed or is gone already."""
    changes.run(_DELETE, expect=1, id=message.id, seen=millis(message.updated_at))
    changes.run(_LAST_AGAIN, room_id=message.room_id, id=message.id)
    message_marks.remove_all(changes, message.id)
    removals.add(changes, "message", message.id, at, scope=message.room_id)
    if message.thread_id is not None:
        removals.add(changes, "reply", message.id, at, scope=message.thread_id)
    rooms.count(changes, message.room_id, messages=-1)
    changes.touch(TOUCHED, f"{message.room_id}/{message.id}")
    changes.touch(GONE_TOUCHED, f"{message.room_id}/{message.id}")
    changes.tell(MessageGone(message.room_id, message.id))


def keep_version(changes: Changes, message: Message) -> None:
    """Keep what a message is before it changes or goes."""
    changes.run(
        _KEEP,
        message_id=message.id,
        updated_at=millis(message.updated_at),
        room_id=message.room_id,
        doc=_encode(message).decode(),
    )


def delete_of_room(changes: Changes, room_id: str) -> None:
    """Remove all of a room that is being deleted, with their marks and earlier versions."""
    changes.run(_DELETE_OF_ROOM, room_id=room_id)
    changes.run(_DELETE_VERSIONS_OF_ROOM, room_id=room_id)
    message_marks.remove_of_room(changes, room_id)
    changes.touch(MANY_GONE, room_id)


async def by_id(db: Database, message_id: str) -> Message | None:
    """The message with that id, as it is stored: without its stars, which are its readers'."""
    row = await fetch_one(db, _BY_ID, id=message_id)
    return _decode(row[0]) if row else None


async def for_discussion(db: Database, discussion_id: str) -> Message | None:
    """The message that stands for the discussion that is the room of that id."""
    row = await fetch_one(db, _FOR_DISCUSSION, room_id=discussion_id)
    return _decode(row[0]) if row else None


def _say(changes: Changes, message: Message) -> None:
    changes.touch(TOUCHED, f"{message.room_id}/{message.id}")
    changes.tell(message)


def _shown(message: Message) -> int:
    return int(message.thread_id is None or bool(message.shown_in_room))
