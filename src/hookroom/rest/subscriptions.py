"""One's memberships, and what of their rooms is read: ``subscriptions.*``."""

from __future__ import annotations

from hookroom.errors import Failure
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rest.updates import since
from hookroom.rooms import room_marks, room_views
from hookroom.storage.tables import removals

routes = Routes("Subscriptions")


@routes.get("subscriptions.get", query=schemas.UPDATED_SINCE)
async def get(call: Call) -> Answer:
    """One's subscriptions, or what changed among them since a moment."""
    ws = call.ws
    moment = since(call, "error-roomId-param-invalid", "updatedSince", shown="lastUpdate")
    if moment is None:
        return {"update": await room_views.memberships(ws, call.user), "remove": []}
    return {
        "update": await room_views.memberships(ws, call.user, changed_after=moment),
        "remove": await removals.since(ws.db, "subscription", moment, scope=call.user.id),
    }


@routes.get("subscriptions.getOne", query=schemas.SUBSCRIPTION)
async def get_one(call: Call) -> Answer:
    """One's subscription to a room, or null."""
    found = await room_views.memberships(call.ws, call.user, room_id=call.query["roomId"])
    return {"subscription": found[0] if found else None}


@routes.post("subscriptions.read", body=schemas.READ)
async def read(call: Call) -> Answer:
    """Mark a room as read."""
    room_id = call.body.get("rid") or call.body["roomId"]
    if await call.ws.directory.room(room_id) is None:
        raise Failure("error-invalid-subscription")
    await room_marks.read(call.ws, call.user, room_id)
    return {}


@routes.post("subscriptions.unread", body=schemas.UNREAD)
async def unread(call: Call) -> Answer:
    """Mark a room as unread, from its last message on or from a given one."""
    if "roomId" in call.body:
        await room_marks.mark_room_unread(call.ws, call.user, call.body["roomId"])
    else:
        message_id = call.body["firstUnreadMessage"]["_id"]
        await room_marks.mark_message_unread(call.ws, call.user, message_id)
    return {}
