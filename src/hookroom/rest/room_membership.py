"""Who is in a channel or group: the endpoints that both have, once for each family."""

from __future__ import annotations

from hookroom.errors import Failure, Forbidden, Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import (
    CHANNELS,
    QUERYABLE,
    Family,
    check_known,
    find,
    find_user,
    find_users,
    not_found,
    room_answer,
    statuses,
)
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import rooms as schemas
from hookroom.rooms import membership, room_roles, room_views
from hookroom.rooms.access import may_see
from hookroom.rooms.room_roles import RoomRole
from hookroom.rules.model import Room
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.storage.tables.room_members import MemberFilter, MemberOrder


def add(routes: Routes, family: Family) -> None:
    """Add the endpoints of ``family``."""
    roles: tuple[RoomRole, ...] = ("owner", "moderator", "leader")
    for role in roles:
        _add_role(routes, family, role)
    _add_comings(routes, family)
    _add_lists(routes, family)


def _add_role(routes: Routes, family: Family, role: RoomRole) -> None:
    name = role.capitalize()

    async def grant(call: Call) -> Answer:
        room = await find(call, family, call.body)
        await room_roles.grant(call.ws, call.user, await find_user(call, call.body), room, role)
        return {}

    async def revoke(call: Call) -> Answer:
        room = await find(call, family, call.body)
        await room_roles.revoke(call.ws, call.user, await find_user(call, call.body), room, role)
        return {}

    grant.__doc__ = f"Make a member {role} of the room."
    revoke.__doc__ = f"Take the role {role} from a member."
    routes.post(family.path(f"add{name}"), body=schemas.ROOM_AND_PERSON)(grant)
    routes.post(family.path(f"remove{name}"), body=schemas.ROOM_AND_PERSON)(revoke)


def _add_comings(routes: Routes, family: Family) -> None:
    @routes.post(family.path("invite"), body=schemas.INVITE)
    async def invite(call: Call) -> Answer:
        """Add users to the room."""
        if family is CHANNELS:
            room = await find(call, family, call.body)
        else:
            # Who may add anybody to any group need not see it.
            room = await _any_group(call)
        users = await find_users(call, call.body)
        if not users and family is CHANNELS:
            raise Failure("invalid-user-invite-list", code="Cannot invite if no users are provided")
        if not users:
            raise Refused("error-empty-invite-list", "Cannot invite if no valid users are provided")
        await membership.add(call.ws, call.user, users, room)
        return await room_answer(call, room.id, family.one)

    @routes.post(family.path("kick"), body=schemas.KICK if family is CHANNELS else schemas.ROOM_AND_PERSON)
    async def kick(call: Call) -> Answer:
        """Remove a user from the room."""
        room = await find(call, family, call.body)
        await membership.kick(call.ws, call.user, await find_user(call, call.body), room)
        return await room_answer(call, room.id, family.one) if family is CHANNELS else {}

    @routes.post(family.path("leave"), body=schemas.ROOM if family is CHANNELS else schemas.LOOSE_ROOM)
    async def leave(call: Call) -> Answer:
        """Leave the room."""
        room = await find(call, family, call.body)
        await membership.leave(call.ws, call.user, room)
        return await room_answer(call, room.id, family.one) if family is CHANNELS else {}

    @routes.post(family.path("addAll"), body=schemas.ADD_ALL)
    async def add_all(call: Call) -> Answer:
        """Add every user of the server to the room."""
        room = await find(call, family, call.body)
        active_only = call.body.get("activeUsersOnly") in ("true", "1")
        await membership.add_everybody(call.ws, call.user, room, active_only=active_only)
        return await room_answer(call, room.id, family.one)


def _add_lists(routes: Routes, family: Family) -> None:
    @routes.get(family.path("members"), query=schemas.MEMBERS)
    async def members(call: Call) -> Answer:
        """The members of the room, by user name."""
        room = await find(call, family, call.query, archived=family is CHANNELS)
        await check_known(call, family, room)
        await check_may_list(call, room)
        return await members_answer(call, room.id, by_role=False)

    @routes.get(family.path("moderators"), query=schemas.ROOM if family is CHANNELS else schemas.LOOSE_ROOM)
    async def moderators(call: Call) -> Answer:
        """The moderators of the room."""
        room = await find(call, family, call.query)
        holders = await room_views.role_holders(call.ws, room.id)
        return {"moderators": [one["u"] for one in holders if "moderator" in one["roles"]]}

    @routes.get(family.path("roles"), query=schemas.ROOM if family is CHANNELS else schemas.LOOSE_ROOM)
    async def roles(call: Call) -> Answer:
        """The owners, moderators and leaders of the room."""
        room = await find(call, family, call.query)
        if not await may_see(call.ws, call.user, room):
            raise Refused("error-invalid-user", "Invalid user", method="getRoomRoles")
        return {"roles": await room_views.role_holders(call.ws, room.id)}

    @routes.get(family.path("online"), query=schemas.ONLINE)
    async def online(call: Call) -> Answer:
        """The members of the room who are not offline."""
        room = await _asked_for(call, family)
        if not await may_see(call.ws, call.user, room):
            raise Refused("error-not-allowed", "Not Allowed")
        found, _ = await room_views.members(
            call.ws, MemberFilter(room_id=room.id), MemberOrder(), statuses=("online", "away", "busy")
        )
        return {"online": [{"_id": one["_id"], "username": one["username"]} for one in found]}


async def check_may_list(call: Call, room: Room) -> None:
    """Raises ``Forbidden`` where the members of a broadcast room are not the caller's to know."""
    member = await call.ws.directory.subscription(room.id, call.user.id)
    if room.broadcast and not call.ws.authority.allows("view-broadcast-member-list", call.user, member):
        raise Forbidden


async def members_answer(call: Call, room_id: str, *, by_role: bool) -> Answer:
    """A page of members, ``by_role`` with the owners first."""
    paging = Paging.of(call, sortable=("username", "rolePriority"))
    asked = dict(paging.sort)
    order = MemberOrder(asked.get("username", 1), asked.get("rolePriority", 1) if by_role else None)
    which = MemberFilter(room_id=room_id, term=str(call.query.get("filter") or ""))
    found, total = await room_views.members(
        call.ws, which, order, statuses=statuses(call.query), count=paging.limit, offset=paging.offset
    )
    return paging.answer("members", found, total)


async def _any_group(call: Call) -> Room:
    key = str(call.body.get("roomId") or call.body.get("roomName") or "").strip()
    if not key:
        raise Refused("error-room-param-not-provided", 'The parameter "roomId" or "roomName" is required')
    directory = call.ws.directory
    room = await directory.room(key) or await directory.room_named(key)
    if room is None or room.type != "p":
        raise not_found("group")
    return room


async def _asked_for(call: Call, family: Family) -> Room:
    """The room of that ``_id``, or the first that a ``query`` finds."""
    room_id = call.query.get("_id")
    where = Paging.of(call, queryable=QUERYABLE).where
    if not room_id and where is None:
        raise Failure("Invalid query")
    which = RoomFilter(types=(family.type,), id=str(room_id) if room_id else None)
    found = [one for one in await room_views.rooms(call.ws, which) if where is None or where(one)]
    room = await call.ws.directory.room(found[0]["_id"]) if found else None
    if room is None:
        raise Failure(f"{family.one.capitalize()} does not exists")
    return room
