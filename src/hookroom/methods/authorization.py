"""Roles, and the permissions that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hookroom.errors import Refused
from hookroom.methods import finding
from hookroom.methods.params import maybe_text, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import roles, roles_of_users
from hookroom.rules.roles import Role
from hookroom.storage.tables import user_listing
from hookroom.storage.tables.user_listing import MAX_ROLES, UserFilter

methods = Methods("Roles and permissions")

MAX_HOLDERS = 10_000
"""Users that ``getUserRoles`` answers at most."""


@methods.add("getUserRoles")
async def get_user_roles(call: MethodCall) -> Sequence[dict[str, Any]]:
    """Users with roles that are shown beside their names (those with a description): ``_id, username, roles``."""
    shown = frozenset(
        role.id for role in call.ws.authority.roles.values() if role.scope == "Users" and role.description
    )
    if not shown:
        return []
    which = UserFilter(roles=tuple(sorted(shown))[:MAX_ROLES])
    found = await user_listing.page(call.ws.db, which, (("username", 1),), count=MAX_HOLDERS, offset=0)
    return [
        {
            "_id": one["_id"],
            "username": one["username"],
            "roles": [role for role in one["roles"] if role in shown],
        }
        for one in found
    ]


@methods.add("authorization:addPermissionToRole")
async def add_permission_to_role(call: MethodCall, permission: Any, role: Any) -> None:
    """Give a permission to a role."""
    permission_id, role_id = text(permission, "permissionId"), text(role, "role")
    _check(call, "Adding_permission", "Adding permission is not allowed")
    await roles.add_holder(call.ws, permission_id, role_id)


@methods.add("authorization:removeRoleFromPermission")
async def remove_role_from_permission(call: MethodCall, permission: Any, role: Any) -> None:
    """Take a permission from a role."""
    permission_id, role_id = text(permission, "permissionId"), text(role, "role")
    _check(call, "Accessing_permissions", "Accessing permissions is not allowed")
    await roles.remove_holder(call.ws, permission_id, role_id)


@methods.add("authorization:addUserToRole")
async def add_user_to_role(call: MethodCall, role: Any, username: Any, scope: Any = None) -> bool:
    """Give a role to a user; one of rooms in the room ``scope``."""
    room_id = maybe_text(scope, "scope")
    named = _role(call, role)
    user = await finding.user_named(call, username)
    await roles_of_users.add(call.ws, call.user, user.id, named, room_id)
    return True


@methods.add("authorization:removeUserFromRole")
async def remove_user_from_role(call: MethodCall, role: Any, username: Any, scope: Any = None) -> bool:
    """Take a role from a user; one of rooms in the room ``scope``."""
    room_id = maybe_text(scope, "scope")
    named = _role(call, role)
    _check(call, "Accessing_permissions", "Access permissions is not allowed")
    user = await finding.user_named(call, username)
    await roles_of_users.remove(call.ws, user.id, named, room_id)
    return True


@methods.add("authorization:deleteRole")
async def delete_role(call: MethodCall, role: Any) -> bool:
    """Delete a role that nobody holds."""
    key = text(role, "roleId")
    _check(call, "Accessing_permissions", "Accessing permissions is not allowed")
    await roles.delete(call.ws, key)
    return True


def _role(call: MethodCall, role: Any) -> Role:
    found = call.ws.authority.role_named(text(role, "roleId"))
    if found is None:
        raise Refused("error-invalid-role", "Invalid Role", method=call.method)
    return found


def _check(call: MethodCall, action: str, reason: str) -> None:
    if not call.ws.authority.allows("access-permissions", call.user):
        raise Refused("error-action-not-allowed", reason, details={"method": call.method, "action": action})
