"""Who holds which role: everywhere (the user has it) or in one room (the subscription has it)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from hookroom.errors import Refused
from hookroom.people.account_editing import check_another_admin
from hookroom.rules.model import Subscription, User
from hookroom.rules.roles import Role
from hookroom.storage.statement import Changes
from hookroom.storage.tables import authority, subscriptions, users
from hookroom.workspace.workspace import Workspace, retrying


@retrying
async def add(ws: Workspace, caller: User, user_id: str, role: Role, room_id: str | None) -> None:
    """Give a role; one of the scope ``Subscriptions`` is given in the room ``room_id``.

    Raises ``Refused``: ``error-action-not-allowed``, ``error-user-already-in-role``, ``error-invalid-user``,
    ``error-invalid-room``.
    """
    method = "authorization:addUserToRole"
    if not ws.authority.allows("access-permissions", caller):
        raise Refused(
            "error-action-not-allowed",
            "Accessing permissions is not allowed",
            details={"method": method, "action": "Accessing_permissions"},
        )
    if role.id == "admin" and not ws.authority.allows("assign-admin-role", caller):
        raise Refused(
            "error-action-not-allowed",
            "Assigning admin is not allowed",
            details={"method": method, "action": "Assign_admin"},
        )
    user = await _user(ws, user_id)
    changes = Changes()
    if role.scope == "Users":
        if role.id in user.roles:
            raise Refused("error-user-already-in-role", "User already in role")
        stamp = ws.stamp(user.updated_at)
        users.update(changes, user, structs.replace(user, roles=(*user.roles, role.id), updated_at=stamp))
    else:
        member = await _member(ws, user, role, room_id, method)
        if role.id in member.roles:
            raise Refused("error-user-already-in-role", "User already in role")
        _set_roles(ws, changes, member, (*member.roles, role.id))
    await ws.db.commit(changes)


@retrying
async def remove(ws: Workspace, user_id: str, role: Role, room_id: str | None) -> None:
    """Take a role. Raises ``Refused``: ``error-user-not-in-role``, ``error-admin-required``, as ``add``."""
    method = "authorization:removeUserFromRole"
    user = await _user(ws, user_id)
    changes = Changes()
    if role.scope == "Users":
        if role.id not in user.roles:
            raise Refused("error-user-not-in-role", "User is not in this role")
        if role.id == "admin" and user.active:
            await check_another_admin(ws, changes, user)
        left = tuple(one for one in user.roles if one != role.id)
        stamp = ws.stamp(user.updated_at)
        users.update(changes, user, structs.replace(user, roles=left, updated_at=stamp))
    else:
        member = await _member(ws, user, role, room_id, method)
        if role.id not in member.roles:
            raise Refused("error-user-not-in-role", "User is not in this role")
        _set_roles(ws, changes, member, tuple(one for one in member.roles if one != role.id))
    await ws.db.commit(changes)


async def holders_in_rooms(ws: Workspace, role: Role, room_id: str | None) -> Sequence[User]:
    """Who holds a role in the room, or in any where none is named; by user name."""
    if room_id:
        held = [one for one in await subscriptions.with_roles(ws.db, room_id) if role.id in one.roles]
        ids: Sequence[str] = [one.user_id for one in held]
    else:
        ids = await authority.holders_in_rooms(ws.db, role.id)
    found = [await ws.directory.user(one) for one in ids]
    return sorted((user for user in found if user is not None), key=lambda one: users.key(one.username))


async def _user(ws: Workspace, user_id: str) -> User:
    user = await ws.directory.user(user_id)
    if user is None:
        raise Refused("error-invalid-user", "Invalid user")
    return user


async def _member(ws: Workspace, user: User, role: Role, room_id: str | None, method: str) -> Subscription:
    if not room_id:
        raise Refused("error-invalid-room", f"The role {role.name} is held in a room: name it", method=method)
    member = await ws.directory.subscription(room_id, user.id)
    if member is None:
        raise Refused("error-invalid-user", "User is not part of given room", method=method)
    return member


def _set_roles(ws: Workspace, changes: Changes, member: Subscription, roles: tuple[str, ...]) -> None:
    stamp = ws.stamp(member.updated_at)
    subscriptions.update(changes, member, structs.replace(member, roles=roles, updated_at=stamp))
