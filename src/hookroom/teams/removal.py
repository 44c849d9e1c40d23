"""The end of a team: removed with its main room, or made an ordinary room of it."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import structs

from hookroom.rooms import room_life, system_messages, team_messages
from hookroom.rules.model import Room, Team, User, without_team
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, team_members, teams
from hookroom.teams import permission
from hookroom.teams.members import named_rooms
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def delete(ws: Workspace, caller: User, team: Team, room_ids: Collection[str]) -> None:
    """Remove the team with its main room and those of its rooms that are named; its other rooms go on.

    All of it or nothing. Needs ``delete-team``: ``Forbidden``; for each named room what removing it needs. Raises
    ``Failure`` (``team-does-not-exist``), ``Refused`` (``error-not-allowed``).
    """
    team, main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "delete-team")
    changes = Changes()
    removed = await _remove(ws, changes, caller, team, room_ids)
    removed |= await room_life.remove_all(ws, changes, main)
    await _dissolve(ws, changes, team, removed)
    await ws.db.commit(changes)


@retrying
async def to_channel(ws: Workspace, caller: User, team: Team, room_ids: Collection[str]) -> None:
    """Make the main room one of no team, as the team's others are from then on; the named ones are removed.

    Needs ``convert-team``: ``Forbidden``. Otherwise as ``delete``.
    """
    team, main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "convert-team")
    changes = Changes()
    for room in await named_rooms(ws, team, room_ids):
        await team_messages.add(ws, changes, room, caller, "user-deleted-room-from-team")
    removed = await _remove(ws, changes, caller, team, room_ids)
    system_messages.add(ws, changes, main, caller, "user-converted-to-channel", main.name or "")
    await _dissolve(ws, changes, team, removed)
    await ws.db.commit(changes)


async def _remove(
    ws: Workspace, changes: Changes, caller: User, team: Team, room_ids: Collection[str]
) -> frozenset[str]:
    """Remove those rooms; answers the ids of all that go with them, which are discussions too."""
    named = await named_rooms(ws, team, room_ids)
    for room in named:
        await room_life.check_may_erase(ws, caller, room)
    removed: frozenset[str] = frozenset()
    for room in named:
        if room.id not in removed:
            removed |= await room_life.remove_all(ws, changes, room)
    return removed


async def _dissolve(ws: Workspace, changes: Changes, team: Team, removed: Collection[str]) -> None:
    """The team goes; those of its rooms that are not removed are of no team."""
    for room in await rooms.of_team(ws.db, team.id):
        if room.id not in removed:
            rooms.update(changes, room, _freed(ws, room))
    team_members.delete_of_team(changes, team.id)
    teams.delete(changes, team)


def _freed(ws: Workspace, room: Room) -> Room:
    return structs.replace(without_team(room), updated_at=ws.stamp(room.updated_at))
