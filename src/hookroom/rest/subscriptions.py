"""One's memberships, and what of their rooms is read: ``subscriptions.*``."""

from __future__ import annotations

from hookroom.errors import Failure
from hookroom.messages import threads
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import messages as message_schemas
from hookroom.rest.schemas import rooms as schemas
from hookroom.rest.updates import since
from hookroom.rooms import ignoring, room_marks, room_views
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
    """Mark a room as read, with ``readThreads`` its threads too."""
    room_id = call.body.get("rid") or call.body["roomId"]
    if await call.ws.directory.room(room_id) is None:
        raise Failure("error-invalid-subscription")
    if call.body.get("readThreads"):
        await threads.read_all(call.ws, call.user, room_id)
    await room_marks.read(call.ws, call.user, room_id)
    return {}


@routes.post("rooms.saveNotification", body=schemas.SAVE_NOTIFICATION)
async def save_notification(call: Call) -> Answer:
    """Set how one is told of a room."""
    room_id, fields = call.body.get("roomId"), call.body.get("notifications")
    if not room_id:
        raise Failure("The 'roomId' param is required")
    if not fields:
        raise Failure("The 'notifications' param is required")
    await room_marks.save_notifications(call.ws, call.user, room_id, fields)
    return {}


@routes.get("chat.ignoreUser", query=message_schemas.IGNORE)
async def ignore_user(call: Call) -> Answer:
    """Ignore what another member writes in a room, or do so no longer."""
    query = call.query
    wanted = "true" in query["ignore"] or "1" in query["ignore"]
    await ignoring.ignore(call.ws, call.user, query["rid"], query["userId"], wanted)
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
