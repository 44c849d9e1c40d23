"""Searching messages, people and rooms."""

from __future__ import annotations

from typing import Any, Final, Literal

from hookroom.errors import NotLoggedIn
from hookroom.messages import searching
from hookroom.methods.params import maybe_record, maybe_text, number, record, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import browsing, spotlight
from hookroom.people.browsing import Part

methods = Methods("Search")

MAX_FOUND: Final = 100
"""Messages, rooms or users that one answer has at most."""


@methods.add("messageSearch")
async def message_search(
    call: MethodCall, words: Any, room_id: Any = None, limit: Any = None, offset: Any = None
) -> dict[str, Any]:
    """Messages of a room, or without one of all that one is in: ``{message: {docs}}``."""
    return await _messages(call, text(words, "text"), maybe_text(room_id, "rid"), limit, offset)


@methods.add("rocketchatSearch.search")
async def search(call: MethodCall, words: Any, context: Any = None, payload: Any = None) -> dict[str, Any]:
    """``messageSearch`` with the room as ``{rid}``, and ``{limit, searchAll}``."""
    place, options = maybe_record(context, "context"), maybe_record(payload, "payload")
    room_id = None if options.get("searchAll") is True else maybe_text(place.get("rid"), "rid")
    return await _messages(call, text(words, "text"), room_id, options.get("limit"), None)


@methods.add("spotlight", login="optional")
async def suggest(
    call: MethodCall, words: Any, beside: Any = None, wanted: Any = None, room_id: Any = None
) -> dict[str, Any]:
    """Users and rooms by part of a name (``{users, rooms}``); ``wanted`` is ``{users, rooms}`` too.

    ``beside`` are user names that are known already; users of the room ``room_id`` come first.
    """
    if call.caller is None and not call.ws.settings["Accounts_AllowAnonymousRead"]:
        raise NotLoggedIn
    kinds = {"users": True, "rooms": True} if wanted is None else record(wanted, "type")
    return await spotlight.suggest(
        call.ws,
        call.caller,
        text(words, "text"),
        people=bool(kinds.get("users")),
        places=bool(kinds.get("rooms")),
        beside=() if beside is None else texts(beside, "usernames"),
        room_id=maybe_text(room_id, "rid") or None,
    )


@methods.add("browseChannels")
async def browse_channels(call: MethodCall, asked: Any = None) -> dict[str, Any] | None:
    """The directory: ``{text, type, sortBy, sortDirection, page, offset, limit}``; answers ``{total, results}``.

    ``type`` is ``channels``, ``teams`` or ``users``. Nothing for an order that there is not, and for who may not
    see them.
    """
    given = maybe_record(asked)
    kind = maybe_text(given.get("type"), "type") or "channels"
    by = maybe_text(given.get("sortBy"), "sortBy") or "name"
    way = _WAYS.get(maybe_text(given.get("sortDirection"), "sortDirection") or "asc")
    count = number(given.get("limit"), "limit", default=10, most=MAX_FOUND) or MAX_FOUND
    skip = number(given.get("offset"), "offset", default=0)
    page = number(given.get("page"), "page", default=0)
    known = browsing.USER_ORDERS if kind == "users" else browsing.ROOM_ORDERS
    if by not in known or way is None:
        return None
    # As the original: pages are of one size, an offset says the same.
    start = page * count if page else skip
    part = Part(maybe_text(given.get("text"), "text") or "", by, way, count, start)
    if kind == "channels":
        found = await browsing.channels(call.ws, call.user, part)
    elif kind == "teams":
        found = await browsing.main_rooms(call.ws, call.user, part)
    elif kind == "users":
        found = await browsing.people(call.ws, call.user, part)
    else:
        return None
    return None if found is None else {"total": found.total, "results": found.found}


_WAYS: Final[dict[str, Literal[1, -1]]] = {"asc": 1, "desc": -1}


async def _messages(
    call: MethodCall, words: str, room_id: str | None, limit: Any, offset: Any
) -> dict[str, Any]:
    index = call.services.search_index
    count = number(limit, "limit", default=20, most=MAX_FOUND) or MAX_FOUND
    start = number(offset, "offset", default=0)
    if room_id:
        found = await searching.in_room(call.ws, index, call.user, room_id, words, count=count, offset=start)
    else:
        found = await searching.everywhere(call.ws, index, call.user, words, count=count, offset=start)
    return {"message": {"docs": found}}
