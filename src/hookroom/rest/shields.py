"""Badges for web pages: ``shield.svg`` (settings ``API_Enable_Shields``, ``API_Shield_…``)."""

from __future__ import annotations

from hookroom.errors import Failure, Refused
from hookroom.rest.call import Call, Content
from hookroom.rest.routes import Rate, Routes
from hookroom.rest.schemas import shields as schemas
from hookroom.rest.user_params import named_user
from hookroom.rules.shield import GREEN, STATUS_COLOURS, shield
from hookroom.storage.tables import statistics

routes = Routes("Badges")

_ROUTE = "/api/v1/shield.svg"


@routes.get(
    "shield.svg",
    query=schemas.SHIELD,
    login="optional",
    rate=Rate(60, 60_000),
    content=(200, "image/svg+xml"),
)
async def get(call: Call) -> Content:
    """A badge: how many are online, a channel, a user's status, or an invitation."""
    ws, query = call.ws, call.query
    if not ws.settings["API_Enable_Shields"]:
        raise Refused("error-endpoint-disabled", "This endpoint is disabled", details={"route": _ROUTE})
    kind, types = query.get("type"), ws.settings["API_Shield_Types"]
    if kind and types != "*" and kind not in {one.strip() for one in types.split(",")}:
        raise Refused("error-shield-disabled", "This shield type is disabled", details={"route": _ROUTE})
    icon, name = query.get("icon") != "false", (query.get("name") or "").strip()
    if not icon and not name:
        raise Failure("Name cannot be empty when icon is hidden")
    text, colour = await _shown(call, kind)
    badge = shield(name, text, colour, icon=icon)
    return Content(badge, "image/svg+xml", headers={"Cache-Control": "public, max-age=60"})


async def _shown(call: Call, kind: str | None) -> tuple[str, str]:
    ws, query = call.ws, call.query
    if kind == "online":
        return f"{sum((await statistics.numbers(ws.db)).presences.values())} Online", GREEN
    if kind == "channel":
        if not query.get("channel"):
            raise Failure('Shield channel is required for type "channel"')
        return f"#{query['channel']}", GREEN
    if kind == "user":
        if ws.settings["API_Shield_user_require_auth"] and call.caller is None:
            raise Failure("You must be logged in to do this.")
        user = await named_user(ws, query)
        return f"@{user.username}", STATUS_COLOURS.get(user.status, GREEN)
    return "JOIN CHAT", GREEN
