"""A new user name, wherever rooms name the user by it. Messages keep the name they were written under."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from hookroom.rooms import direct_rooms
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions
from hookroom.workspace.workspace import Workspace


async def rename(ws: Workspace, changes: Changes, old: User, new: User) -> None:
    """Add to ``changes`` that the rooms of ``old`` name them by the name of ``new``."""
    direct = await rooms.direct_of(ws.db, old.id)
    direct_rooms.rename_member(ws, changes, direct, old.username, new.username)
    for membership in await subscriptions.of_user(ws.db, old.id):
        room = await ws.directory.room(membership.room_id)
        if room is not None and room.type != "d":
            renamed = _renamed(ws, room, old, new)
            if renamed is not room:
                rooms.update(changes, room, renamed)


def _renamed(ws: Workspace, room: Room, old: User, new: User) -> Room:
    values: dict[str, Any] = {}
    if room.creator is not None and room.creator.id == old.id:
        values["creator"] = new.ref()
    for field, names in (("muted", room.muted), ("unmuted", room.unmuted)):
        if names and old.username in names:
            values[field] = tuple(new.username if name == old.username else name for name in names)
    return structs.replace(room, updated_at=ws.stamp(room.updated_at), **values) if values else room
