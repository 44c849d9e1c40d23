"""Who is in a team: being added, given roles, leaving, being removed.

It is the membership of the main room that counts, with its roles; rooms that are joined with the team come with
it. **+** Ours: roles are given and taken by those who may do so in a room (``set-owner``, ``set-moderator``,
``set-leader``); a team keeps an owner.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from hookroom.errors import Failure, Forbidden
from hookroom.rooms import membership
from hookroom.rules.model import Room, Subscription, Team, User
from hookroom.rules.room_roles import OWNER
from hookroom.storage.statement import Changes
from hookroom.storage.tables import rooms, subscriptions
from hookroom.teams import permission
from hookroom.workspace.workspace import Workspace, retrying

PLAIN: Final = "member"
"""What clients call somebody without a role."""

_LAST_OWNER: Final = "last-owner-can-not-be-removed"

_SETTERS: Final[Mapping[str, str]] = {
    "owner": "set-owner",
    "moderator": "set-moderator",
    "leader": "set-leader",
}


class Added(Struct, frozen=True, kw_only=True):
    """Somebody to be added, or changed."""

    user_id: str
    roles: Sequence[str] = ()


@retrying
async def add(ws: Workspace, caller: User, team: Team, added: Sequence[Added]) -> None:
    """Add people with roles, all or none; who is in the team already gets the roles in addition to theirs.

    Needs ``add-team-member`` or ``edit-team-member``: ``Forbidden``. Raises ``Failure``:
    ``team-does-not-exist``, ``invalid-user``, ``invalid-role``.
    """
    team, main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "add-team-member", "edit-team-member")
    wanted: dict[str, tuple[User, set[str]]] = {}
    for one in added:
        user = await ws.directory.user(one.user_id)
        if user is None:
            raise Failure("invalid-user")
        wanted.setdefault(user.id, (user, set()))[1].update(_roles(ws, one.roles))
    changes = Changes()
    entered = await membership.joined_with(ws, main)
    for user, roles in wanted.values():
        member = await ws.directory.subscription(main.id, user.id)
        held = set(member.roles) if member is not None else set()
        await _check_may_set(ws, caller, team, roles - held)
        if member is None:
            for room in entered:
                given = sorted(roles) if room.id == main.id else ()
                if await ws.directory.subscription(room.id, user.id) is None:
                    membership.enter(ws, changes, room, user, inviter=caller, roles=given)
        elif roles - held:
            _give(ws, changes, member, (*member.roles, *sorted(roles - held)))
    if changes.steps:
        await membership.commit(ws, changes)


@retrying
async def update(ws: Workspace, caller: User, team: Team, changed: Added) -> None:
    """Give a member these roles and no others; needs ``edit-team-member``: ``Forbidden``.

    Raises ``Failure``: ``team-does-not-exist``, ``member-does-not-exist``, ``invalid-role``,
    ``last-owner-can-not-be-removed``.
    """
    team, main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "edit-team-member")
    member = await ws.directory.subscription(main.id, changed.user_id)
    if member is None:
        raise Failure("member-does-not-exist")
    roles = _roles(ws, changed.roles)
    if roles == set(member.roles):
        return
    await _check_may_set(ws, caller, team, roles ^ set(member.roles))
    changes = Changes()
    if OWNER in member.roles and OWNER not in roles:
        await membership.check_not_last_owner(ws, main, member, Failure(_LAST_OWNER))
        rooms.update(changes, main, structs.replace(main, updated_at=ws.stamp(main.updated_at)))
    _give(ws, changes, member, sorted(roles))
    await ws.db.commit(changes)


@retrying
async def remove(ws: Workspace, caller: User, team: Team, user_id: str, room_ids: Collection[str]) -> None:
    """Remove somebody from the team and from those of its rooms that are named, from all or from none.

    Needs ``edit-team-member``: ``Forbidden``. Raises ``Failure``: ``team-does-not-exist``, ``invalid-user``,
    ``member-does-not-exist``, ``last-owner-can-not-be-removed``; ``Refused`` (``error-you-are-last-owner``) where
    it is another room that they alone own.
    """
    team, main = await permission.current(ws, team)
    await permission.check(ws, caller, team, "edit-team-member")
    user = await ws.directory.user(user_id)
    if user is None:
        raise Failure("invalid-user")
    await _go(ws, user, main, await named_rooms(ws, team, room_ids), caller)


@retrying
async def leave(ws: Workspace, user: User, team: Team, room_ids: Collection[str]) -> None:
    """``user`` leaves the team and those of its rooms that are named. Raises as ``remove``."""
    team, main = await permission.current(ws, team)
    await _go(ws, user, main, await named_rooms(ws, team, room_ids), user)


async def named_rooms(ws: Workspace, team: Team, room_ids: Collection[str]) -> list[Room]:
    """Those of ``room_ids`` that are rooms of the team beside its main one; others are passed over."""
    if not room_ids:
        return []
    found = await rooms.of_team(ws.db, team.id)
    return [room for room in found if room.id in room_ids and room.id != team.room_id]


async def _go(ws: Workspace, user: User, main: Room, others: Sequence[Room], actor: User) -> None:
    member = await ws.directory.subscription(main.id, user.id)
    if member is None:
        raise Failure("member-does-not-exist")
    await membership.check_not_last_owner(ws, main, member, Failure(_LAST_OWNER))
    remover = None if actor.id == user.id else actor
    changes = Changes()
    await membership.go(ws, changes, main, user, member, "leaveTeam", remover=remover)
    for room in others:
        one = await ws.directory.subscription(room.id, user.id)
        if one is not None:
            await membership.go(ws, changes, room, user, one, "leaveTeam", remover=remover)
    await ws.db.commit(changes)


def _give(ws: Workspace, changes: Changes, member: Subscription, roles: Sequence[str]) -> None:
    stamp = ws.stamp(member.updated_at)
    subscriptions.update(changes, member, structs.replace(member, roles=tuple(roles), updated_at=stamp))


def _roles(ws: Workspace, named: Sequence[str]) -> set[str]:
    """The roles that are meant. Raises ``Failure`` (``invalid-role``) for one that nobody can hold in a room."""
    roles = {role for role in named if role != PLAIN}
    known = ws.authority.roles
    if any(role not in known or known[role].scope != "Subscriptions" for role in roles):
        raise Failure("invalid-role")
    return roles


async def _check_may_set(ws: Workspace, caller: User, team: Team, roles: Collection[str]) -> None:
    for role in roles:
        if role in _SETTERS and not await permission.allowed(ws, caller, team, _SETTERS[role]):
            raise Forbidden
