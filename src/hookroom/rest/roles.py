"""Roles and who holds them (``roles.*``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.errors import Failure, Refused
from hookroom.people import roles, roles_of_users
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import EVERYTHING, Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import roles as schemas
from hookroom.rest.user_params import named_user
from hookroom.rest.user_views import FULL, document
from hookroom.rules.roles import DEFAULT_ROLES, Role
from hookroom.rules.times import iso, millis
from hookroom.storage.tables import removals, user_listing
from hookroom.storage.tables.user_listing import UserFilter
from hookroom.workspace.workspace import Workspace

routes = Routes("Roles")

_MANAGE: Final = ("access-permissions",)
_SHOWN: Final = ("_id", "name", "username", "avatarETag")
_SHOWN_IN_FULL: Final = (*_SHOWN, "emails", "createdAt", "_updatedAt")


@routes.get("roles.list")
async def list_roles(call: Call) -> Answer:
    """All roles."""
    return {"roles": [_plain(role) for role in _in_order(call.ws)]}


@routes.get("roles.sync", query=schemas.SYNC)
async def sync(call: Call) -> Answer:
    """Roles that changed or went since a time."""
    ws = call.ws
    since = _since(call.query.get("updatedSince"))
    changed = [_dated(ws, role) for role in _in_order(ws) if ws.authority.role_changed_at[role.id] > since]
    return {"roles": {"update": changed, "remove": await removals.since(ws.db, "role", since)}}


@routes.post("roles.create", body=schemas.CREATE)
async def create(call: Call) -> Answer:
    """Make a role."""
    _check_may_manage(call)
    body = call.body
    role = await roles.create(
        call.ws,
        name=body["name"],
        description=body.get("description") or "",
        scope=body.get("scope") or "Users",
        mandatory2fa=bool(body.get("mandatory2fa")),
    )
    return {"role": _dated(call.ws, role)}


@routes.post("roles.update", body=schemas.UPDATE)
async def update(call: Call) -> Answer:
    """Describe a role anew."""
    _check_may_manage(call)
    body = call.body
    role = await roles.update(
        call.ws,
        body["roleId"],
        name=body["name"],
        description=body.get("description"),
        scope=body.get("scope"),
        mandatory2fa=body.get("mandatory2fa"),
    )
    return {"role": _dated(call.ws, role)}


@routes.post("roles.delete", body=schemas.DELETE, permissions=_MANAGE)
async def delete(call: Call) -> Answer:
    """Delete a role that nobody holds."""
    await roles.delete(call.ws, call.body["roleId"])
    return {}


@routes.post("roles.addUserToRole", body=schemas.ADD_USER)
async def add_user(call: Call) -> Answer:
    """Give a role to a user, everywhere or in the room roomId."""
    ws = call.ws
    _check_may_manage(call, method="authorization:addUserToRole")
    user = await named_user(ws, call.body)
    role = _role(ws, call.body, Failure("error-role-not-found"))
    await roles_of_users.add(ws, call.user, user.id, role, call.body.get("roomId"))
    return {"role": _dated(ws, role)}


@routes.post("roles.removeUserFromRole", body=schemas.REMOVE_USER, permissions=_MANAGE)
async def remove_user(call: Call) -> Answer:
    """Take a role from a user, everywhere or in the room roomId (scope is another name of it)."""
    ws, body = call.ws, call.body
    user = await named_user(ws, body)
    role = _role(ws, body, Refused("error-invalid-roleId", "This role does not exist"))
    await roles_of_users.remove(ws, user.id, role, body.get("roomId") or body.get("scope"))
    return {"role": _dated(ws, role)}


@routes.get("roles.getUsersInRole", query=schemas.USERS_IN_ROLE, permissions=_MANAGE)
async def users_in_role(call: Call) -> Answer:
    """Who holds a role, everywhere or in the room roomId; a page at a time."""
    ws = call.ws
    page = Paging.of(call)
    room_id = call.query.get("roomId")
    if not call.query.get("role"):
        raise Refused("error-param-not-provided", 'Query param "role" is required')
    if room_id and not ws.authority.allows("view-other-user-channels", call.user):
        raise Refused("error-not-allowed", "Not allowed")
    role = ws.authority.role_named(call.query["role"])
    if role is None:
        raise Refused("error-invalid-roleId", "This role does not exist")
    if role.scope == "Users":
        which = UserFilter(roles=(role.id,))
        documents = await user_listing.page(
            ws.db, which, (("username", 1),), count=page.limit, offset=page.offset
        )
        total = await user_listing.total(ws.db, which)
    else:
        holders = await roles_of_users.holders_in_rooms(ws, role, room_id)
        documents = [document(one) for one in holders[page.offset : page.offset + page.limit]]
        total = len(holders)
    shown = _SHOWN_IN_FULL if ws.authority.allows(FULL, call.user) else _SHOWN
    users = [{field: one[field] for field in shown if field in one} for one in documents]
    return page.answer("users", users, total)


@routes.get("roles.getUsersInPublicRoles")
async def users_in_public_roles(call: Call) -> Answer:
    """Who holds the roles that have a description: those are shown beside names."""
    ws = call.ws
    public = {role.id for role in ws.authority.roles.values() if role.description and role.scope == "Users"}
    found: dict[str, dict[str, Any]] = {}
    for role_id in sorted(public):
        which = UserFilter(roles=(role_id,), active=True)
        for one in await user_listing.page(ws.db, which, (("username", 1),), count=EVERYTHING, offset=0):
            held = [role for role in one["roles"] if role in public]
            found[one["_id"]] = {"_id": one["_id"], "username": one["username"], "roles": held}
    return {"users": sorted(found.values(), key=lambda one: str(one["username"]))}


def _check_may_manage(call: Call, method: str | None = None) -> None:
    if not call.ws.authority.allows("access-permissions", call.user):
        details = {"method": method, "action": "Accessing_permissions"} if method else None
        raise Refused("error-action-not-allowed", "Accessing permissions is not allowed", details=details)


def _role(ws: Workspace, body: Mapping[str, Any], unknown: Exception) -> Role:
    wanted = body.get("roleId") or body.get("roleName")
    if not wanted:
        raise Failure("error-invalid-role-properties")
    role = ws.authority.role_named(wanted)
    if role is None:
        raise unknown
    return role


def _in_order(ws: Workspace) -> list[Role]:
    """Those that every server has, then the others by name."""
    known = ws.authority.roles
    own = sorted((one for one in known.values() if one.id not in DEFAULT_ROLES), key=lambda one: one.name)
    return [known[role_id] for role_id in DEFAULT_ROLES if role_id in known] + own


def _plain(role: Role) -> dict[str, Any]:
    return {
        "_id": role.id,
        "name": role.name,
        "scope": role.scope,
        "description": role.description,
        "protected": role.protected,
        "mandatory2fa": role.mandatory2fa,
    }


def _dated(ws: Workspace, role: Role) -> dict[str, Any]:
    return {**_plain(role), "_updatedAt": iso(ws.authority.role_changed_at[role.id])}


def _since(text: str | None) -> int:
    try:
        return millis(text) if text else -1
    except ValueError:
        raise Refused("error-invalid-param", "updatedSince must be a valid date string") from None
