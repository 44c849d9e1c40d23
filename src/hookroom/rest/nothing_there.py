"""Listings that clients ask for when they start, of what this server never has any: banners and sounds."""

from __future__ import annotations

from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.rooms import PAGE

routes = Routes("Web client")


@routes.get("banners", "banners/{banner_id}")
async def banners(_call: Call) -> Answer:
    """Banners for the caller: none."""
    return {"banners": []}


@routes.get("custom-sounds.list", query=PAGE)
async def custom_sounds(call: Call) -> Answer:
    """Sounds that were added to those of the clients: none."""
    return Paging.of(call, sortable=("name",)).answer("sounds", [], 0)
