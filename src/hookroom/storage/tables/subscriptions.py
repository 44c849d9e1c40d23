"""Subscriptions: who is in which room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.model import Subscription
from hookroom.rules.room_roles import NO_ROLE, rank
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import removals, rooms
from hookroom.storage.tables.users import ROLE_TOUCHED

JOINED: Final = "joined"
LEFT: Final = "left"
"""Kinds of touches: ``<room>/<user>`` is a member now; ``<room>/<user>/<subscription>`` is none any longer."""

_decode: Final = msgspec.json.Decoder(Subscription).decode

_INSERT: Final = Statement(
    "INSERT INTO subscriptions"
    " (id, room_id, user_id, open, role_rank, last_seen, created_at, updated_at, doc)"
    " VALUES (:id, :room_id, :user_id, :open, :role_rank, :last_seen, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE subscriptions SET open = :open, role_rank = :role_rank, last_seen = :last_seen,"
    " updated_at = :updated_at, doc = :doc WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM subscriptions WHERE id = :id")
_DELETE_OF_ROOM: Final = Statement("DELETE FROM subscriptions WHERE room_id = :room_id")
_ONE: Final = Statement("SELECT doc FROM subscriptions WHERE room_id = :room_id AND user_id = :user_id")
_OF_ROOM: Final = Statement("SELECT doc FROM subscriptions WHERE room_id = :room_id ORDER BY created_at, id")
_OF_USER: Final = Statement("SELECT doc FROM subscriptions WHERE user_id = :user_id ORDER BY created_at, id")
_WITH_ROLES: Final = Statement(
    f"SELECT doc FROM subscriptions WHERE room_id = :room_id AND role_rank < {NO_ROLE}"
    " ORDER BY role_rank, created_at, id"
)


def insert(changes: Changes, subscription: Subscription) -> None:
    """A new member; counts them.

    Conflict on ``subscriptions_room_id_user_id_key``: they are one already. ``Stale``: the room is gone.
    """
    at = millis(subscription.created_at)
    changes.run(_INSERT, created_at=at, **_columns(subscription))
    rooms.count_members(changes, subscription.room_id, 1, at)
    _touch(changes, subscription)
    changes.touch(JOINED, member_key(subscription.room_id, subscription.user_id))


def update(changes: Changes, old: Subscription, new: Subscription) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    columns = _columns(new)
    del columns["room_id"], columns["user_id"]
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **columns)
    _touch(changes, new)
    for role in sorted({*old.roles} ^ {*new.roles}):
        way = "added" if role in new.roles else "removed"
        changes.touch(ROLE_TOUCHED, f"{way}/{role}/{new.user_id}/{new.room_id}")


def delete(changes: Changes, subscription: Subscription, at: int) -> None:
    """Somebody leaves ``at`` (epoch milliseconds); ``Stale`` when they had left already."""
    changes.run(_DELETE, expect=1, id=subscription.id)
    removals.add(changes, "subscription", subscription.id, at, scope=subscription.user_id)
    rooms.count_members(changes, subscription.room_id, -1, at)
    _touch(changes, subscription)
    changes.touch(LEFT, f"{member_key(subscription.room_id, subscription.user_id)}/{subscription.id}")


def delete_of_room(changes: Changes, room_id: str, at: int) -> None:
    """Remove all of a room, which is being deleted; every node forgets all it holds of members."""
    removals.add_memberships(changes, room_id, at)
    changes.run(_DELETE_OF_ROOM, room_id=room_id)
    changes.touch("*", "")


async def one(db: Database, room_id: str, user_id: str) -> Subscription | None:
    """A user's subscription to a room."""
    row = await fetch_one(db, _ONE, room_id=room_id, user_id=user_id)
    return _decode(row[0]) if row else None


async def of_room(db: Database, room_id: str) -> Sequence[Subscription]:
    """All of a room, oldest member first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_ROOM, room_id=room_id)]


async def of_user(db: Database, user_id: str) -> Sequence[Subscription]:
    """All of a user, oldest first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_USER, user_id=user_id)]


async def with_roles(db: Database, room_id: str) -> Sequence[Subscription]:
    """Those of a room whose users hold roles there, the highest first."""
    return [_decode(row[0]) for row in await db.fetch(_WITH_ROLES, room_id=room_id)]


def member_key(room_id: str, user_id: str) -> str:
    """The key under which caches hold a subscription."""
    return f"{room_id}/{user_id}"


def _columns(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "room_id": subscription.room_id,
        "user_id": subscription.user_id,
        "open": int(subscription.open),
        "role_rank": rank(subscription.roles),
        # Who never looked has seen what was there when they came.
        "last_seen": millis(subscription.last_seen or subscription.created_at),
        "updated_at": millis(subscription.updated_at),
        "doc": msgspec.json.encode(subscription).decode(),
    }


def _touch(changes: Changes, subscription: Subscription) -> None:
    changes.touch("member", member_key(subscription.room_id, subscription.user_id))
