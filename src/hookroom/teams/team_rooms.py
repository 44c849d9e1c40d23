"""The rooms of a team beside its main one: being made in it, moved into it, taken out, joined with it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from hookroom.errors import Failure
from hookroom.rooms import membership, room_creation, room_settings, team_messages
from hookroom.rooms.access import may_see
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.model import Room, Team, User, without_team
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, team_members
from hookroom.teams import permission
from hookroom.workspace.workspace import Workspace, retrying

SEE_ALL = "view-all-team-channels"


async def create(ws: Workspace, caller: User, team: Team, draft: RoomDraft) -> Room:
    """Make a room in the team; needs ``create-team-channel`` or ``create-team-group``: ``Forbidden``.

    Raises ``Refused`` as ``room_creation.create``.
    """
    kind = "channel" if draft.type == "c" else "group"
    await permission.check(ws, caller, team, f"create-team-{kind}")
    changes = Changes()
    room = await room_creation.add(ws, changes, caller, structs.replace(draft, team_id=team.id))
    await team_messages.add(ws, changes, room, caller, "user-added-room-to-team")
    await room_creation.write(ws, changes, room)
    return room


@retrying
async def add(ws: Workspace, caller: User, team: Team, room_ids: Sequence[str]) -> list[Room]:
    """Move rooms into the team, all or none; needs ``move-room-to-team``: ``Failure`` with 403.

    Raises ``Failure``: ``team-does-not-exist``, ``invalid-room`` for one that ``caller`` does not see,
    ``room-already-on-team``, ``error-no-owner-channel`` for one that they do not own.
    """
    team, _main = await permission.current(ws, team)
    if not await permission.allowed(ws, caller, team, "move-room-to-team"):
        raise Failure("error-no-permission-team-channel", status=403)
    found = [await ws.directory.room(room_id) for room_id in dict.fromkeys(room_ids)]
    moved = []
    for room in found:
        if room is None or room.type == "d" or not await may_see(ws, caller, room):
            raise Failure("invalid-room")
        moved.append(room)
    changes, placed = Changes(), []
    for room in moved:
        member = await ws.directory.subscription(room.id, caller.id)
        if room.team_id is not None:
            raise Failure("room-already-on-team")
        if member is None or OWNER not in member.roles:
            raise Failure("error-no-owner-channel")
        new = structs.replace(room, team_id=team.id, updated_at=ws.stamp(room.updated_at))
        rooms.update(changes, room, new)
        await room_settings.hide_discussions(ws, changes, new)
        await team_messages.add(ws, changes, new, caller, "user-added-room-to-team")
        placed.append(new)
    if placed:
        await ws.db.commit(changes)
    return placed


@retrying
async def remove(ws: Workspace, caller: User, team: Team, room_id: str) -> Room:
    """Take a room out of the team; it goes on as one of no team.

    Needs ``remove-team-channel``: ``Forbidden``. Raises ``Failure``: ``team-does-not-exist``, ``invalid-room``
    for one that ``caller`` does not see (without ``view-all-team-channels``), ``room-not-on-that-team``.
    """
    team, _main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "remove-team-channel")
    old = await _seen(ws, caller, team, room_id)
    if old.team_id != team.id or old.team_main:
        raise Failure("room-not-on-that-team")
    new = structs.replace(without_team(old), updated_at=ws.stamp(old.updated_at))
    changes = Changes()
    rooms.update(changes, old, new)
    await team_messages.add(ws, changes, old, caller, "user-removed-room-from-team")
    await ws.db.commit(changes)
    return new


async def team_of(ws: Workspace, room_id: str) -> Team:
    """The team that a room is of.

    Raises ``Failure``: ``invalid-room``, ``room-not-on-team``, ``team-does-not-exist``.
    """
    room = await ws.directory.room(room_id)
    if room is None:
        raise Failure("invalid-room")
    if room.team_id is None:
        raise Failure("room-not-on-team")
    team = await ws.directory.team(room.team_id)
    if team is None:
        raise Failure("team-does-not-exist")
    return team


@retrying
async def set_default(ws: Workspace, caller: User, room_id: str, default: bool) -> Room:
    """Say whether who joins the team joins that room too; all its members do so at once, where they are to.

    No more than ``API_User_Limit`` members are added. Needs ``edit-team-channel``: ``Forbidden``. Raises
    ``Failure`` as ``team_of``, and ``invalid-room`` for the main room and for one that ``caller`` does not see
    (without ``view-all-team-channels``).
    """
    team = await team_of(ws, room_id)
    await permission.check(ws, caller, team, "edit-team-channel")
    old = await _seen(ws, caller, team, room_id)
    if old.team_main:
        raise Failure("invalid-room")
    changes = Changes()
    new = structs.replace(old, team_default=default, updated_at=ws.stamp(old.updated_at))
    rooms.update(changes, old, new)
    if default:
        members = await team_members.of_team(ws.db, team.id)
        for one in members[: ws.settings["API_User_Limit"]]:
            if await ws.directory.subscription(new.id, one.user.id) is None:
                membership.enter(ws, changes, new, one.user, inviter=caller)
    await membership.commit(ws, changes)
    return new


async def _seen(ws: Workspace, caller: User, team: Team, room_id: str) -> Room:
    room = await ws.directory.room(room_id)
    if room is None:
        raise Failure("invalid-room")
    if not await permission.allowed(ws, caller, team, SEE_ALL) and not await may_see(ws, caller, room):
        raise Failure("invalid-room")
    return room
