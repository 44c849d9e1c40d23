"""Searching the index of messages (``message_search``), the newest or the oldest hits first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Row, Statement
from hookroom.storage.tables.message_pages import wire
from hookroom.storage.tables.message_search import NUMBER_BITS
from hookroom.storage.tables.search_text import Terms, match

WINDOW: Final = 2000
"""Messages of a room that PostgreSQL looks through before it asks its index. What so many have not often enough
is rare, and soon put in order; what is common would be found by the index more often than is needed."""

Hit = tuple[int, msgspec.Raw]
"""Where a message stands in time among all others, and its wire form."""


class Search(Struct, frozen=True, kw_only=True):
    """A search as the index takes it, for ``viewer`` (a user's id). Times are epoch milliseconds."""

    terms: Terms
    viewer: str
    room_id: str | None = None
    """The room of all hits, where it is one; the terms say so too."""
    since: int
    until: int
    """``since`` <= time < ``until``."""
    starred: bool = False
    """By the viewer."""
    newest_first: bool = True


async def find(db: Database, search: Search, count: int) -> Sequence[Hit]:
    """The first ``count`` hits in their order."""
    low, high = search.since << NUMBER_BITS, search.until << NUMBER_BITS
    if db.kind == "sqlite" or search.room_id is None:
        rows = await _between(db, search, low, high, count)
    else:
        rows = await _near_and_far(db, search, low, high, count)
    return [(int(row[2]), wire(row, search.viewer)) for row in rows]


async def _near_and_far(db: Database, search: Search, low: int, high: int, count: int) -> Sequence[Row]:
    edge = await _edge(db, search, low, high)
    if edge is None:
        return await _between(db, search, low, high, count, walking=True)
    near, far = ((edge, high), (low, edge)) if search.newest_first else ((low, edge), (edge, high))
    found = await _between(db, search, *near, count, walking=True)
    if len(found) >= count:
        return found
    return [*found, *await _between(db, search, *far, count - len(found))]


async def _between(
    db: Database, search: Search, low: int, high: int, count: int, *, walking: bool = False
) -> Sequence[Row]:
    params: dict[str, Any] = {
        "terms": match(db.kind, search.terms),
        "viewer": search.viewer,
        "low": low,
        "high": high,
        "count": count,
    }
    if search.room_id is not None:
        params["room_id"] = search.room_id
    in_room = search.room_id is not None
    statement = _found(db.kind, in_room, search.starred, search.newest_first, walking)
    return await db.fetch(statement, **params)


async def _edge(db: Database, search: Search, low: int, high: int) -> int | None:
    """The number that the nearest ``WINDOW`` messages of the room end at; ``None`` where there are fewer."""
    row = await fetch_one(
        db, _nth(search.newest_first), room_id=search.room_id, low=low, high=high, skipped=WINDOW - 1
    )
    if row is None:
        return None
    return int(row[0]) if search.newest_first else int(row[0]) + 1


@cache
def _nth(newest_first: bool) -> Statement:
    way = "DESC" if newest_first else "ASC"
    return Statement(
        "SELECT number FROM message_search WHERE room_id = :room_id AND number >= :low AND number < :high"
        f" ORDER BY number {way} LIMIT 1 OFFSET :skipped"
    )


@cache
def _found(kind: Kind, in_room: bool, starred: bool, newest_first: bool, walking: bool) -> Statement:
    way = "DESC" if newest_first else "ASC"
    if kind == "sqlite":
        # CROSS JOIN: the full-text index comes first, in its order, and is left when there is enough.
        source = (
            "message_words w CROSS JOIN message_search s ON s.number = w.rowid"
            " CROSS JOIN messages m ON m.id = s.message_id"
            " WHERE message_words MATCH :terms AND w.rowid >= :low AND w.rowid < :high"
        )
        # With the sign it stays a condition: else each starred message would be a search of its own.
        number, order = "+w.rowid", "w.rowid"
    else:
        source = (
            "message_search s JOIN messages m ON m.id = s.message_id"
            f" WHERE {'s.room_id = :room_id AND ' if walking else ''}s.number >= :low AND s.number < :high"
            " AND s.words @@ CAST(:terms AS tsquery)"
        )
        # With the sum its order is none of an index, and the planner takes the one of the words.
        number, order = "s.number", "s.number" if walking or not in_room else "(s.number + 0)"
    conditions = "m.room_id = s.room_id AND m.type IS NULL"
    if starred:
        room = (
            "= :room_id"
            if in_room
            else "IN (SELECT b.room_id FROM subscriptions b WHERE b.user_id = :viewer)"
        )
        conditions += (
            f" AND {number} IN (SELECT t.number FROM message_marks k"
            " JOIN message_search t ON t.message_id = k.message_id"
            f" WHERE k.room_id {room} AND k.kind = 'star' AND k.user_id = :viewer)"
        )
    star = "LEFT JOIN message_marks x ON x.message_id = f.id AND x.kind = 'star' AND x.user_id = :viewer"
    return Statement(
        "SELECT f.doc, x.user_id, f.number FROM"
        f" (SELECT m.id AS id, m.doc AS doc, s.number AS number FROM {source} AND {conditions}"
        f" ORDER BY {order} {way} LIMIT :count) f {star} ORDER BY f.number {way}"
    )
