"""What becomes of the rooms of a user who goes.

A room that they alone own gets its next member as owner; a private room without another member is removed.
Public channels without another member stay, as in the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.rooms.room_life import remove
from hookroom.rules.model import Room, Subscription, User, without_team
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions, team_members, teams
from hookroom.workspace.workspace import Workspace


class Estate(Struct, frozen=True, kw_only=True):
    """The rooms that only one user owns, and what is to become of each."""

    memberships: Sequence[Subscription]
    """All of the user's."""
    heirs: Sequence[tuple[Room, Subscription]]
    """Rooms with the member who is to own them."""
    orphaned: Sequence[Room]
    """Rooms that nobody is left in."""
    freed: Sequence[Room]
    """Rooms that are of a team whose main room is orphaned, and go on without it."""


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
    gone = {room.id for room in orphaned}
    freed = [
        one
        for room in orphaned
        if room.team_main and room.team_id is not None
        for one in await rooms.of_team(ws.db, room.team_id)
        if one.id not in gone
    ]
    return Estate(memberships=memberships, heirs=heirs, orphaned=orphaned, freed=freed)


def check_confirmed(left: Estate, *, confirmed: bool) -> None:
    """Refuse (``user-last-owner``) to change or remove rooms that the caller did not confirm."""
    if (left.heirs or left.orphaned) and not confirmed:
        details: dict[str, Any] = {
            "shouldChangeOwner": [_name(room) for room, _ in left.heirs],
            "shouldBeRemoved": [_name(room) for room in left.orphaned],
        }
        raise Refused("user-last-owner", details=details)


async def hand_over(ws: Workspace, changes: Changes, left: Estate) -> None:
    """Add to ``changes`` that each room has its new owner, and that the orphaned ones are removed.

    A team whose main room is removed goes with it.
    """
    freed = {room.id for room in left.freed}
    for room, heir in left.heirs:
        stamp = ws.stamp(heir.updated_at)
        subscriptions.update(
            changes, heir, structs.replace(heir, roles=(*heir.roles, OWNER), updated_at=stamp)
        )
        # So that nobody else who leaves at the same time counts on the owner who goes.
        new = without_team(room) if room.id in freed else room
        rooms.update(changes, room, structs.replace(new, updated_at=ws.stamp(room.updated_at)))
    inherited = {room.id for room, _ in left.heirs}
    for room in left.freed:
        if room.id not in inherited:
            stamp = ws.stamp(room.updated_at)
            rooms.update(changes, room, structs.replace(without_team(room), updated_at=stamp))
    for room in left.orphaned:
        remove(changes, room, ws.now())
        team = await ws.directory.team(room.team_id) if room.team_main and room.team_id is not None else None
        if team is not None:
            team_members.delete_of_team(changes, team.id)
            teams.delete(changes, team)


async def _first_active(ws: Workspace, members: Sequence[Subscription]) -> Subscription | None:
    for member in members:
        user = await ws.directory.user(member.user_id)
        if user is not None and user.active:
            return member
    return None


def _name(room: Room) -> str:
    return room.display_name or room.name or room.id
