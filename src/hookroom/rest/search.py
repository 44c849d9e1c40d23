"""Searching messages, people and rooms: ``chat.search``, ``spotlight``, ``directory``."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.messages import searching
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import search as schemas

routes = Routes("Search")


@routes.get("chat.search", query=schemas.MESSAGES)
async def search_messages(call: Call) -> Answer:
    """Messages of a room by their words and by what is special about them."""
    for name in ("roomId", "searchText"):
        if not call.query.get(name):
            raise Refused(
                f"error-{name}-param-not-provided", f'The required "{name}" query param is missing.'
            )
    paging = Paging.of(call)
    found = await searching.in_room(
        call.ws,
        call.services.search_index,
        call.user,
        call.query["roomId"],
        call.query["searchText"],
        count=paging.limit,
        offset=paging.offset,
    )
    return {"messages": found}
