"""Who may see a room and who may write in it (contract, section 3, "who posts")."""

from __future__ import annotations

from hookroom.errors import Failure, Refused
from hookroom.rooms.workspace import Workspace
from hookroom.rules.model import Room, Subscription, User


def may_read(ws: Workspace, user: User, room: Room, member: Subscription | None) -> bool:
    """Whether ``user`` sees the room's messages: its members do, and for public channels whoever may."""
    if member is not None:
        return True
    return room.type == "c" and ws.authority.allows("view-c-room", user) and _team_is_open(room)


def _team_is_open(room: Room) -> bool:
    # Rooms of a private team are its members' alone; teams themselves come later.
    return room.team_id is None


def check_may_post(ws: Workspace, user: User, room: Room, member: Subscription | None) -> None:
    """Raises ``Refused`` or ``Failure`` unless ``user`` may write in the room; the texts are the contract's."""
    if not may_read(ws, user, room, member):
        raise Refused("error-not-allowed")
    if room.archived:
        raise Refused("room_is_archived")
    if room.type == "d" and member is not None and (member.blocked or member.blocker):
        raise Refused("room_is_blocked")
    if (
        room.read_only
        and not ws.authority.allows("post-readonly", user, member)
        and user.username not in (room.unmuted or ())
    ):
        raise Failure("You can't send messages because the room is readonly.")
    if user.username in (room.muted or ()):
        raise Failure("You_have_been_muted")
