"""Rooms, and what changes in them with every message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.avatar import of_room
from hookroom.rules.model import Room, RoomActivity
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Merge, Params, Statement
from hookroom.storage.tables import avatars, removals

AVATAR_TOUCHED: Final = "room-avatar"
GONE_TOUCHED: Final = "room-gone"
"""Kinds of touches, with the room's id: one that has another picture, one that is gone."""

_decode: Final = msgspec.json.Decoder(Room).decode

_INSERT: Final = Statement(
    "INSERT INTO rooms (id, type, name_key, members_key, search, team_id, parent_id, is_default, created_at,"
    " updated_at, doc) VALUES (:id, :type, :name_key, :members_key, :search, :team_id, :parent_id,"
    " :is_default, :created_at, :updated_at, :doc)"
)
_ACTIVITY: Final = Statement(
    "INSERT INTO room_activity (room_id, messages, members, updated_at) VALUES (:room_id, 0, 0, :updated_at)"
)
_UPDATE: Final = Statement(
    "UPDATE rooms SET type = :type, name_key = :name_key, members_key = :members_key, search = :search,"
    " team_id = :team_id, parent_id = :parent_id, is_default = :is_default, updated_at = :updated_at,"
    " doc = :doc WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM rooms WHERE id = :id AND updated_at = :seen")
_DELETE_ACTIVITY: Final = Statement("DELETE FROM room_activity WHERE room_id = :id")
_BY_ID: Final = Statement("SELECT doc FROM rooms WHERE id = :id")
_ID_BY_NAME: Final = Statement("SELECT id FROM rooms WHERE name_key = :name_key")
_ID_BY_MEMBERS: Final = Statement("SELECT id FROM rooms WHERE members_key = :members_key")
_ACTIVITY_OF: Final = Statement(
    "SELECT messages, members, last_message_at, last_message_id FROM room_activity WHERE room_id = :room_id"
)
_MEMBERS: Final = Statement(
    "UPDATE room_activity SET members = members + :members,"
    " updated_at = CASE WHEN :at > updated_at THEN :at ELSE updated_at END WHERE room_id = :room_id"
)
_DEFAULTS: Final = Statement(
    "SELECT doc FROM rooms WHERE is_default = 1 AND type = 'c' ORDER BY created_at, id"
)
_OF_PARENT: Final = Statement("SELECT doc FROM rooms WHERE parent_id = :parent_id ORDER BY created_at, id")
_OF_TEAM: Final = Statement("SELECT doc FROM rooms WHERE team_id = :team_id ORDER BY created_at, id")
_OF_DIRECT: Final = Statement(
    "SELECT r.doc FROM subscriptions s JOIN rooms r ON r.id = s.room_id"
    " WHERE s.user_id = :user_id AND r.type = 'd'"
)


def _add_up(params: Sequence[Params]) -> Sequence[Params]:
    rooms: dict[str, dict[str, Any]] = {}
    for one in params:
        known = rooms.get(one["room_id"])
        if known is None:
            rooms[one["room_id"]] = dict(one)
            continue
        known["messages"] += one["messages"]
        if (one["at"], one["message_id"]) > (known["at"], known["message_id"]):
            known["at"], known["message_id"] = one["at"], one["message_id"]
    return list(rooms.values())


_IS_LAST: Final = (
    "(:at > coalesce(last_message_at, 0) OR (:at = last_message_at AND :message_id > last_message_id))"
)
_BUMP: Final = Merge(
    Statement(
        "UPDATE room_activity SET messages = messages + :messages,"
        " updated_at = CASE WHEN :at > updated_at THEN :at ELSE updated_at END,"
        f" last_message_id = CASE WHEN {_IS_LAST} THEN :message_id ELSE last_message_id END,"
        f" last_message_at = CASE WHEN {_IS_LAST} THEN :at ELSE last_message_at END"
        " WHERE room_id = :room_id"
    ),
    _add_up,
)


def insert(changes: Changes, room: Room) -> None:
    """A new room. Conflict: ``rooms_name_key_key`` or ``rooms_members_key_key``."""
    changes.run(_INSERT, created_at=millis(room.created_at), **_columns(room))
    changes.run(_ACTIVITY, room_id=room.id, updated_at=millis(room.updated_at))
    if room.type == "d":
        # A direct room comes back under the id that it had before it was removed.
        removals.forget(changes, "room", room.id)
    _touch(changes, room)


