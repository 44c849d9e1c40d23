"""The rooms of a team: ``teams.addRooms`` and its like."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Failure, Forbidden, NotFound
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import FIELDS, QUERYABLE, rooms_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import teams as schemas
from hookroom.rest.team_lookup import find, named
from hookroom.rooms import room_views
from hookroom.rules.model import Team
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.teams import permission, team_rooms, views

routes = Routes("Teams")

MAX_SUGGESTED: Final = 10
_SUGGESTED: Final = ("_id", "fname", "name", "t", "avatarETag")


@routes.post("teams.addRooms", body=schemas.ADD_ROOMS)
async def add(call: Call) -> Answer:
    """Move rooms that one owns into a team."""
    moved = await team_rooms.add(call.ws, call.user, await find(call, call.body), call.body["rooms"])
    return {"rooms": [await room_views.room(call.ws, room.id) for room in moved]}


@routes.post("teams.removeRoom", body=schemas.REMOVE_ROOM)
async def remove(call: Call) -> Answer:
    """Take a room out of a team."""
    room = await team_rooms.remove(call.ws, call.user, await find(call, call.body), call.body["roomId"])
    return {"room": await room_views.room(call.ws, room.id)}


@routes.post("teams.updateRoom", body=schemas.UPDATE_ROOM)
async def update(call: Call) -> Answer:
    """Say whether the members of a team join a room of it by themselves."""
    room = await team_rooms.set_default(call.ws, call.user, call.body["roomId"], call.body["isDefault"])
    return {"room": await room_views.room(call.ws, room.id)}


@routes.get("teams.listRooms", query=schemas.LIST_ROOMS)
async def list_rooms(call: Call) -> Answer:
    """The rooms of a team beside its main one: all of them, or those that one may see."""
    ws, query = call.ws, call.query
    team = await find(call, query)
    await views.check_rooms_known(ws, call.user, team)
    everything = await permission.allowed(ws, call.user, team, team_rooms.SEE_ALL)
    public = await views.sees_public_rooms(ws, call.user, team)
    which = RoomFilter(
        types=("c", "p"),
        team=team.id,
        except_id=team.room_id,
        term=(query.get("filter") or "").strip(),
        seen_by=call.user.id if public and not everything else None,
        member=None if public or everything else call.user.id,
    )
    if query.get("type") != "autoJoin":
        return await rooms_answer(call, "rooms", which)
    found = await room_views.rooms(ws, which, (("name", 1),))
    return _paging(call).picked("rooms", [room for room in found if room.get("teamDefault")])


@routes.get("teams.listRoomsOfUser", query=schemas.LIST_ROOMS_OF_USER)
async def list_rooms_of_user(call: Call) -> Answer:
    """The rooms of a team that a user is in; others than oneself only with view-all-team-channels."""
    ws, query = call.ws, call.query
    team = await find(call, query)
    user_id = query["userId"]
    if user_id != call.user.id and not await permission.allowed(ws, call.user, team, team_rooms.SEE_ALL):
        raise Forbidden
    await views.check_rooms_known(ws, call.user, team)
    user = await ws.directory.user(user_id)
    deletable = query.get("canUserDelete") is True
    found = [] if user is None else await views.rooms_of(ws, user, team, deletable=deletable)
    return _paging(call).picked("rooms", found)


@routes.get("teams.listChildren", query=schemas.LIST_CHILDREN)
async def list_children(call: Call) -> Answer:
    """The rooms of one's team and the discussions of its main room that one may see."""
    ws, query = call.ws, call.query
    team = await _of_room(call, query["roomId"]) if "roomId" in query else await named(call, query)
    if team is None:
        raise NotFound("Resource not found")
    if await ws.directory.subscription(team.room_id, call.user.id) is None:
        raise Failure("error-invalid-team-not-a-member")
    kind, public = query.get("type") or "", await views.sees_public_rooms(ws, call.user, team)
    which = RoomFilter(
        types=("c", "p"),
        team=team.id if kind.startswith("channel") else None,
        parent=team.room_id if kind.startswith("discussion") else None,
        children=None if kind else (team.id, team.room_id),
        term=(query.get("filter") or "").strip(),
        seen_by=call.user.id if public else None,
        member=None if public else call.user.id,
    )
    return await rooms_answer(call, "data", which)


@routes.get("rooms.autocomplete.availableForTeams", query=schemas.AUTOCOMPLETE)
async def suggest(call: Call) -> Answer:
    """Rooms that one owns and that are of no team, whose names begin with a text."""
    which = RoomFilter(types=("c", "p"), placed="free", owner=call.user.id, start=call.query["name"].strip())
    found = await room_views.rooms(call.ws, which, (("name", 1),), count=MAX_SUGGESTED)
    return {"items": [{key: room[key] for key in _SUGGESTED if key in room} for room in found]}


async def _of_room(call: Call, room_id: Any) -> Team | None:
    return await team_rooms.team_of(call.ws, str(room_id))


def _paging(call: Call) -> Paging:
    return Paging.of(call, sortable=QUERYABLE, fields=FIELDS, queryable=QUERYABLE)
