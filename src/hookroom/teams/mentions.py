"""Teams as messages name them: ``@team`` means its members."""

from __future__ import annotations

from collections.abc import Iterable

from hookroom.rules.mentions import spellings
from hookroom.rules.model import Team, User
from hookroom.storage.tables import team_members
from hookroom.teams import permission
from hookroom.workspace.workspace import Workspace


async def named(ws: Workspace, name: str) -> Team | None:
    """The team that ``@name`` means, by its exact name; a full stop behind it may be the sentence's."""
    for spelling in spellings(name):
        team = await ws.directory.team_named(spelling)
        if team is not None and team.name == spelling:
            return team
    return None


async def members_named(ws: Workspace, names: Iterable[str]) -> frozenset[str]:
    """Ids of the active members of the teams of these names, all together."""
    found = [await named(ws, name) for name in names]
    return await members_of(ws, [team.id for team in found if team is not None])


async def members_seen(ws: Workspace, viewer: User, names: Iterable[str]) -> frozenset[str]:
    """``members_named`` of those teams whose members ``viewer`` may know; unknown names are passed over."""
    ids = []
    for name in names:
        team = await named(ws, name)
        if team is None:
            continue
        own = await ws.directory.subscription(team.room_id, viewer.id)
        if own is not None or await permission.allowed(ws, viewer, team, "view-all-teams"):
            ids.append(team.id)
    return await members_of(ws, ids)


async def members_of(ws: Workspace, team_ids: Iterable[str]) -> frozenset[str]:
    """Ids of the active members of these teams, all together."""
    return frozenset(
        [one.user.id for team_id in team_ids for one in await team_members.of_team(ws.db, team_id)]
    )
