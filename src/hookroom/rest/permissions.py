"""Permissions and the roles that hold them (``permissions.*``)."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Refused
from hookroom.people import roles
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import permissions as schemas
from hookroom.rules.times import millis

routes = Routes("Permissions")

_MANAGE: Final = ("access-permissions",)


@routes.get("permissions.listAll", query=schemas.LIST_ALL)
async def list_all(call: Call) -> Answer:
    """All permissions, or those that changed since a time."""
    since = call.query.get("updatedSince")
    try:
        after = millis(since) if since else -1
    except ValueError:
        raise Refused(
            "error-roomId-param-invalid", 'The "updatedSince" query parameter must be a valid date.'
        ) from None
    return {"update": roles.permissions(call.ws, after), "remove": []}


@routes.post("permissions.update", body=schemas.UPDATE, permissions=_MANAGE)
async def update(call: Call) -> Answer:
    """Give permissions to exactly the named roles; answers all permissions."""
    holders = {one["_id"]: one["roles"] for one in call.body["permissions"]}
    await roles.set_holders(call.ws, holders)
    return {"permissions": roles.permissions(call.ws)}


@routes.post("permissions.addRole", body=schemas.ROLE, permissions=_MANAGE)
async def add_role(call: Call) -> Answer:
    """Give a permission to a role."""
    await roles.add_holder(call.ws, call.body["permissionId"], call.body["role"])
    return {}


@routes.post("permissions.removeRole", body=schemas.ROLE, permissions=_MANAGE)
async def remove_role(call: Call) -> Answer:
    """Take a permission from a role."""
    await roles.remove_holder(call.ws, call.body["permissionId"], call.body["role"])
    return {}
