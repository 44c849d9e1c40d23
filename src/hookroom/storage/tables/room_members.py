"""Listings of a room's members with their memberships, and of a user's memberships with their rooms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hookroom.rules.model import Room, Subscription, User
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Row, Statement
from hookroom.storage.tables.users import searchable

_subscription: Final = msgspec.json.Decoder(Subscription).decode
_room: Final = msgspec.json.Decoder(Room).decode
_user: Final = msgspec.json.Decoder(User).decode

EVERYTHING: Final = 2**53
MAX_COUNTED: Final = 1000
"""The number of unread messages that ends the counting."""


class MemberFilter(Struct, frozen=True, kw_only=True):
    """Which active members of a room: all conditions hold."""

    room_id: str
    term: str = ""
    """Part of the user name or name."""


class MemberOrder(NamedTuple):
    """By role first if ``by_role`` (1: owners first, -1: last), then by user name."""

    by_name: Literal[1, -1] = 1
    by_role: Literal[1, -1] | None = None


class ListedMembership(NamedTuple):
    """A membership with what follows from its room. Times are epoch milliseconds."""

    subscription: Subscription
    room: Room
    changed_at: int
    """When the membership, the room or its last message changed last."""
    alert: bool
    """Whether the room's last message is by somebody else and later than the member's last look."""
    unread: int
    """Of a direct room: how many messages of others are later than that, at most ``MAX_COUNTED``."""


async def members(
    db: Database,
    which: MemberFilter,
    order: MemberOrder = MemberOrder(),  # noqa: B008 - immutable
    *,
    count: int = EVERYTHING,
    offset: int = 0,
) -> Sequence[tuple[User, Subscription]]:
    """A page of members."""
    statement = _listing(bool(which.term.strip()), order)
    rows = await db.fetch(statement, **_params(which), count=count, offset=offset)
    return [(_user(row[0]), _subscription(row[1])) for row in rows]


async def total(db: Database, which: MemberFilter) -> int:
    """How many ``members`` ranges over."""
    row = await fetch_one(db, _counting(bool(which.term.strip())), **_params(which))
    return int(row[0]) if row else 0


async def memberships(
    db: Database, user_id: str, *, room_id: str | None = None, changed_after: int = -1
) -> Sequence[ListedMembership]:
    """A user's memberships, in one room or in all, that changed later than that; oldest first."""
    if room_id is not None:
        rows = await db.fetch(_IN_ROOM, user_id=user_id, room_id=room_id)
    else:
        rows = await db.fetch(_CHANGED_OF, user_id=user_id, changed_after=changed_after)
    return [_listed(row) for row in rows]


def _params(which: MemberFilter) -> dict[str, Any]:
    params: dict[str, Any] = {"room_id": which.room_id}
    if which.term.strip():
        term = searchable(which.term).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params["part"] = f"%{term}%"
    return params


def _from(by_term: bool) -> str:
    term = " AND u.search LIKE :part ESCAPE '\\'" if by_term else ""
    return (
        "FROM subscriptions s JOIN users u ON u.id = s.user_id"
        f" WHERE s.room_id = :room_id AND u.active = 1{term}"
    )


@lru_cache(maxsize=64)
def _listing(by_term: bool, order: MemberOrder) -> Statement:
    by = [f"u.username_key {'ASC' if order.by_name == 1 else 'DESC'}"]
    if order.by_role is not None:
        by.insert(0, f"s.role_rank {'ASC' if order.by_role == 1 else 'DESC'}")
    return Statement(
        f"SELECT u.doc, s.doc {_from(by_term)} ORDER BY {', '.join(by)} LIMIT :count OFFSET :offset"
    )


@lru_cache(maxsize=16)
def _counting(by_term: bool) -> Statement:
    return Statement(f"SELECT count(*) {_from(by_term)}")


_UNREAD: Final = (
    "SELECT count(*) FROM (SELECT 1 FROM messages x WHERE x.room_id = s.room_id"
    " AND x.created_at > s.last_seen AND x.user_id != s.user_id AND x.type IS NULL"
    f" LIMIT {MAX_COUNTED}) counted"
)
_MEMBERSHIPS: Final = (
    "SELECT s.doc, r.doc, s.updated_at, r.updated_at, coalesce(a.last_message_at, 0),"
    " CASE WHEN a.last_message_at > s.last_seen AND m.user_id != s.user_id THEN 1 ELSE 0 END,"
    f" CASE WHEN r.type = 'd' AND a.last_message_at > s.last_seen THEN ({_UNREAD}) ELSE 0 END"
    " FROM subscriptions s JOIN rooms r ON r.id = s.room_id JOIN room_activity a ON a.room_id = s.room_id"
    " LEFT JOIN messages m ON m.id = a.last_message_id WHERE s.user_id = :user_id"
)
_IN_ROOM: Final = Statement(f"{_MEMBERSHIPS} AND s.room_id = :room_id")
_CHANGED_OF: Final = Statement(
    f"{_MEMBERSHIPS} AND (s.updated_at > :changed_after OR r.updated_at > :changed_after"
    " OR a.last_message_at > :changed_after) ORDER BY s.created_at, s.id"
)


def _listed(row: Row) -> ListedMembership:
    return ListedMembership(
        subscription=_subscription(row[0]),
        room=_room(row[1]),
        changed_at=max(row[2:5]),
        alert=bool(row[5]),
        unread=row[6],
    )
