"""Messages: posting, sending, editing, deleting, reacting."""

from __future__ import annotations

from hookroom.errors import Failure, Refused
from hookroom.messages import editing, pins, posting, reactions, sending
from hookroom.messages.history import visible_message
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import messages as schemas
from hookroom.rooms.destinations import rooms_of
from hookroom.rules.hook_message import destinations, draft, parse_destination
from hookroom.rules.model import Message
from hookroom.storage.tables import message_pages
from hookroom.storage.tables import messages as table

routes = Routes("Chat")


@routes.post("chat.postMessage", body=schemas.POST)
async def post_message(call: Call) -> Answer:
    """Post a message in one or more rooms.

    ``roomId`` or ``channel`` names them: ``#room``, ``@user``, or an id. All are checked before anything is
    written. Answers the first message.
    """
    ws = call.ws
    message = draft(call.body)
    names = destinations(call.body)
    rooms = await rooms_of(ws, call.user, [parse_destination(name) for name in names])
    posted = await posting.post_many(ws, call.user, [(room, message) for room in rooms])
    return {"ts": ws.now(), "channel": names[0], "message": posted[0]}


@routes.post("chat.sendMessage", body=schemas.SEND)
async def send_message(call: Call) -> Answer:
    """Send a message to a room, under an id of the client's own where it gives one."""
    body = call.body
    return {"message": await sending.send(call.ws, call.user, body["message"], body.get("previewUrls"))}


@routes.post("chat.update", body=schemas.UPDATE)
async def update(call: Call) -> Answer:
    """Change the text of a message."""
    body = call.body
    message = await _of_room(call)
    await editing.edit(
        call.ws,
        call.user,
        message,
        body["text"],
        custom_fields=body.get("customFields"),
        previewed=body.get("previewUrls"),
    )
    return {"message": await message_pages.one(call.ws.db, message.id, call.user.id)}


@routes.post("chat.delete", body=schemas.DELETE)
async def delete(call: Call) -> Answer:
    """Delete a message, with ``asUser`` as if its author did."""
    ws = call.ws
    message = await _of_room(call)
    deleter = call.user
    if call.body.get("asUser") and message.user.id != deleter.id:
        member = await ws.directory.subscription(message.room_id, deleter.id)
        if not ws.authority.allows("force-delete-message", deleter, member):
            raise Failure(
                'Unauthorized. You must have the permission "force-delete-message" to delete other\'s'
                " message as them."
            )
        author = await ws.directory.user(message.user.id)
        if author is None:
            raise Failure("User not found")
        deleter = author
    await editing.delete(ws, deleter, message)
    named = {"_id": message.id, "rid": message.room_id, "u": message.user}
    return {"_id": message.id, "ts": str(ws.now()), "message": named}


@routes.get("chat.getMessage", query=schemas.GET)
async def get_message(call: Call) -> Answer:
    """One message."""
    message_id = call.query["msgId"]
    message = await visible_message(call.ws, call.user, message_id, "getSingleMessage")
    shown = message and await message_pages.one(call.ws.db, message_id, call.user.id)
    if shown is None:
        raise _no_message(message_id)
    return {"message": shown}


@routes.post("chat.react", body=schemas.REACT)
async def react(call: Call) -> Answer:
    """Put an emoji on a message or take it away."""
    body = call.body
    message = await _named(call)
    emoji = body.get("emoji") or body.get("reaction")
    if not emoji:
        raise Refused("error-emoji-param-not-provided", 'The required "emoji" param is missing.')
    await reactions.react(call.ws, call.user, message, emoji, body.get("shouldReact"))
    return {}


@routes.post("chat.starMessage", body=schemas.STAR)
async def star(call: Call) -> Answer:
    """Star a message, for oneself."""
    await pins.star(call.ws, call.user, await _named(call), True)
    return {}


@routes.post("chat.unStarMessage", body=schemas.STAR)
async def unstar(call: Call) -> Answer:
    """Take one's star from a message."""
    await pins.star(call.ws, call.user, await _named(call), False)
    return {}


@routes.post("chat.pinMessage", body=schemas.PIN)
async def pin(call: Call) -> Answer:
    """Pin a message in its room; answers the message that says so."""
    return {"message": await pins.pin(call.ws, call.user, await _named(call))}


@routes.post("chat.unPinMessage", body=schemas.PIN)
async def unpin(call: Call) -> Answer:
    """Unpin a message."""
    await pins.unpin(call.ws, call.user, await _named(call))
    return {}


async def _named(call: Call) -> Message:
    message = await table.by_id(call.ws.db, call.body["messageId"])
    if message is None:
        raise Refused(
            "error-message-not-found", 'The provided "messageId" does not match any existing message.'
        )
    return message


async def _of_room(call: Call) -> Message:
    message = await table.by_id(call.ws.db, call.body["msgId"])
    if message is None:
        raise _no_message(call.body["msgId"])
    if message.room_id != call.body["roomId"]:
        raise Failure("The room id provided does not match where the message is from.")
    return message


def _no_message(message_id: str) -> Failure:
    return Failure(f'No message found with the id of "{message_id}".')
