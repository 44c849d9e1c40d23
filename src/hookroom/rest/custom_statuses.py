"""Statuses that the server offers beside the four that there are: ``custom-user-status.*``."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure
from hookroom.people import custom_statuses
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import custom_statuses as schemas
from hookroom.rules.custom_status import CustomStatus
from hookroom.storage.tables import custom_statuses as table

routes = Routes("Custom user statuses")

_FIELDS: Final = ("_id", "name", "statusType", "_updatedAt")


@routes.get("custom-user-status.list", query=schemas.LIST)
async def list_statuses(call: Call) -> Answer:
    """The statuses that the server offers; `name` is a part of a name."""
    page = Paging.of(call, sortable=_FIELDS, queryable=_FIELDS, order=(("name", 1),))
    part, wanted = (call.query.get("name") or "").casefold(), call.query.get("_id")
    found = [
        shown(one)
        for one in await table.everything(call.ws.db)
        if part in one.name.casefold() and (not wanted or one.id == wanted)
    ]
    return page.picked("statuses", found)


@routes.post("custom-user-status.create", body=schemas.CREATE)
async def create(call: Call) -> Answer:
    """Offer another status."""
    body = call.body
    made = await custom_statuses.create(
        call.ws, call.user, name=body["name"], status_type=body.get("statusType") or ""
    )
    _tell(call, "updateCustomUserStatus", made)
    return {"customUserStatus": shown(made)}


@routes.post("custom-user-status.update", body=schemas.UPDATE)
async def update(call: Call) -> Answer:
    """Change a status that the server offers."""
    body = call.body
    changed = await custom_statuses.update(
        call.ws, call.user, body["_id"], name=body["name"], status_type=body.get("statusType")
    )
    _tell(call, "updateCustomUserStatus", changed)
    return {"customUserStatus": shown(changed)}


@routes.post("custom-user-status.delete", body=schemas.DELETE)
async def delete(call: Call) -> Answer:
    """Offer a status no longer; users who chose it keep its text."""
    status_id = call.body.get("customUserStatusId")
    if not status_id:
        raise Failure('The "customUserStatusId" params is required!')
    _tell(call, "deleteCustomUserStatus", await custom_statuses.delete(call.ws, call.user, status_id))
    return {}


def shown(status: CustomStatus) -> dict[str, Any]:
    """A status as clients are shown one."""
    document: dict[str, Any] = msgspec.to_builtins(status)
    return {"statusType": "", **document}


def _tell(call: Call, event: str, status: CustomStatus) -> None:
    call.services.hub.signal("stream-notify-logged", event, [{"userStatusData": shown(status)}])
