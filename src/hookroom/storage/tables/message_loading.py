"""Messages as other nodes and readers of a stream need them: by their ids, or all that changed since a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Final

import msgspec

from hookroom.rules.model import Message
from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Statement
from hookroom.storage.tables.id_list import AMONG, id_list

PAGE: Final = 1000
"""Messages that are loaded at once."""

_KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
_decode: Final = msgspec.json.Decoder(Message).decode
_BY_ID: Final[Mapping[Kind, Statement]] = {
    kind: Statement(f"SELECT doc FROM messages WHERE id {AMONG[kind]}") for kind in _KINDS
}
_STARS: Final[Mapping[Kind, Statement]] = {
    kind: Statement(
        f"SELECT message_id, user_id FROM message_marks WHERE message_id {AMONG[kind]} AND kind = 'star'"
    )
    for kind in _KINDS
}


def _since(column: str, only: str, rooms: str) -> Statement:
    return Statement(
        f"SELECT doc, {column}, id FROM messages WHERE room_id {rooms} AND {only}"
        f" AND ({column} > :after OR ({column} = :after AND id > :last_id))"
        f" ORDER BY {column}, id LIMIT :count"
    )


# Two indexes, one of the times of all messages and one of those that changed since, are read one by one.
def _both(rooms: str) -> tuple[Statement, Statement]:
    return (
        _since("created_at", "updated_at = created_at", rooms),
        _since("updated_at", "updated_at != created_at", rooms),
    )


_SINCE: Final = {kind: _both(AMONG[kind]) for kind in _KINDS}
_SINCE_ANYWHERE: Final = _both("IN (SELECT id FROM rooms)")


async def by_ids(db: Database, message_ids: Collection[str]) -> dict[str, Message]:
    """Those of these messages that there are, by id; without their stars, which are their readers'."""
    rows = await db.fetch(_BY_ID[db.kind], ids=id_list(message_ids))
    return {message.id: message for message in (_decode(row[0]) for row in rows)}


async def stars(db: Database, message_ids: Collection[str]) -> dict[str, set[str]]:
    """Who starred each of these messages; those that nobody did are left out."""
    found: dict[str, set[str]] = {}
    for message_id, user_id in await db.fetch(_STARS[db.kind], ids=id_list(message_ids)):
        found.setdefault(message_id, set()).add(user_id)
    return found


async def changed_since(
    db: Database, room_ids: Collection[str] | None, after: int
) -> AsyncIterator[Sequence[Message]]:
    """Messages that came or changed from ``after`` on (epoch ms): new ones first. ``None``: of all rooms."""
    rooms = {} if room_ids is None else {"ids": id_list(room_ids)}
    for statement in _SINCE_ANYWHERE if room_ids is None else _SINCE[db.kind]:
        at, last_id = after, ""
        while rows := await db.fetch(statement, **rooms, after=at, last_id=last_id, count=PAGE):
            yield [_decode(row[0]) for row in rows]
            at, last_id = rows[-1][1], rows[-1][2]
