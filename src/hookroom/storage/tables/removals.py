"""What is gone: rooms, messages, users' memberships and roles, for clients that ask what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from hookroom.rules.times import iso
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement

Kind = Literal["room", "message", "thread", "reply", "subscription", "role", "emoji"]
"""``thread`` (of a room) and ``reply`` (of a thread) are messages that are no longer such."""

_ADD: Final = Statement(
    "INSERT INTO removals (kind, id, scope, removed_at) VALUES (:kind, :id, :scope, :removed_at)"
    " ON CONFLICT (kind, id) DO UPDATE SET removed_at = excluded.removed_at"
)
_ADD_OF_ROOM: Final = Statement(
    "INSERT INTO removals (kind, id, scope, removed_at)"
    " SELECT 'subscription', id, user_id, CAST(:removed_at AS BIGINT) FROM subscriptions"
    " WHERE room_id = :room_id"
)
_FORGET: Final = Statement("DELETE FROM removals WHERE kind = :kind AND id = :id")
_SINCE: Final = Statement(
    "SELECT id, removed_at FROM removals WHERE kind = :kind AND scope = :scope AND removed_at > :after"
    " ORDER BY removed_at, id"
)
_BETWEEN: Final = (
    "FROM removals WHERE kind = :kind AND scope = :scope AND removed_at > :after AND removed_at < :before"
)
_PAGE: Final = Statement(
    f"SELECT id, removed_at {_BETWEEN} ORDER BY removed_at, id LIMIT :count OFFSET :offset"
)
_PAGE_BACK: Final = Statement(
    f"SELECT id, removed_at {_BETWEEN} ORDER BY removed_at DESC, id DESC LIMIT :count OFFSET :offset"
)
_COUNT: Final = Statement(f"SELECT count(*) {_BETWEEN}")

FOR_EVER: Final = 2**53


def add(changes: Changes, kind: Kind, removed_id: str, at: int, *, scope: str = "") -> None:
    """Something was removed ``at`` (epoch milliseconds); ``scope`` is its user or room, if any."""
    changes.run(_ADD, kind=kind, id=removed_id, scope=scope, removed_at=at)


def add_memberships(changes: Changes, room_id: str, at: int) -> None:
    """All memberships of a room are about to be removed."""
    changes.run(_ADD_OF_ROOM, room_id=room_id, removed_at=at)


def forget(changes: Changes, kind: Kind, restored_id: str) -> None:
    """What was removed is back."""
    changes.run(_FORGET, kind=kind, id=restored_id)


async def since(db: Database, kind: Kind, after: int, *, scope: str = "") -> Sequence[dict[str, Any]]:
    """What was removed later than ``after``, as clients read it: ``_id`` and ``_deletedAt``."""
    rows = await db.fetch(_SINCE, kind=kind, scope=scope, after=after)
    return [{"_id": row[0], "_deletedAt": iso(row[1])} for row in rows]


async def page(
    db: Database,
    kind: Kind,
    scope: str,
    *,
    count: int,
    offset: int = 0,
    after: int = -1,
    before: int = FOR_EVER,
    newest_first: bool = False,
) -> Sequence[tuple[str, int]]:
    """A part of ``since``: ids and times; ``after`` and ``before`` are exclusive."""
    statement = _PAGE_BACK if newest_first else _PAGE
    rows = await db.fetch(
        statement, kind=kind, scope=scope, count=count, offset=offset, after=after, before=before
    )
    return [(row[0], row[1]) for row in rows]


async def total(db: Database, kind: Kind, scope: str, *, after: int = -1, before: int = FOR_EVER) -> int:
    """How many ``page`` ranges over."""
    rows = await db.fetch(_COUNT, kind=kind, scope=scope, after=after, before=before)
    return int(rows[0][0])
