"""Finding rooms, and who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hookroom.errors import Refused
from hookroom.methods import finding
from hookroom.methods.params import flag, maybe_record, maybe_text, number, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms import room_views
from hookroom.rooms.access import may_see
from hookroom.storage.tables.room_listings import Order, RoomFilter
from hookroom.storage.tables.room_members import MemberFilter, MemberOrder

methods = Methods("Finding rooms")

MAX_LISTED: Final = 500
"""Rooms or members that one answer has at most."""

_PRESENT: Final = ("online", "away", "busy")


@methods.add("getRoomIdByNameOrId")
async def get_room_id_by_name_or_id(call: MethodCall, key: Any) -> str:
    """The id of a room by its name or id."""
    return (await finding.seen_room(call, key, named=True)).id


@methods.add("getRoomNameById")
async def get_room_name_by_id(call: MethodCall, room_id: Any) -> str | None:
    """The name of a room; direct rooms have none."""
    return (await finding.seen_room(call, room_id)).name


@methods.add("getRoomById")
async def get_room_by_id(call: MethodCall, room_id: Any) -> dict[str, Any] | None:
    """A room."""
    return await room_views.room(call.ws, (await finding.seen_room(call, room_id)).id)


@methods.add("getRoomByTypeAndName")
async def get_room_by_type_and_name(call: MethodCall, kind: Any, name: Any) -> dict[str, Any] | None:
    """A room by its kind (``c``, ``p``, ``d``) and its name, a direct one by its id."""
    asked = text(kind, "type")
    room = await finding.seen_room(call, name, "name", named=True)
    if room.type != asked:
        raise Refused("error-invalid-room", "Invalid room", method=call.method)
    return await room_views.room(call.ws, room.id)


@methods.add("getUsersOfRoom")
async def get_users_of_room(
    call: MethodCall, room_id: Any, show_all: Any = None, options: Any = None, term: Any = None
) -> dict[str, Any]:
    """Members of a room (``{total, records}``): those who are there, or with ``show_all`` everybody."""
    everybody = flag(show_all, "showAll", default=False)
    given = maybe_record(options, "options")
    limit = number(given.get("limit"), "limit", default=0, most=MAX_LISTED) or MAX_LISTED
    skip = number(given.get("skip"), "skip", default=0)
    which = maybe_text(term, "filter") or ""
    room = await finding.seen_room(call, room_id)
    ws = call.ws
    member = await ws.directory.subscription(room.id, call.user.id)
    if room.broadcast and not ws.authority.allows("view-broadcast-member-list", call.user, member):
        raise Refused("error-not-allowed", "Not allowed", method=call.method)
    found, total = await room_views.members(
        ws,
        MemberFilter(room_id=room.id, term=which),
        MemberOrder(),
        statuses=() if everybody else _PRESENT,
        count=limit,
        offset=skip,
    )
    return {"total": total, "records": found}


@methods.add("getRoomRoles")
async def get_room_roles(call: MethodCall, room_id: Any) -> Sequence[dict[str, Any]]:
    """The owners, moderators and leaders of a room."""
    room = await finding.room(call, room_id)
    if not await may_see(call.ws, call.user, room):
        raise Refused("error-invalid-user", "Invalid user", method=call.method)
    return await room_views.role_holders(call.ws, room.id)


@methods.add("channelsList")
async def channels_list(
    call: MethodCall, term: Any, kind: Any, limit: Any = None, sort: Any = None
) -> dict[str, Any]:
    """Rooms by a part of their names (``{channels}``): ``public`` ones, one's ``private`` ones, or both.

    ``sort`` is ``name`` or ``msgs``.
    """
    named, asked = text(term, "filter"), text(kind, "channelType")
    order: Order = (("msgs", -1),) if maybe_text(sort, "sort") == "msgs" else (("name", 1),)
    count = number(limit, "limit", default=0, most=MAX_LISTED) or MAX_LISTED
    ws, user = call.ws, call.user
    found: list[dict[str, Any]] = []
    if asked in ("public", ""):
        everything = ws.authority.allows("view-c-room", user)
        which = RoomFilter(types=("c",), term=named, member=None if everything else user.id)
        for one in await room_views.rooms(ws, which, order, count=count):
            room = await ws.directory.room(one["_id"])
            if room is not None and await may_see(ws, user, room):
                found.append(one)
    if asked in ("private", ""):
        which = RoomFilter(types=("p",), term=named, member=user.id)
        found += await room_views.rooms(ws, which, order, count=count)
    return {"channels": [{field: one[field] for field in _FIELDS if field in one} for one in found]}


_FIELDS: Final = ("_id", "name", "fname", "t", "msgs", "usersCount", "topic", "ts", "lm", "default", "ro")


@methods.add("getTotalChannels")
async def get_total_channels(call: MethodCall) -> int:
    """How many public channels there are."""
    return await room_views.room_total(call.ws, RoomFilter(types=("c",)))
