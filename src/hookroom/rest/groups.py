"""Private groups: ``groups.*``. What channels have too is in ``room_changes`` and ``room_membership``."""

from __future__ import annotations

from hookroom.rest import room_changes, room_membership
from hookroom.rest.call import Answer, Call
from hookroom.rest.room_lookup import GROUPS, rooms_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Groups")
room_changes.add(routes, GROUPS)
room_membership.add(routes, GROUPS)


@routes.get("groups.list", query=schemas.PAGE)
async def list_(call: Call) -> Answer:
    """The private groups that one is in."""
    return await rooms_answer(call, "groups", RoomFilter(types=("p",), member=call.user.id))


@routes.get("groups.listAll", permissions=("view-room-administration",), query=schemas.PAGE)
async def list_all(call: Call) -> Answer:
    """All private groups of the server."""
    return await rooms_answer(call, "groups", RoomFilter(types=("p",)))
