"""Who may do what with a team: permissions count as they are held in its main room."""

from __future__ import annotations

from hookroom.errors import Failure, Forbidden
from hookroom.rules.model import Room, Team, User
from hookroom.workspace.workspace import Workspace


async def allowed(ws: Workspace, user: User, team: Team, *permissions: str) -> bool:
    """Whether ``user`` holds one of ``permissions``, everywhere or in the team's main room."""
    own = await ws.directory.subscription(team.room_id, user.id)
    return ws.authority.allows_any(permissions, user, own)


async def check(ws: Workspace, user: User, team: Team, *permissions: str) -> None:
    """Raises ``Forbidden`` unless ``allowed``."""
    if not await allowed(ws, user, team, *permissions):
        raise Forbidden


async def current(ws: Workspace, team: Team) -> tuple[Team, Room]:
    """The team and its main room as they are now. Raises ``Failure`` (``team-does-not-exist``)."""
    now = await ws.directory.team(team.id)
    main = await ws.directory.room(now.room_id) if now is not None else None
    if now is None or main is None:
        raise Failure("team-does-not-exist")
    return now, main
