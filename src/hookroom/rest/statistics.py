"""The server in numbers: ``statistics``, ``instances.get``, and the licence that it does not need."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure
from hookroom.rest import machine
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import statistics as schemas
from hookroom.rest.statistics_document import document
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import nodes, settings, statistics

routes = Routes("Statistics")

_VIEW: Final = "view-statistics"
_NOTE: Final = "statistics"
_SORTABLE: Final = ("_id", "createdAt", "totalUsers", "totalRooms", "totalMessages")
_LIMITS: Final = (
    "activeUsers",
    "guestUsers",
    "roomsPerGuest",
    "privateApps",
    "marketplaceApps",
    "monthlyActiveContacts",
)


@routes.get("statistics", query=schemas.STATISTICS)
async def get(call: Call) -> Answer:
    """The numbers as they were counted last; with `refresh`, as they are now."""
    _check(call)
    return await _counted(call, refresh=call.query.get("refresh") == "true")


@routes.get("statistics.list", query=schemas.LIST)
async def list_statistics(call: Call) -> Answer:
    """The numbers as they were counted last: this server keeps no earlier ones."""
    _check(call)
    counted = await _counted(call, refresh=False)
    page = Paging.of(call, sortable=_SORTABLE, fields=tuple(counted), queryable=_SORTABLE)
    return page.picked("statistics", [counted])


@routes.get("instances.get", permissions=(_VIEW,))
async def instances(call: Call) -> Answer:
    """The processes of this server. Of others than the one that answers, only that they live is known."""
    services, now = call.services, call.ws.now()
    shown = []
    for node, left_ms in await nodes.alive(call.ws.db, now):
        own = node == services.node
        record: dict[str, Any] = {"_id": node, "name": "rocket.chat"}
        if own:
            record |= {
                "pid": machine.process(now)["pid"],
                "_createdAt": iso(machine.STARTED_AT_MS),
                "_updatedAt": iso(now),
                "extraInformation": {"host": services.config.host, "os": machine.operating_system()},
            }
        status = {"connected": True, "local": own, "leaseMs": left_ms}
        shown.append({"instanceRecord": record, "currentStatus": status, "broadcastAuth": True})
    return {"instances": shown}


@routes.get("licenses.info", query=schemas.LICENSE)
async def license_info(call: Call) -> Answer:
    """The licence: there is none, and nothing is limited."""
    return {
        "license": {
            "activeModules": [],
            "externalModules": [],
            "preventedActions": dict.fromkeys(_LIMITS, False),
            "limits": {name: {"max": -1} for name in _LIMITS},
            "tags": [],
            "trial": False,
        }
    }


@routes.get("licenses.maxActiveUsers")
async def max_active_users(call: Call) -> Answer:
    """How many users may be active (0: any number), and how many are."""
    users = (await statistics.numbers(call.ws.db)).users
    return {"maxActiveUsers": 0, "activeUsers": users.get(("user", True), 0)}


@routes.get("licenses.isEnterprise")
async def is_enterprise(_call: Call) -> Answer:
    """Whether this is the original's enterprise edition."""
    return {"isEnterprise": False}


def _check(call: Call) -> None:
    if not call.ws.authority.allows(_VIEW, call.user):
        raise Failure("error-not-allowed")


async def _counted(call: Call, *, refresh: bool) -> dict[str, Any]:
    db = call.ws.db
    known = None if refresh else await settings.noted(db, _NOTE)
    if known is not None:
        counted: dict[str, Any] = msgspec.json.decode(known)
        return counted
    counted = document(call.services, await statistics.numbers(db))
    changes = Changes()
    settings.note(changes, _NOTE, msgspec.json.encode(counted).decode())
    await db.commit(changes)
    return counted
