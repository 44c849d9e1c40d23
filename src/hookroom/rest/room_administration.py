"""Looking for rooms: by administrators among all of them, by everybody among their own."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure, Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import rooms_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms import room_views
from hookroom.rules.model import RoomType
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Room administration")

MAX_SUGGESTED: Final = 10
_SUGGESTED: Final = ("_id", "fname", "name", "t")
_TYPES: Final[dict[str, RoomType]] = {"c": "c", "p": "p", "d": "d"}


@routes.get("rooms.adminRooms", query=schemas.ADMIN_ROOMS)
async def admin_rooms(call: Call) -> Answer:
    """All rooms of the server, by name and kind."""
    _check_may_administer(call)
    which = RoomFilter(types=_types(call), term=str(call.query.get("filter") or "").strip())
    return await rooms_answer(call, "rooms", which, (("default", -1), ("name", 1)))


@routes.get("rooms.adminRooms.getRoom", query=schemas.ADMIN_ROOM)
async def admin_room(call: Call) -> Answer:
    """One room of the server."""
    _check_may_administer(call)
    room = await room_views.room(call.ws, str(call.query.get("rid", "")))
    if room is None:
        raise Failure("not-allowed", code="Not Allowed")
    return room


@routes.get("rooms.autocomplete.adminRooms", query=schemas.AUTOCOMPLETE)
async def suggest_any(call: Call) -> Answer:
    """Rooms of the server whose names begin with a text."""
    _check_may_administer(call)
    found = await room_views.rooms(
        call.ws, RoomFilter(start=_selected(call)), (("name", 1),), count=MAX_SUGGESTED
    )
    return {"items": [_suggestion(room) for room in found]}


@routes.get("rooms.autocomplete.channelAndPrivate", query=schemas.AUTOCOMPLETE)
async def suggest(call: Call) -> Answer:
    """One's channels and groups whose names begin with a text."""
    found = await room_views.rooms(call.ws, _own(call), (("name", 1),), count=MAX_SUGGESTED)
    return {"items": [_suggestion(room) for room in found]}


@routes.get("rooms.autocomplete.channelAndPrivate.withPagination", query=schemas.AUTOCOMPLETE)
async def suggest_pages(call: Call) -> Answer:
    """One's channels and groups whose names begin with a text, a page at a time."""
    answer = await rooms_answer(call, "items", _own(call))
    return {"items": [_suggestion(room) for room in answer["items"]], "total": answer["total"]}


def _check_may_administer(call: Call) -> None:
    if not call.ws.authority.allows("view-room-administration", call.user):
        raise Failure("error-not-authorized")


def _own(call: Call) -> RoomFilter:
    return RoomFilter(types=("c", "p"), member=call.user.id, start=_selected(call))


def _selected(call: Call) -> str:
    """The ``name`` of ``selector``, which is JSON."""
    text = call.query.get("selector")
    if not text:
        raise Failure("The 'selector' param is required")
    try:
        selector = msgspec.json.decode(str(text))
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Refused("error-invalid-selector", "The 'selector' param must be JSON") from None
    name = selector.get("name") if isinstance(selector, dict) else None
    if not isinstance(name, str):
        raise Refused("error-invalid-selector", "The 'selector' param must have a name")
    return name.strip()


def _types(call: Call) -> tuple[RoomType, ...]:
    value = call.query.get("types", call.query.get("types[]"))
    asked = [value] if isinstance(value, str) else value or []
    return tuple(_TYPES[one] for one in asked if one in _TYPES) or tuple(_TYPES.values())


def _suggestion(room: dict[str, Any]) -> dict[str, Any]:
    return {name: room[name] for name in _SUGGESTED if name in room}
