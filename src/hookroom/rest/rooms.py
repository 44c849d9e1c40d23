"""Rooms of any kind: ``rooms.*``. What administrators see of all of them is in ``room_administration``."""

from __future__ import annotations

from typing import Final

from hookroom.errors import Failure, Forbidden, NotFound, Refused
from hookroom.rest import room_pictures
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import FIELDS, find_any, find_user
from hookroom.rest.room_membership import check_may_list, members_answer
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rest.updates import since
from hookroom.rooms import membership, room_life, room_marks, room_muting, room_settings, room_views
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room
from hookroom.storage.tables import removals
from hookroom.storage.tables.room_listings import RoomFilter

routes = Routes("Rooms")

_TEAM: Final = {"_id": "id", "name": "name", "roomId": "room_id", "type": "type"}
"""What of a room's team is told with the room."""

_OF_PARENT = ("_id", "name", "fname", "t", "prid", "u")


@routes.get("rooms.get", query=schemas.UPDATED_SINCE)
async def get(call: Call) -> Answer:
    """One's rooms, or what changed among them since a moment."""
    moment = since(call, "error-updatedSince-param-invalid", "updatedSince")
    which = RoomFilter(member=call.user.id, changed_after=moment)
    removed = [] if moment is None else await removals.since(call.ws.db, "room", moment)
    return {"update": await room_views.rooms(call.ws, which), "remove": removed}


@routes.get("rooms.info", query=schemas.ROOM_INFO)
async def info(call: Call) -> Answer:
    """One room."""
    room = await find_any(call, call.query)
    if not await may_see(call.ws, call.user, room):
        raise Failure("not-allowed", code="Not Allowed")
    shown = Paging.of(call, fields=FIELDS).fields
    answer = await room_views.room(call.ws, room.id)
    parent = await room_views.room(call.ws, room.parent_id) if room.parent_id else None
    team = await call.ws.directory.team(room.team_id) if room.team_id else None
    if team is not None and parent is None and not room.team_main:
        parent = await room_views.room(call.ws, team.room_id)
    return {
        "room": shown.of(answer) if answer is not None else None,
        # Who is in a discussion, or in a room of a team, need not see what is said around it.
        **({"parent": {name: parent[name] for name in _OF_PARENT if name in parent}} if parent else {}),
        **({"team": {key: getattr(team, name) for key, name in _TEAM.items()}} if team else {}),
    }


@routes.get("rooms.nameExists", query=schemas.NAME_EXISTS)
async def name_exists(call: Call) -> Answer:
    """Whether a channel or group of that name exists."""
    return {"exists": await call.ws.directory.room_named(call.query["roomName"]) is not None}


@routes.post("rooms.join", body=schemas.JOIN)
async def join(call: Call) -> Answer:
    """Join a room."""
    room = await find_any(call, call.body)
    await membership.join(call.ws, call.user, room, join_code=call.body.get("joinCode"))
    return {"room": await room_views.room(call.ws, room.id)}


@routes.post("rooms.leave", body=schemas.LOOSE_ROOM)
async def leave(call: Call) -> Answer:
    """Leave a room."""
    await membership.leave(call.ws, call.user, await find_any(call, call.body))
    return {}


@routes.post("rooms.delete", body=schemas.DELETE)
async def delete(call: Call) -> Answer:
    """Remove a room with all its messages."""
    room_id = call.body.get("roomId")
    if not room_id:
        raise Failure("The 'roomId' param is required")
    await room_life.erase(call.ws, call.user, await _existing(call, room_id, "eraseRoom"))
    return {}


@routes.post("rooms.favorite", body=schemas.FAVORITE)
async def favorite(call: Call) -> Answer:
    """Give a room a star, or take it away."""
    if "favorite" not in call.body:
        raise Failure("The 'favorite' param is required")
    room = await find_any(call, call.body)
    await room_marks.favor(call.ws, call.user, room.id, call.body["favorite"])
    return {}


@routes.post("rooms.open", body=schemas.ROOM_ID)
async def open_(call: Call) -> Answer:
    """Put a room back into one's list."""
    await room_marks.show(call.ws, call.user, call.body["roomId"])
    return {}


