"""Searching messages, people and rooms: ``chat.search``, ``spotlight``, ``directory``."""

from __future__ import annotations

from typing import Final

import msgspec

from hookroom.errors import Failure, NotLoggedIn, Refused
from hookroom.messages import searching
from hookroom.people import browsing, spotlight
from hookroom.people.browsing import Part
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import search as schemas

routes = Routes("Search")

_BAD_DIRECTORY: Final = "Please verify the parameters"


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


@routes.get("spotlight", query=schemas.SPOTLIGHT, login="optional")
async def suggest(call: Call) -> Answer:
    """Users, and channels that one is not in, by part of a name; ``@`` before it: users, ``#``: channels."""
    query = call.query
    if call.caller is None and not call.ws.settings["Accounts_AllowAnonymousRead"]:
        raise NotLoggedIn
    kind = query.get("type") or ""
    return await spotlight.suggest(
        call.ws,
        call.caller,
        query["query"],
        people=kind != "rooms",
        places=kind != "users",
        beside=[name for one in (query.get("usernames") or "").split(",") if (name := one.strip())],
        room_id=query.get("rid") or None,
    )


@routes.get("directory", query=schemas.DIRECTORY)
async def directory(call: Call) -> Answer:
    """Channels, teams or users by part of a name. What to look for may also be JSON, in ``query``."""
    wanted = _wanted(call)
    kind = wanted["type"] or "channels"
    orders = browsing.USER_ORDERS if kind == "users" else tuple(browsing.ROOM_ORDERS)
    # Not by Paging, which takes a query for conditions.
    call.query.pop("query", None)
    paging = Paging.of(call, sortable=orders, order=(("name", 1),))
    if len(paging.sort) > 1:
        raise Failure('This method support only one "sort" parameter')
    by, way = paging.sort[0] if paging.sort else ("name", 1)
    part = Part(wanted["text"], by, 1 if way == 1 else -1, paging.limit, paging.offset)
    if kind == "channels":
        page = await browsing.channels(call.ws, call.user, part)
    elif kind == "teams":
        page = await browsing.main_rooms(call.ws, call.user, part)
    elif kind == "users":
        page = await browsing.people(call.ws, call.user, part)
    else:
        page = None
    if page is None:
        raise Failure(_BAD_DIRECTORY)
    if kind == "users" and wanted["workspace"] == "external":
        page = browsing.Page((), 0)
    return paging.answer("result", page.found, page.total)


def _wanted(call: Call) -> dict[str, str]:
    names = ("text", "type", "workspace")
    text = call.query.get("query") or "{}"
    try:
        given: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Refused("error-invalid-query", "Invalid query parameter provided: not valid JSON") from None
    if not isinstance(given, dict) or not all(isinstance(given.get(name, ""), str) for name in names):
        raise Refused("error-invalid-query", "Invalid query parameter provided: texts are wanted")
    return {name: call.query.get(name) or given.get(name, "") for name in names}
