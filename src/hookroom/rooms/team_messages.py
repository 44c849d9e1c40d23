"""What a team's main room says of the team's other rooms: that one came, left or was removed.

Private groups are not spoken of: their names are their members' alone.
"""

from __future__ import annotations

from hookroom.rooms import system_messages
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace


async def add(ws: Workspace, changes: Changes, room: Room, actor: User, kind: str) -> None:
    """Add a message of type ``kind`` about ``room`` to its team's main room, if it is a channel of a team."""
    if room.type != "c" or room.team_id is None or room.team_main:
        return
    team = await ws.directory.team(room.team_id)
    main = await ws.directory.room(team.room_id) if team is not None else None
    if main is not None:
        system_messages.add(ws, changes, main, actor, kind, room.name or "")
