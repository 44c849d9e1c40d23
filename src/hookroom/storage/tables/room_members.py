"""Listings of a room's members with their memberships, and of a user's memberships with their rooms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from hookroom.rules.model import Room, Subscription, User
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Row, Statement
from hookroom.storage.tables.id_list import AMONG, id_list
from hookroom.storage.tables.users import searchable

_subscription: Final = msgspec.json.Decoder(Subscription).decode
_room: Final = msgspec.json.Decoder(Room).decode
_user: Final = msgspec.json.Decoder(User).decode

EVERYTHING: Final = 2**53


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
    last_message_at: int
    """Of the room's last message that it shows itself; 0 where there is none."""


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
    elif changed_after < 0:
        rows = await db.fetch(_ALL_OF, user_id=user_id)
    else:
        rows = await db.fetch(_CHANGED_OF, user_id=user_id, changed_after=changed_after)
    return [_listed(row) for row in rows]


async def memberships_in(
    db: Database, room_id: str, user_ids: Collection[str]
) -> Sequence[tuple[User, ListedMembership]]:
    """The memberships of a room that are of these users, with the users."""
    rows = await db.fetch(_OF_USERS[db.kind], room_id=room_id, ids=id_list(user_ids))
    return [(_user(row[5]), _listed(row)) for row in rows]


async def places(db: Database, user_ids: Collection[str]) -> Sequence[tuple[str, str, str]]:
    """Each membership of these users: the user, the room, the subscription's id."""
    rows = await db.fetch(_PLACES[db.kind], ids=id_list(user_ids))
    return [(row[0], row[1], row[2]) for row in rows]


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


_COLUMNS: Final = "s.doc, r.doc, s.updated_at, r.updated_at, coalesce(a.last_message_at, 0)"
_FROM: Final = (
    "FROM subscriptions s JOIN rooms r ON r.id = s.room_id JOIN room_activity a ON a.room_id = s.room_id"
)
_MEMBERSHIPS: Final = f"SELECT {_COLUMNS} {_FROM}"
_IN_ROOM: Final = Statement(f"{_MEMBERSHIPS} WHERE s.user_id = :user_id AND s.room_id = :room_id")
_OF_USERS: Final = {
    kind: Statement(
        f"SELECT {_COLUMNS}, u.doc {_FROM} JOIN users u ON u.id = s.user_id"
        f" WHERE s.room_id = :room_id AND s.user_id {among}"
    )
    for kind, among in AMONG.items()
}
_PLACES: Final = {
    kind: Statement(f"SELECT s.user_id, s.room_id, s.id FROM subscriptions s WHERE s.user_id {among}")
    for kind, among in AMONG.items()
}
_ALL_OF: Final = Statement(f"{_MEMBERSHIPS} WHERE s.user_id = :user_id ORDER BY s.created_at, s.id")
_CHANGED_OF: Final = Statement(
    f"{_MEMBERSHIPS} WHERE s.user_id = :user_id AND (s.updated_at > :changed_after"
    " OR r.updated_at > :changed_after OR a.last_message_at > :changed_after"
    # An answer that only its thread shows is news for those who follow it.
    " OR EXISTS (SELECT 1 FROM message_marks k JOIN message_marks f ON f.message_id = k.message_id"
    " AND f.kind = 'follow' AND f.user_id = s.user_id WHERE k.room_id = s.room_id AND k.kind = 'thread'"
    " AND k.user_id = '' AND k.created_at > :changed_after)) ORDER BY s.created_at, s.id"
)


def _listed(row: Row) -> ListedMembership:
    return ListedMembership(
        subscription=_subscription(row[0]),
        room=_room(row[1]),
        changed_at=max(row[2:5]),
        last_message_at=row[4],
    )
