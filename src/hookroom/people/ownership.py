"""What becomes of the rooms of a user who goes.

A room that they alone own gets its next member as owner; a private room without another member is removed.
Public channels without another member stay, as in the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.rules.model import Room, Subscription, User
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, rooms, subscriptions
from hookroom.workspace.workspace import Workspace


class Estate(Struct, frozen=True, kw_only=True):
    """The rooms that only one user owns, and what is to become of each."""

    memberships: Sequence[Subscription]
    """All of the user's."""
    heirs: Sequence[tuple[Room, Subscription]]
    """Rooms with the member who is to own them."""
    orphaned: Sequence[Room]
    """Rooms that nobody is left in."""


async def estate(ws: Workspace, user: User) -> Estate:
    """What ``user`` would leave behind."""
    memberships = await subscriptions.of_user(ws.db, user.id)
    heirs, orphaned = [], []
    for membership in memberships:
        room = await ws.directory.room(membership.room_id)
        if room is None or room.type == "d" or OWNER not in membership.roles:
            continue
        others = [one for one in await subscriptions.of_room(ws.db, room.id) if one.user_id != user.id]
        if any(OWNER in one.roles for one in others):
            continue
        heir = await _first_active(ws, others)
        if heir is not None:
            heirs.append((room, heir))
        elif room.type == "p":
            orphaned.append(room)
    return Estate(memberships=memberships, heirs=heirs, orphaned=orphaned)


def check_confirmed(left: Estate, *, confirmed: bool) -> None:
    """Refuse (``user-last-owner``) to change or remove rooms that the caller did not confirm."""
    if (left.heirs or left.orphaned) and not confirmed:
        details: dict[str, Any] = {
            "shouldChangeOwner": [_name(room) for room, _ in left.heirs],
            "shouldBeRemoved": [_name(room) for room in left.orphaned],
        }
        raise Refused("user-last-owner", details=details)


def hand_over(ws: Workspace, changes: Changes, left: Estate) -> None:
    """Add to ``changes`` that each room has its new owner, and that the orphaned ones are removed."""
    now = ws.now()
    for room, heir in left.heirs:
        stamp = ws.stamp(heir.updated_at)
        subscriptions.update(
            changes, heir, structs.replace(heir, roles=(*heir.roles, OWNER), updated_at=stamp)
        )
        # So that nobody else who leaves at the same time counts on the owner who goes.
        rooms.update(changes, room, structs.replace(room, updated_at=ws.stamp(room.updated_at)))
    for room in left.orphaned:
        erase(changes, room, now)


def erase(changes: Changes, room: Room, now: int) -> None:
    """Remove a room with its messages and memberships."""
    rooms.delete(changes, room, now)
    subscriptions.delete_of_room(changes, room.id, now)
    messages.delete_of_room(changes, room.id)


async def _first_active(ws: Workspace, members: Sequence[Subscription]) -> Subscription | None:
    for member in members:
        user = await ws.directory.user(member.user_id)
        if user is not None and user.active:
            return member
    return None


def _name(room: Room) -> str:
    return room.display_name or room.name or room.id
