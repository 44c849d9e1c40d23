"""Links that let people into a room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.model import Invite
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_decode: Final = msgspec.json.Decoder(Invite).decode

_INSERT: Final = Statement(
    "INSERT INTO invites (id, room_id, user_id, expires_at, created_at, updated_at, doc)"
    " VALUES (:id, :room_id, :user_id, :expires_at, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE invites SET updated_at = :updated_at, doc = :doc WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM invites WHERE id = :id")
_DELETE_OF_ROOM: Final = Statement("DELETE FROM invites WHERE room_id = :room_id")
_DELETE_OF_USER: Final = Statement("DELETE FROM invites WHERE user_id = :user_id")
_BY_ID: Final = Statement("SELECT doc FROM invites WHERE id = :id")
_ALL: Final = Statement("SELECT doc FROM invites ORDER BY created_at, id")
_OF_ROOM_AND_USER: Final = Statement(
    "SELECT doc FROM invites WHERE room_id = :room_id AND user_id = :user_id"
    " AND (expires_at IS NULL OR expires_at > :now) ORDER BY created_at, id"
)


def insert(changes: Changes, invite: Invite) -> None:
    """A new link."""
    changes.run(
        _INSERT,
        id=invite.id,
        room_id=invite.room_id,
        user_id=invite.user_id,
        expires_at=None if invite.expires is None else millis(invite.expires),
        created_at=millis(invite.created_at),
        **_columns(invite),
    )


def update(changes: Changes, old: Invite, new: Invite) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, id=old.id, seen=millis(old.updated_at), **_columns(new))


def delete(changes: Changes, invite_id: str) -> None:
    """Remove a link; ``Stale`` when there is none."""
    changes.run(_DELETE, expect=1, id=invite_id)


def delete_of_room(changes: Changes, room_id: str) -> None:
    """Remove all links into a room, which is being deleted."""
    changes.run(_DELETE_OF_ROOM, room_id=room_id)


def delete_of_user(changes: Changes, user_id: str) -> None:
    """Remove all links that a user made, who is being deleted."""
    changes.run(_DELETE_OF_USER, user_id=user_id)


async def by_id(db: Database, invite_id: str) -> Invite | None:
    """The link with that id, expired or not."""
    row = await fetch_one(db, _BY_ID, id=invite_id)
    return _decode(row[0]) if row else None


async def everything(db: Database) -> Sequence[Invite]:
    """All links of the server, the oldest first."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


async def standing(db: Database, room_id: str, user_id: str, now: int) -> Sequence[Invite]:
    """A user's links into a room that have not expired at ``now`` (epoch milliseconds), oldest first."""
    rows = await db.fetch(_OF_ROOM_AND_USER, room_id=room_id, user_id=user_id, now=now)
    return [_decode(row[0]) for row in rows]


def _columns(invite: Invite) -> dict[str, Any]:
    return {"updated_at": millis(invite.updated_at), "doc": msgspec.json.encode(invite).decode()}