def update(changes: Changes, old: Room, new: Room) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))
    _touch(changes, old)
    _touch(changes, new)
    if old.avatar_etag != new.avatar_etag:
        changes.touch(AVATAR_TOUCHED, new.id)


def delete(changes: Changes, room: Room, at: int) -> None:
    """Remove a room ``at`` (epoch milliseconds); ``Stale`` when it is no longer what is stored.

    Its messages and subscriptions are removed by their own tables' statements.
    """
    changes.run(_DELETE, expect=1, id=room.id, seen=millis(room.updated_at))
    removals.add(changes, "room", room.id, at)
    changes.run(_DELETE_ACTIVITY, id=room.id)
    avatars.forget(changes, of_room(room.id), room.avatar_etag, at)
    _touch(changes, room)
    changes.touch(GONE_TOUCHED, room.id)


def count_message(changes: Changes, room_id: str, message_id: str, at: int) -> None:
    """One more message, sent ``at`` (epoch milliseconds)."""
    changes.merge(_BUMP, room_id=room_id, messages=1, at=at, message_id=message_id)


def count(changes: Changes, room_id: str, *, messages: int = 0) -> None:
    """Adjust the number of messages without a new last one."""
    changes.merge(_BUMP, room_id=room_id, messages=messages, at=0, message_id="")


def count_members(changes: Changes, room_id: str, members: int, at: int) -> None:
    """So many members more (or fewer), ``at`` (epoch milliseconds); ``Stale`` when the room is gone."""
    changes.run(_MEMBERS, expect=1, room_id=room_id, members=members, at=at)


async def by_id(db: Database, room_id: str) -> Room | None:
    """The room with that id."""
    row = await fetch_one(db, _BY_ID, id=room_id)
    return _decode(row[0]) if row else None


async def id_by_name(db: Database, name_key: str) -> str | None:
    """Id of the channel or group of that name (see ``key``)."""
    row = await fetch_one(db, _ID_BY_NAME, name_key=name_key)
    return row[0] if row else None


async def id_by_members(db: Database, members_key: str) -> str | None:
    """Id of the direct room of exactly these members (see ``members_key``)."""
    row = await fetch_one(db, _ID_BY_MEMBERS, members_key=members_key)
    return row[0] if row else None


async def activity(db: Database, room_id: str) -> RoomActivity:
    """A room's counters."""
    row = await fetch_one(db, _ACTIVITY_OF, room_id=room_id)
    return _activity(row) if row else RoomActivity()


async def defaults(db: Database) -> Sequence[Room]:
    """The public channels that new users join, oldest first."""
    return [_decode(row[0]) for row in await db.fetch(_DEFAULTS)]


async def direct_of(db: Database, user_id: str) -> Sequence[Room]:
    """All direct rooms of a user."""
    return [_decode(row[0]) for row in await db.fetch(_OF_DIRECT, user_id=user_id)]


async def of_parent(db: Database, parent_id: str) -> Sequence[Room]:
    """The discussions of a room, oldest first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_PARENT, parent_id=parent_id)]


async def of_team(db: Database, team_id: str) -> Sequence[Room]:
    """All rooms of a team, its main one too, oldest first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_TEAM, team_id=team_id)]


def key(name: str) -> str:
    """The form of a room name under which it is unique."""
    return name


def members_key(user_ids: Sequence[str]) -> str:
    """The form of a direct room's members under which it is unique."""
    return ",".join(sorted(user_ids))


def searchable(*names: str) -> str:
    """The form of names in which a part of one is looked for: case does not count."""
    return "\n".join(names).casefold()


def _activity(row: Sequence[Any]) -> RoomActivity:
    return RoomActivity(messages=row[0], members=row[1], last_message_at=row[2], last_message_id=row[3])


def _columns(room: Room) -> dict[str, Any]:
    return {
        "id": room.id,
        "type": room.type,
        "name_key": key(room.name) if room.name is not None and room.type != "d" else None,
        "members_key": members_key(room.user_ids) if room.user_ids is not None else None,
        "search": searchable(room.display_name or "", room.name or "", *(room.usernames or ())),
        "team_id": room.team_id,
        "parent_id": room.parent_id,
        "is_default": int(bool(room.default)),
        "updated_at": millis(room.updated_at),
        "doc": msgspec.json.encode(room).decode(),
    }


def _touch(changes: Changes, room: Room) -> None:
    changes.touch("room", room.id)
    if room.name is not None and room.type != "d":
        changes.touch("room-name", key(room.name))
    if room.user_ids is not None:
        changes.touch("room-members", members_key(room.user_ids))
