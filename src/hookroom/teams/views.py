"""Teams, their members and their rooms as the API answers them, for the one who asks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import Struct

from hookroom.errors import Failure, Forbidden
from hookroom.rooms import room_views
from hookroom.rooms.access import may_see
from hookroom.rules.model import Team, User, UserRef
from hookroom.rules.room_roles import OWNER
from hookroom.storage.tables import room_listings, subscriptions, team_members, teams
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.storage.tables.team_members import ListedMember
from hookroom.storage.tables.teams import ListedTeam, Order, TeamFilter
from hookroom.teams import permission
from hookroom.workspace.workspace import Workspace


class Sought(Struct, frozen=True, kw_only=True):
    """Which members of a team: all conditions hold. ``username`` and ``name`` are parts, in any case."""

    username: str = ""
    name: str = ""
    statuses: Collection[str] = ()


async def info(ws: Workspace, caller: User, team: Team) -> dict[str, Any]:
    """One team. Raises ``Forbidden`` for who neither sees its main room nor holds ``view-all-teams``."""
    main = await ws.directory.room(team.room_id)
    if main is None:
        raise Failure("Room not found")
    if not await may_see(ws, caller, main) and not ws.authority.allows("view-all-teams", caller):
        raise Forbidden
    return answer(team)


def answer(team: Team) -> dict[str, Any]:
    """A team in the wire's form."""
    built: dict[str, Any] = msgspec.to_builtins(team)
    return built


async def listed(
    ws: Workspace,
    which: TeamFilter,
    order: Order = (),
    *,
    count: int = teams.EVERYTHING,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """A page of teams, each with ``rooms`` (how many beside the main one) and ``numberOfUsers``."""
    found = await teams.page(ws.db, which, order, count=count, offset=offset)
    return [_sized(one) for one in found]


def _sized(one: ListedTeam) -> dict[str, Any]:
    return {**answer(one.team), "rooms": one.rooms, "numberOfUsers": one.members}


async def of_user(ws: Workspace, caller: User, user: User) -> list[dict[str, Any]]:
    """The teams that ``user`` is in and ``caller`` may know of, each with ``isOwner``.

    Private ones are known to their members and to who holds ``view-all-teams``.
    """
    everything = caller.id == user.id or ws.authority.allows("view-all-teams", caller)
    found = []
    for team, _rooms, _members in await teams.page(ws.db, TeamFilter(member=user.id)):
        hidden = team.is_private and not everything
        if hidden and await ws.directory.subscription(team.room_id, caller.id) is None:
            continue
        member = await ws.directory.subscription(team.room_id, user.id)
        found.append({**answer(team), "isOwner": member is not None and OWNER in member.roles})
    return found


async def members(ws: Workspace, caller: User, team: Team, sought: Sought) -> list[dict[str, Any]]:
    """The members of a team; none for who neither is one nor holds ``view-all-teams``."""
    own = await ws.directory.subscription(team.room_id, caller.id)
    if own is None and not await permission.allowed(ws, caller, team, "view-all-teams"):
        return []
    found = await team_members.of_team(ws.db, team.id)
    return [_member(team, one) for one in found if _is_sought(one.user, sought)]


def _is_sought(user: User, sought: Sought) -> bool:
    return (
        sought.username.casefold() in user.username.casefold()
        and sought.name.casefold() in user.name.casefold()
        and (not sought.statuses or user.status in sought.statuses)
    )


def _member(team: Team, one: ListedMember) -> dict[str, Any]:
    user = one.user
    by = one.member.created_by if one.member is not None else team.created_by
    at = one.member.created_at if one.member is not None else one.membership.created_at
    return {
        "user": {
            "_id": user.id,
            "username": user.username,
            "name": user.name,
            "status": user.status,
            "settings": _public_settings(user),
        },
        **({"roles": list(one.membership.roles)} if one.membership.roles else {}),
        "createdBy": msgspec.to_builtins(UserRef(id=by.id, username=by.username)),
        "createdAt": at,
    }


def _public_settings(user: User) -> dict[str, Any]:
    # Preferences are their own business; clients look whether the key is there.
    profile = (user.settings or {}).get("profile")
    return {"profile": profile if isinstance(profile, dict) else {}}


async def check_rooms_known(ws: Workspace, caller: User, team: Team) -> None:
    """Raises ``Failure`` (``user-not-on-private-team``) where the team's rooms are not ``caller``'s to know."""
    if not team.is_private or await ws.directory.subscription(team.room_id, caller.id) is not None:
        return
    if not await permission.allowed(ws, caller, team, "view-all-teams"):
        raise Failure("user-not-on-private-team")


async def rooms_of(ws: Workspace, user: User, team: Team, *, deletable: bool) -> list[dict[str, Any]]:
    """The rooms of the team beside its main one that ``user`` is in, each with ``isLastOwner``.

    ``deletable``: those that they may remove.
    """
    which = RoomFilter(types=("c", "p"), team=team.id, except_id=team.room_id, member=user.id)
    found = []
    for room in await room_listings.page(ws.db, which, (("name", 1),)):
        kind = "channel" if room.room.type == "c" else "group"
        member = await ws.directory.subscription(room.room.id, user.id)
        may_delete = await permission.allowed(ws, user, team, f"delete-team-{kind}") and (
            ws.authority.allows(f"delete-{room.room.type}", user, member)
        )
        if deletable and not may_delete:
            continue
        owners = [one for one in await subscriptions.with_roles(ws.db, room.room.id) if OWNER in one.roles]
        alone = [one.user_id for one in owners] == [user.id]
        found.append({**room_views.room_answer(room), "isLastOwner": alone})
    return found


async def sees_public_rooms(ws: Workspace, user: User, team: Team) -> bool:
    """Whether ``user`` sees the public channels of the team without being in them (``rooms.access.may_see``)."""
    if team.is_private:
        return await ws.directory.subscription(team.room_id, user.id) is not None
    return ws.authority.allows("view-c-room", user)


async def named(ws: Workspace, user: User, start: str, *, count: int) -> list[dict[str, Any]]:
    """Main rooms of teams whose names begin with ``start``: public ones, and those that ``user`` is in.

    Who does not hold ``view-c-room`` is told of the latter alone.
    """
    public = ws.authority.allows("view-c-room", user)
    which = RoomFilter(
        types=("c", "p"),
        placed="main",
        start=start.strip(),
        seen_by=user.id if public else None,
        member=None if public else user.id,
    )
    shown = ("_id", "name", "fname", "t", "teamId", "avatarETag")
    found = await room_views.rooms(ws, which, (("name", 1),), count=count)
    return [{key: room[key] for key in shown if key in room} for room in found]
