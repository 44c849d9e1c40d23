"""Previews of links: ``chat.getURLPreview``."""

from __future__ import annotations

from hookroom.messages.history import check_may_see
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import search as schemas

routes = Routes("Chat")


@routes.get("chat.getURLPreview", query=schemas.PREVIEW)
async def preview(call: Call) -> Answer:
    """What the page behind a link says of itself, for a message in a room that one sees."""
    await check_may_see(call.ws, call.user, await call.ws.directory.room(call.query["roomId"]))
    found = await call.services.link_previews.preview(call.query["url"])
    return {"urlPreview": {**found, "ignoreParse": True}}
