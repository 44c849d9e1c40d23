"""All messages of one user, when the user goes: erased, or given to somebody else.

There is no index by author: each of these reads the whole table once, so that posting stays cheap.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from hookroom.rules.model import Message
from hookroom.rules.times import millis
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.messages import MANY_GONE, TOUCHED

_decode: Final = msgspec.json.Decoder(Message).decode

_THEIRS: Final = "(SELECT id FROM messages WHERE user_id = :user_id)"
_KEEP_REMOVALS: Final = Statement(
    "INSERT INTO removals (kind, id, scope, removed_at)"
    " SELECT 'message', id, room_id, CAST(:removed_at AS BIGINT) FROM messages WHERE user_id = :user_id"
    " ON CONFLICT (kind, id) DO UPDATE SET removed_at = excluded.removed_at"
)
_UNCOUNT: Final = Statement(
    "UPDATE room_activity SET messages = messages - (SELECT count(*) FROM messages m"
    " WHERE m.room_id = room_activity.room_id AND m.user_id = :user_id)"
    " WHERE room_id IN (SELECT room_id FROM messages WHERE user_id = :user_id)"
)
_NO_VERSIONS: Final = Statement(f"DELETE FROM message_versions WHERE message_id IN {_THEIRS}")
_NO_MARKS: Final = Statement(f"DELETE FROM message_marks WHERE message_id IN {_THEIRS}")
_NO_MARKS_BY: Final = Statement("DELETE FROM message_marks WHERE user_id = :user_id")
_ERASE: Final = Statement("DELETE FROM messages WHERE user_id = :user_id")
_LAST_AGAIN: Final = Statement(
    "UPDATE room_activity SET last_message_id = (SELECT m.id FROM messages m"
    " WHERE m.room_id = room_activity.room_id AND m.type IS NULL AND m.shown = 1"
    " ORDER BY m.created_at DESC, m.id DESC LIMIT 1)"
    " WHERE last_message_id IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = room_activity.last_message_id)"
)
_PAGE: Final = Statement(
    "SELECT id, doc FROM messages WHERE user_id = :user_id AND id > :after ORDER BY id LIMIT 500"
)
_GIVE: Final = Statement(
    "UPDATE messages SET user_id = :user_id, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)


def erase(changes: Changes, user_id: str, at: int) -> None:
    """Remove all messages of a user ``at`` (epoch milliseconds), and the marks that the user made."""
    changes.run(_KEEP_REMOVALS, user_id=user_id, removed_at=at)
    for statement in (_UNCOUNT, _NO_VERSIONS, _NO_MARKS, _NO_MARKS_BY, _ERASE):
        changes.run(statement, user_id=user_id)
    changes.run(_LAST_AGAIN)
    changes.touch(MANY_GONE, user_id)


def give(changes: Changes, old: Message, new: Message) -> None:
    """Put ``new``, of another user, in the place of ``old``; ``Stale`` when that is no longer stored."""
    changes.run(
        _GIVE,
        expect=1,
        id=new.id,
        user_id=new.user.id,
        seen=millis(old.updated_at),
        updated_at=millis(new.updated_at),
        doc=msgspec.json.encode(new).decode(),
    )
    changes.touch(TOUCHED, f"{new.room_id}/{new.id}")


async def of(db: Database, user_id: str) -> AsyncIterator[Message]:
    """All messages of a user, some hundred read at a time."""
    after = ""
    while rows := await db.fetch(_PAGE, user_id=user_id, after=after):
        for row in rows:
            yield _decode(row[1])
        after = rows[-1][0]
