"""Links that let people into a room: ``findOrCreateInvite``, ``useInviteToken`` and their like."""

from __future__ import annotations

import msgspec

from hookroom.rest.call import Answer, Call, Content
from hookroom.rest.endpoint import JSON
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import teams as schemas
from hookroom.rooms import invites

routes = Routes("Invites")


@routes.post("findOrCreateInvite", body=schemas.INVITE)
async def find_or_create(call: Call) -> Answer:
    """One's link into a room, for so many days and uses (0: any number)."""
    body = call.body
    invite = await invites.find_or_create(
        call.ws, call.user, body["rid"], int(body["days"]), int(body["maxUses"])
    )
    return invites.answer(call.ws, invite)


@routes.get("listInvites", content=(200, JSON))
async def list_(call: Call) -> Content:
    """All links of the server: a list and nothing around it, as in the original."""
    found = [invites.answer(call.ws, one) for one in await invites.listed(call.ws, call.user)]
    return Content(msgspec.json.encode(found), JSON)


@routes.add("DELETE", "removeInvite/{_id}")
async def remove(call: Call) -> Answer:
    """Make a link worthless."""
    await invites.remove(call.ws, call.user, call.path["_id"])
    return {}


@routes.post("useInviteToken", body=schemas.TOKEN)
async def use(call: Call) -> Answer:
    """Enter the room that a link leads to."""
    room = await invites.use(call.ws, call.user, call.body["token"])
    named = {
        "rid": room.id,
        "prid": room.parent_id,
        "fname": room.display_name,
        "name": room.name,
        "t": room.type,
    }
    return {"room": {key: value for key, value in named.items() if value is not None}}


@routes.post("validateInviteToken", login="optional", body=schemas.TOKEN)
async def validate(call: Call) -> Answer:
    """Whether a link is good still."""
    return {"valid": await invites.is_good(call.ws, call.body["token"])}
