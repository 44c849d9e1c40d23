"""What there is on a server, in numbers. For administrators: none of it is asked for on a hot path."""

from __future__ import annotations

from typing import Final, NamedTuple

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Statement

_USERS: Final = Statement("SELECT type, active, count(*) FROM users GROUP BY type, active")
_PRESENCES: Final = Statement("SELECT status, count(DISTINCT user_id) FROM presences GROUP BY status")
_ROOMS: Final = Statement(
    "SELECT r.type, CASE WHEN r.parent_id IS NULL THEN 0 ELSE 1 END, count(*), coalesce(sum(a.messages), 0),"
    " max(a.last_message_at) FROM rooms r JOIN room_activity a ON a.room_id = r.id"
    " GROUP BY r.type, CASE WHEN r.parent_id IS NULL THEN 0 ELSE 1 END"
)
_UPLOADS: Final = Statement(
    "SELECT count(*), coalesce(sum(size), 0) FROM uploads WHERE message_id IS NOT NULL AND expires_at IS NULL"
)
_ONE_NUMBER: Final = Statement(
    "SELECT (SELECT count(*) FROM teams), (SELECT count(*) FROM custom_emojis),"
    " (SELECT max(last_login_at) FROM users), (SELECT min(created_at) FROM users)"
)


class RoomNumbers(NamedTuple):
    """Rooms of one type, discussions or others; ``last_at`` is in epoch milliseconds."""

    type: str
    discussions: bool
    rooms: int
    messages: int
    last_at: int | None


class Numbers(NamedTuple):
    """Times are in epoch milliseconds, ``upload_bytes`` in bytes."""

    users: dict[tuple[str, bool], int]
    """By type, and whether they are active."""
    presences: dict[str, int]
    """Users with a connection, by what they are."""
    rooms: tuple[RoomNumbers, ...]
    uploads: int
    upload_bytes: int
    teams: int
    emojis: int
    last_login_at: int | None
    first_user_at: int | None


async def numbers(db: Database) -> Numbers:
    """As they are now; each query by itself."""
    users = {(row[0], bool(row[1])): int(row[2]) for row in await db.fetch(_USERS)}
    presences = {row[0]: int(row[1]) for row in await db.fetch(_PRESENCES)}
    rooms = tuple(
        RoomNumbers(row[0], bool(row[1]), int(row[2]), int(row[3]), row[4]) for row in await db.fetch(_ROOMS)
    )
    uploads = await fetch_one(db, _UPLOADS) or (0, 0)
    others = await fetch_one(db, _ONE_NUMBER) or (0, 0, None, None)
    return Numbers(
        users,
        presences,
        rooms,
        int(uploads[0]),
        int(uploads[1]),
        int(others[0]),
        int(others[1]),
        others[2],
        others[3],
    )
