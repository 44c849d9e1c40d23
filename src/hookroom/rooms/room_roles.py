"""Owners, moderators and leaders: roles that are held in one room (the subscription has them)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.membership import check_not_last_owner, current
from hookroom.rules.model import Room, Subscription, User
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions
from hookroom.workspace.workspace import Workspace, retrying

RoomRole = Literal["owner", "moderator", "leader"]

_ARTICLE: Final = {"owner": "an", "moderator": "a", "leader": "a"}


@retrying
async def grant(ws: Workspace, actor: User, user: User, room: Room, role: RoomRole) -> None:
    """Give a member a role in the room; needs ``set-owner``, ``set-moderator`` or ``set-leader`` there.

    Raises ``Refused``: ``error-invalid-room``, ``error-not-allowed``, ``error-user-not-in-room``,
    ``error-user-already-owner`` (``-moderator``, ``-leader``).
    """
    method = f"addRoom{role.capitalize()}"
    room, member = await _look_up(ws, actor, user, room, role, method)
    if role in member.roles:
        raise Refused(f"error-user-already-{role}", f"User is already {_ARTICLE[role]} {role}", method=method)
    changes = Changes()
    stamp = ws.stamp(member.updated_at)
    new = structs.replace(member, roles=(*member.roles, role), updated_at=stamp)
    subscriptions.update(changes, member, new)
    system_messages.add(ws, changes, room, actor, "subscription-role-added", user.username, role=role)
    await ws.db.commit(changes)


@retrying
async def revoke(ws: Workspace, actor: User, user: User, room: Room, role: RoomRole) -> None:
    """Take a role from a member; the last owner stays one.

    Raises ``Refused`` as ``grant``, and ``error-user-not-owner`` (``-moderator``, ``-leader``),
    ``error-remove-last-owner``.
    """
    method = f"removeRoom{role.capitalize()}"
    room, member = await _look_up(ws, actor, user, room, role, method)
    if role not in member.roles:
        raise Refused(f"error-user-not-{role}", f"User is not {_ARTICLE[role]} {role}", method=method)
    changes = Changes()
    if role == OWNER:
        await check_not_last_owner(
            ws,
            room,
            member,
            Refused(
                "error-remove-last-owner",
                "This is the last owner. Please set a new owner before removing this one.",
                method=method,
            ),
        )
        rooms.update(changes, room, structs.replace(room, updated_at=ws.stamp(room.updated_at)))
    roles = tuple(one for one in member.roles if one != role)
    stamp = ws.stamp(member.updated_at)
    subscriptions.update(changes, member, structs.replace(member, roles=roles, updated_at=stamp))
    system_messages.add(ws, changes, room, actor, "subscription-role-removed", user.username, role=role)
    await ws.db.commit(changes)


async def _look_up(
    ws: Workspace, actor: User, user: User, room: Room, role: RoomRole, method: str
) -> tuple[Room, Subscription]:
    room = await current(ws, room, method)
    own = await ws.directory.subscription(room.id, actor.id)
    if not ws.authority.allows(f"set-{role}", actor, own):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    member = await ws.directory.subscription(room.id, user.id)
    if member is None:
        raise Refused("error-user-not-in-room", "User is not in this room", method=method)
    return room, member
