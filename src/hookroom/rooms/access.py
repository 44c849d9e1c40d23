"""Who may see a room and who may write in it (contract, section 3, "who posts")."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Failure
from hookroom.rules.model import Room, Subscription, User
from hookroom.workspace.workspace import Workspace

_ANONYMOUS: Final = ("anonymous",)
"""The roles of who is not logged in."""


def may_read(ws: Workspace, user: User, room: Room, member: Subscription | None) -> bool:
    """Whether ``user`` sees the room and its messages without a team that opens it to them.

    Public channels (not those of a team) are seen by whoever holds ``view-c-room``; all others by their
    members, who need ``view-joined-room`` or the permission of the room's type (guests hold the former).
    """
    if room.type == "c" and room.team_id is None and ws.authority.allows("view-c-room", user):
        return True
    if member is None:
        return False
    return ws.authority.allows_any(("view-joined-room", f"view-{room.type}-room"), user, member)


def may_read_anonymously(ws: Workspace, room: Room) -> bool:
    """Whether people without a login read the room: a public channel (not of a team), where the server lets them.

    Setting ``Accounts_AllowAnonymousRead``; the role ``anonymous`` needs ``view-c-room``. They never write.
    """
    return (
        room.type == "c"
        and room.team_id is None
        and ws.settings["Accounts_AllowAnonymousRead"] is True
        and ws.authority.table.allows("view-c-room", _ANONYMOUS)
    )


async def may_see(ws: Workspace, user: User | None, room: Room) -> bool:
    """``may_read`` for whatever membership ``user`` has; also through its team, or the room it discusses.

    Nobody (``None``) reads anonymously.
    """
    if user is None:
        return may_read_anonymously(ws, room)
    if may_read(ws, user, room, await ws.directory.subscription(room.id, user.id)):
        return True
    if await _is_opened_by_team(ws, user, room):
        return True
    parent = await ws.directory.room(room.parent_id) if room.parent_id else None
    return parent is not None and await may_see(ws, user, parent)


async def check_may_post(ws: Workspace, user: User, room: Room, member: Subscription | None) -> None:
    """Raises ``Failure`` unless ``user`` may write in the room; the texts are the contract's.

    Apps write wherever they are pointed to. An archived room takes no messages, which the original leaves to
    its clients to see to.
    """
    if user.type != "app" and not may_read(ws, user, room, member) and not await may_see(ws, user, room):
        raise Failure("error-not-allowed")
    if room.archived:
        raise Failure("room_is_archived")
    if (
        room.type == "d"
        and len(room.user_ids or ()) <= 2
        and member is not None
        and (member.blocked or member.blocker)
    ):
        raise Failure("room_is_blocked")
    if (
        room.read_only
        and not ws.authority.allows("post-readonly", user, member)
        and user.username not in (room.unmuted or ())
    ):
        raise Failure("You can't send messages because the room is readonly.")
    if user.username in (room.muted or ()):
        raise Failure("You_have_been_muted")


async def _is_opened_by_team(ws: Workspace, user: User, room: Room) -> bool:
    """Public channels of a public team are everybody's as others are, those of a private one its members'."""
    if room.type != "c" or room.team_id is None:
        return False
    team = await ws.directory.team(room.team_id)
    if team is None:
        return False
    if team.is_private:
        return await ws.directory.subscription(team.room_id, user.id) is not None
    return ws.authority.allows("view-c-room", user)
