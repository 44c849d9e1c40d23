"""Removing many messages of a room: each step some hundred, in a number of statements that does not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hookroom.rules.model import Message
from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import uploads
from hookroom.storage.tables.id_list import AMONG, id_list
from hookroom.storage.tables.messages import GONE_TOUCHED, TOUCHED, MessageGone

Key = tuple[int, str]
"""Where a message stands in its room: its time (epoch milliseconds), and its id."""

FIRST: Final[Key] = (-1, "")
"""Before all messages."""


def _by_kind(sql: str) -> Mapping[Kind, Statement]:
    return {kind: Statement(sql.format(among=among)) for kind, among in AMONG.items()}


_WALK: Final = Statement(
    "SELECT created_at, id, doc FROM messages WHERE room_id = :room_id"
    " AND (created_at > :at OR (created_at = :at AND id > :id)) AND created_at >= :oldest"
    " AND created_at <= :latest ORDER BY created_at, id LIMIT :count"
)
_UNCOUNT: Final = _by_kind(
    "UPDATE room_activity SET messages = messages - (SELECT count(*) FROM messages m"
    " WHERE m.room_id = :room_id AND m.id {among}),"
    " updated_at = CASE WHEN :removed_at > updated_at THEN :removed_at ELSE updated_at END"
    " WHERE room_id = :room_id"
)
_ADD_REMOVALS: Final = _by_kind(
    "INSERT INTO removals (kind, id, scope, removed_at)"
    " SELECT 'message', id, room_id, CAST(:removed_at AS BIGINT) FROM messages WHERE id {among}"
    " ON CONFLICT (kind, id) DO UPDATE SET removed_at = excluded.removed_at"
)
_ADD_REPLIES: Final = _by_kind(
    "INSERT INTO removals (kind, id, scope, removed_at)"
    " SELECT 'reply', id, thread_id, CAST(:removed_at AS BIGINT) FROM messages"
    " WHERE id {among} AND thread_id IS NOT NULL"
    " ON CONFLICT (kind, id) DO UPDATE SET removed_at = excluded.removed_at"
)
_NO_MARKS: Final = _by_kind("DELETE FROM message_marks WHERE message_id {among}")
_NO_VERSIONS: Final = _by_kind("DELETE FROM message_versions WHERE message_id {among}")
_DELETE: Final = _by_kind("DELETE FROM messages WHERE id {among}")
_LAST_AGAIN: Final = Statement(
    "UPDATE room_activity SET last_message_id = (SELECT m.id FROM messages m"
    " WHERE m.room_id = :room_id AND m.type IS NULL AND m.shown = 1"
    " ORDER BY m.created_at DESC, m.id DESC LIMIT 1)"
    " WHERE room_id = :room_id AND last_message_id IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = room_activity.last_message_id)"
)
_ANSWERS: Final = Statement("SELECT count(*) FROM messages WHERE thread_id = :thread_id")

_decode: Final = msgspec.json.Decoder(Message).decode


async def walk(
    db: Database, room_id: str, after: Key, *, oldest: int, latest: int, count: int
) -> Sequence[tuple[Key, Message]]:
    """Messages of a room from the oldest on, those that come after that key; both times are included."""
    at, message_id = after
    rows = await db.fetch(
        _WALK, room_id=room_id, at=at, id=message_id, oldest=oldest, latest=latest, count=count
    )
    return [((row[0], row[1]), _decode(row[2])) for row in rows]


def remove(changes: Changes, kind: Kind, room_id: str, gone: Sequence[Message], at: int) -> None:
    """Remove messages of a room ``at`` (epoch milliseconds) with their marks and versions; their files go too."""
    ids = id_list([message.id for message in gone])
    changes.run(_UNCOUNT[kind], room_id=room_id, removed_at=at, ids=ids)
    changes.run(_ADD_REMOVALS[kind], removed_at=at, ids=ids)
    if any(message.thread_id is not None for message in gone):
        changes.run(_ADD_REPLIES[kind], removed_at=at, ids=ids)
    for statement in (_NO_MARKS, _NO_VERSIONS, _DELETE):
        changes.run(statement[kind], ids=ids)
    changes.run(_LAST_AGAIN, room_id=room_id)
    for message in gone:
        uploads.release(changes, message.id, message.files)
        for touch in (TOUCHED, GONE_TOUCHED):
            changes.touch(touch, f"{room_id}/{message.id}")
        changes.tell(MessageGone(room_id, message.id))


async def answers(db: Database, thread_id: str) -> int:
    """How many answers a thread has."""
    row = await fetch_one(db, _ANSWERS, thread_id=thread_id)
    return int(row[0]) if row else 0