@routes.post("rooms.hide", "rooms.close", body=schemas.ROOM_ID)
async def hide(call: Call) -> Answer:
    """Take a room out of one's list until somebody writes in it."""
    room_id = call.body["roomId"]
    found = await room_views.memberships(call.ws, call.user, room_id=room_id)
    if found and not found[0]["open"]:
        raise Failure("error-room-already-hidden")
    await room_marks.hide(call.ws, call.user, room_id)
    return {}


@routes.post("rooms.saveRoomSettings", body=schemas.SAVE_SETTINGS)
async def save_settings(call: Call) -> Answer:
    """Change settings of a room, all at once."""
    settings = dict(call.body)
    room = await _existing(call, settings.pop("rid", ""), "saveRoomSettings")
    pictured = "roomAvatar" in settings
    picture = await room_pictures.checked(call, room, settings.pop("roomAvatar")) if pictured else None
    saved = await room_settings.save(call.ws, call.user, room, settings)
    if pictured:
        await room_pictures.save(call, saved, picture)
    return {"rid": room.id}


@routes.post("rooms.changeArchivationState", body=schemas.ARCHIVATION)
async def change_archivation_state(call: Call) -> Answer:
    """Archive a room (`action` is `archive`) or open it again."""
    archiving = call.body.get("action") == "archive"
    method = "archiveRoom" if archiving else "unarchiveRoom"
    room = await _existing(call, call.body.get("rid", ""), method)
    change = room_life.archive if archiving else room_life.unarchive
    await change(call.ws, call.user, room)
    return {}


@routes.post("rooms.muteUser", body=schemas.MUTE)
async def mute_user(call: Call) -> Answer:
    """Keep a member from writing in the room."""
    user = await find_user(call, call.body)
    room = await _existing(call, call.body["roomId"], "muteUserInRoom")
    await room_muting.mute(call.ws, call.user, user, room)
    return {}


@routes.post("rooms.unmuteUser", body=schemas.MUTE)
async def unmute_user(call: Call) -> Answer:
    """Let a member write in the room again."""
    user = await find_user(call, call.body)
    room = await _existing(call, call.body["roomId"], "unmuteUserInRoom")
    await room_muting.unmute(call.ws, call.user, user, room)
    return {}


@routes.get("rooms.isMember", query=schemas.IS_MEMBER)
async def is_member(call: Call) -> Answer:
    """Whether a user is in a room that one sees."""
    ws = call.ws
    room = await find_any(call, {"roomId": call.query["roomId"]})
    name = call.query.get("userId") or call.query["username"]
    user = await ws.directory.user(name) or await ws.directory.user_named(name)
    if user is None:
        raise Failure("error-user-not-found")
    if not await may_see(ws, call.user, room):
        raise Forbidden
    return {"isMember": await ws.directory.subscription(room.id, user.id) is not None}


@routes.get("rooms.roles", query=schemas.ROOM_ROLES)
async def roles(call: Call) -> Answer:
    """The owners, moderators and leaders of a room."""
    room = await _existing(call, call.query["rid"], "getRoomRoles")
    if not await may_see(call.ws, call.user, room):
        raise Refused("error-invalid-user", "Invalid user", method="getRoomRoles")
    return {"roles": await room_views.role_holders(call.ws, room.id)}


@routes.get("rooms.membersOrderedByRole", query=schemas.ORDERED_MEMBERS)
async def members_ordered_by_role(call: Call) -> Answer:
    """The members of a channel or group, its owners and moderators first."""
    room = await find_any(call, call.query, archived=True)
    if not await may_see(call.ws, call.user, room):
        raise NotFound('The required "roomId" or "roomName" param provided does not match any room')
    if room.type == "d":
        raise Failure("error-room-type-not-supported")
    await check_may_list(call, room)
    return await members_answer(call, room.id, by_role=True)


async def _existing(call: Call, room_id: object, method: str) -> Room:
    """The room of that id. Raises ``Refused`` (``error-invalid-room``)."""
    room = await call.ws.directory.room(str(room_id))
    if room is None:
        raise Refused("error-invalid-room", "Invalid room", method=method)
    return room
