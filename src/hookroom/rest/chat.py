"""Messages: ``chat.*``."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rooms import messages
from hookroom.rules.hook_message import destinations, draft, parse_destination

routes = Routes("Chat")


@routes.post("chat.postMessage")
async def post_message(call: Call) -> Answer:
    """Post a message in one or more rooms."""
    ws = call.ws
    message = None
    for name in destinations(call.body):
        target = parse_destination(name)
        room = await ws.directory.room(target.value) or await ws.directory.room_named(target.value)
        if room is None:
            raise Refused("invalid-channel")
        message = await messages.post(ws, call.user, room, draft(call.body))
    assert message is not None
    return {"ts": ws.now(), "channel": name, "message": message}
