"""Blocking: one of two people in a direct room keeps both from writing in it."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import subscriptions
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def block(ws: Workspace, user: User, room: Room, blocked: bool) -> None:
    """``user`` blocks the other member of a direct room of two, or lets them in again.

    Each side's own block holds until they lift it themselves. Raises ``Refused``: ``error-invalid-room``.
    """
    others = [one for one in room.user_ids or () if one != user.id]
    own = await ws.directory.subscription(room.id, user.id)
    if room.type != "d" or len(others) != 1 or own is None:
        raise Refused("error-invalid-room", "Invalid room", method="blockUser" if blocked else "unblockUser")
    changes = Changes()
    mark = blocked or None
    for member, fields in (
        (own, {"blocker": mark}),
        (await ws.directory.subscription(room.id, others[0]), {"blocked": mark}),
    ):
        if member is not None:
            stamped: dict[str, Any] = {**fields, "updated_at": ws.stamp(member.updated_at)}
            subscriptions.update(changes, member, structs.replace(member, **stamped))
    await ws.db.commit(changes)
