"""Public channels: ``channels.*``. What groups have too is in ``room_changes`` and ``room_membership``."""

from __future__ import annotations

from hookroom.errors import Failure
from hookroom.rest import room_changes, room_membership
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import CHANNELS, find, room_answer, rooms_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms import membership, room_settings
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Channels")
room_changes.add(routes, CHANNELS)
room_membership.add(routes, CHANNELS)


@routes.get("channels.list", permissions=("view-c-room", "view-joined-room"), query=schemas.LIST_CHANNELS)
async def list_(call: Call) -> Answer:
    """All public channels, or one's own where one may not see the others."""
    everything = call.ws.authority.allows("view-c-room", call.user)
    which = RoomFilter(
        types=("c",),
        id=call.query.get("_id") or None,
        member=None if everything else call.user.id,
        # Those of a private team are its members' to know.
        open_to=None if call.ws.authority.allows("view-all-teams", call.user) else call.user.id,
    )
    return await rooms_answer(call, "channels", which)


@routes.get("channels.list.joined", query=schemas.PAGE)
async def list_joined(call: Call) -> Answer:
    """The public channels that one is in."""
    return await rooms_answer(call, "channels", RoomFilter(types=("c",), member=call.user.id))


@routes.post("channels.join", body=schemas.JOIN)
async def join(call: Call) -> Answer:
    """Join a channel."""
    room = await find(call, CHANNELS, call.body)
    await membership.join(call.ws, call.user, room, join_code=call.body.get("joinCode"))
    return await room_answer(call, room.id, "channel")


@routes.post("channels.setDefault", body=schemas.SETTING["default"])
async def set_default(call: Call) -> Answer:
    """Say whether new users join the channel."""
    value = call.body.get("default")
    if value is None:
        raise Failure('The bodyParam "default" is required', code="error-channels-setdefault-is-same")
    room = await find(call, CHANNELS, call.body)
    if room.default == value:
        raise Failure(
            "The channel default setting is the same as what it would be changed to.",
            code="error-channels-setdefault-missing-default-param",
        )
    wanted = str(value).lower() in ("true", "1")
    await room_settings.save(call.ws, call.user, room, {"default": wanted})
    return await room_answer(call, room.id, "channel")


@routes.post("channels.setJoinCode", body=schemas.SETTING["joinCode"])
async def set_join_code(call: Call) -> Answer:
    """Set the code that joining the channel takes."""
    code = str(call.body.get("joinCode") or "")
    if not code.strip():
        raise Failure('The bodyParam "joinCode" is required')
    room = await find(call, CHANNELS, call.body)
    await room_settings.save(call.ws, call.user, room, {"joinCode": code})
    return await room_answer(call, room.id, "channel")
