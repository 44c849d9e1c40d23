"""Roles themselves: making, describing and deleting them, and which of them hold a permission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hookroom.errors import Refused
from hookroom.rules.ids import random_id
from hookroom.rules.roles import Role, RoleScope
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import authority
from hookroom.workspace.workspace import Workspace, retrying

MAX_NAME = 255


async def create(ws: Workspace, *, name: str, description: str, scope: RoleScope, mandatory2fa: bool) -> Role:
    """Make a role. Raises ``Refused``: ``error-invalid-role-properties``, ``error-duplicate-role-names-…``."""
    _check_name(ws, name)
    role = Role(
        id=random_id(),
        name=name,
        scope=scope,
        description=description,
        protected=False,
        mandatory2fa=mandatory2fa,
    )
    changes = Changes()
    ws.authority.add_role(changes, role, ws.now())
    await ws.db.commit(changes)
    return role


async def update(
    ws: Workspace,
    role_id: str,
    *,
    name: str,
    description: str | None,
    scope: RoleScope | None,
    mandatory2fa: bool | None,
) -> Role:
    """Describe a role anew. One that came with the server keeps its name and scope.

    Raises ``Refused``: ``error-invalid-roleId``, ``error-invalid-role-properties``,
    ``error-duplicate-role-names-not-allowed``, ``error-role-protected``, ``error-role-in-use`` for a new
    scope of a role that somebody holds.
    """
    old = ws.authority.roles.get(role_id)
    if old is None:
        raise Refused("error-invalid-roleId", "This role does not exist")
    if name != old.name:
        _check_name(ws, name)
    new = Role(
        id=old.id,
        name=name,
        scope=old.scope if scope is None else scope,
        description=old.description if description is None else description,
        protected=old.protected,
        mandatory2fa=old.mandatory2fa if mandatory2fa is None else mandatory2fa,
    )
    if old.protected and (new.name, new.scope) != (old.name, old.scope):
        raise Refused("error-role-protected", "Cannot change the name or scope of a protected role")
    if new.scope != old.scope:
        await _check_unused(ws, old, "Cannot change the scope of a role that is in use")
    changes = Changes()
    ws.authority.change_role(changes, new, ws.now())
    await ws.db.commit(changes)
    return new


@retrying
async def delete(ws: Workspace, id_or_name: str) -> None:
    """Delete a role that nobody holds.

    Raises ``Refused``: ``error-invalid-roleId``, ``error-role-protected``, ``error-role-in-use``.
    """
    role = ws.authority.role_named(id_or_name)
    if role is None:
        raise Refused("error-invalid-roleId", "This role does not exist")
    if role.protected:
        raise Refused("error-role-protected", "Cannot delete a protected role")
    await _check_unused(ws, role, "Cannot delete role because it's in use")
    changes = Changes()
    ws.authority.delete_role(changes, role.id, ws.now())
    await ws.db.commit(changes)


async def set_holders(ws: Workspace, holders: Mapping[str, Sequence[str]]) -> None:
    """Give each permission to exactly these roles, all or none.

    Raises ``Refused``: ``error-invalid-permission``, ``error-invalid-role``.
    """
    known = ws.authority
    if any(permission not in known.table for permission in holders):
        raise Refused("error-invalid-permission", "Invalid permission")
    if any(role not in known.roles for roles in holders.values() for role in roles):
        raise Refused("error-invalid-role", "Invalid role")
    changes = Changes()
    for permission, roles in holders.items():
        known.grant(changes, permission, sorted(set(roles)), ws.now())
    if changes.steps:
        await ws.db.commit(changes)


def permissions(ws: Workspace, after: int = -1) -> Sequence[dict[str, Any]]:
    """Permissions that changed later than ``after`` (epoch milliseconds): ``_id``, ``roles``, ``_updatedAt``."""
    authority = ws.authority
    return [
        {"_id": permission, "roles": sorted(holders), "_updatedAt": iso(authority.changed_at[permission])}
        for permission, holders in sorted(authority.table.items())
        if authority.changed_at[permission] > after
    ]


async def add_holder(ws: Workspace, permission: str, role_id: str) -> None:
    """Give a permission to a role. Raises ``Refused``: ``error-invalid-permission``, ``error-invalid-role``."""
    details = {"method": "authorization:addPermissionToRole", "action": "Adding_permission"}
    if permission not in ws.authority.table:
        raise Refused("error-invalid-permission", "Permission does not exist", details=details)
    if role_id not in ws.authority.roles:
        raise Refused("error-invalid-role", "Role does not exist", details=details)
    await set_holders(ws, {permission: (*ws.authority.table[permission], role_id)})


async def remove_holder(ws: Workspace, permission: str, role_id: str) -> None:
    """Take a permission from a role, which may be gone. Raises ``Refused``: ``error-permission-not-found``."""
    if permission not in ws.authority.table:
        raise Refused(
            "error-permission-not-found",
            "Permission not found",
            method="authorization:removeRoleFromPermission",
        )
    await set_holders(ws, {permission: tuple(ws.authority.table[permission] - {role_id})})


def _check_name(ws: Workspace, name: str) -> None:
    if not name.strip() or "\0" in name or len(name) > MAX_NAME:
        raise Refused("error-invalid-role-properties", "The role properties are invalid.")
    if ws.authority.role_named(name) is not None:
        raise Refused("error-duplicate-role-names-not-allowed", "Role name already exists")


async def _check_unused(ws: Workspace, role: Role, reason: str) -> None:
    if role.scope == "Users":
        held = await authority.holders(ws.db, role.id) > 0
    else:
        held = bool(await authority.holders_in_rooms(ws.db, role.id))
    if held:
        raise Refused("error-role-in-use", reason)
