"""Direct rooms: ``im.*``, and the same as ``dm.*``."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Failure, Forbidden, Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import find_direct, not_found, rooms_answer
from hookroom.rest.room_membership import members_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms import blocking, room_life, room_marks, room_settings, room_views
from hookroom.rooms.access import may_see
from hookroom.rooms.direct_rooms import open_direct
from hookroom.rules.model import Room
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Direct messages")


def _paths(name: str) -> tuple[str, str]:
    return f"im.{name}", f"dm.{name}"


@routes.post(*_paths("create"), body=schemas.DIRECT_CREATE)
async def create(call: Call) -> Answer:
    """Open the direct room with one user (`username`) or several (`usernames`)."""
    ws = call.ws
    names = [call.body["username"]] if "username" in call.body else call.body["usernames"].split(",")
    others = []
    for name in names:
        user = await ws.directory.user_named(name.strip())
        if user is None:
            raise Refused("error-invalid-user", "Invalid user", method="createDirectMessage")
        others.append(user)
    room = await open_direct(ws, call.user, others, exclude_self=bool(call.body.get("excludeSelf")))
    shown = await room_views.opened(ws, call.user, room.id)
    if shown is None:
        raise not_found("room")
    return {"room": {**shown, "rid": room.id}}


@routes.get(*_paths("list"), query=schemas.PAGE)
async def list_(call: Call) -> Answer:
    """The direct rooms that one is in."""
    return await rooms_answer(call, "ims", RoomFilter(types=("d",), member=call.user.id))


@routes.get(*_paths("list.everyone"), permissions=("view-room-administration",), query=schemas.PAGE)
async def list_everyone(call: Call) -> Answer:
    """All direct rooms of the server."""
    return await rooms_answer(call, "ims", RoomFilter(types=("d",)))


@routes.get(*_paths("members"), query=schemas.DIRECT_MEMBERS)
async def members(call: Call) -> Answer:
    """The members of a direct room."""
    room = await _visible(call, call.query)
    return await members_answer(call, room.id, by_role=False)


@routes.get(*_paths("counters"), query=schemas.DIRECT_COUNTERS)
async def counters(call: Call) -> Answer:
    """How many members and messages the room has, and how many a user has not read."""
    ws = call.ws
    access = ws.authority.allows("view-room-administration", call.user)
    user_id = call.query.get("userId")
    if user_id and not access:
        raise Forbidden
    user = await ws.directory.user(user_id) if user_id else call.user
    room = await ws.directory.room(call.query["roomId"])
    if user is None or room is None or room.type != "d" or not await may_see(ws, user, room):
        raise Forbidden
    return await room_views.counters(ws, user, room.id, access=access)


@routes.post(*_paths("open"), body=schemas.ROOM_ID)
async def open_(call: Call) -> Answer:
    """Put the room back into one's list."""
    room = await _visible(call, call.body)
    await room_marks.show(call.ws, call.user, room.id)
    return {}


@routes.post(*_paths("close"), body=schemas.ROOM_ID)
async def close(call: Call) -> Answer:
    """Take the room out of one's list until somebody writes in it."""
    room = await _visible(call, call.body)
    found = await room_views.memberships(call.ws, call.user, room_id=room.id)
    if not found:
        raise Failure("The user is not subscribed to the room")
    if not found[0]["open"]:
        raise Failure("The direct message room, is already closed to the sender")
    await room_marks.hide(call.ws, call.user, room.id)
    return {}


@routes.post(*_paths("setTopic"), body=schemas.DIRECT_TOPIC)
async def set_topic(call: Call) -> Answer:
    """Change the topic of the room."""
    room = await _visible(call, call.body)
    topic = call.body.get("topic") or ""
    await room_settings.save(call.ws, call.user, room, {"roomTopic": topic})
    return {"topic": topic}


@routes.post(*_paths("blockUser"), body=schemas.BLOCK)
async def block_user(call: Call) -> Answer:
    """Keep the other member from writing to one, or let them in again."""
    room = await _visible(call, call.body)
    await blocking.block(call.ws, call.user, room, call.body["block"])
    return {}


@routes.post(*_paths("delete"), body=schemas.DIRECT)
async def delete(call: Call) -> Answer:
    """Remove the room with all its messages."""
    ws = call.ws
    room = await find_direct(call, call.body)
    if not await may_see(ws, call.user, room) and not ws.authority.allows(
        "view-room-administration", call.user
    ):
        raise Refused("error-not-allowed", "Not allowed")
    await room_life.erase(ws, call.user, room)
    return {}


async def _visible(call: Call, params: dict[str, Any]) -> Room:
    room = await find_direct(call, params)
    if not await may_see(call.ws, call.user, room):
        raise Forbidden
    return room
