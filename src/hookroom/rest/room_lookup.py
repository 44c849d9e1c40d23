"""The room, the users and the page that a call of a room's endpoint is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from hookroom.errors import Failure, Refused
from hookroom.rest.call import Call
from hookroom.rest.paging import Paging
from hookroom.rooms import room_views
from hookroom.rooms.access import may_see
from hookroom.rooms.direct_rooms import open_direct
from hookroom.rules.document_query import Order
from hookroom.rules.model import Room, User
from hookroom.storage.tables.room_listings import SORTABLE, RoomFilter

MAX_SORTED: Final = 2
"""Fields that a listing of rooms is sorted by at most."""

FIELDS: Final = (
    *("_id", "name", "fname", "t", "msgs", "usersCount", "u", "uids", "usernames", "ts", "ro", "sysMes"),
    *("default", "_updatedAt", "lm", "lastMessage", "topic", "description", "announcement", "archived"),
    *("joinCodeRequired", "muted", "unmuted", "customFields", "broadcast", "reactWhenReadOnly", "prid"),
    *("teamId", "teamMain", "teamDefault", "avatarETag"),
)
"""Fields of a room in an answer."""

QUERYABLE: Final = tuple(field for field in FIELDS if field != "lastMessage")


class Family(Struct, frozen=True, kw_only=True):
    """What the endpoints of channels and those of groups have apart."""

    type: Literal["c", "p"]
    prefix: str
    """Of the paths: ``channels``."""
    one: str
    """The key of a room in an answer: ``channel``."""
    many: str
    noun: str
    """What a message calls such a room."""

    def path(self, name: str) -> str:
        """The path of an endpoint of this family."""
        return f"{self.prefix}.{name}"


CHANNELS: Final = Family(type="c", prefix="channels", one="channel", many="channels", noun="channel")
GROUPS: Final = Family(type="p", prefix="groups", one="group", many="groups", noun="private group")


async def find(call: Call, family: Family, params: Mapping[str, Any], *, archived: bool = False) -> Room:
    """The channel or group that ``roomId`` or else ``roomName`` names; groups only those that one sees.

    ``archived``: an archived one will do. Raises ``Refused``: ``error-room-param-not-provided`` (groups),
    ``error-room-not-found``, ``error-room-archived``.
    """
    if family.type == "p" and not (params.get("roomId") or params.get("roomName")):
        raise Refused("error-room-param-not-provided", 'The parameter "roomId" or "roomName" is required')
    room = await _named(call, params)
    if (
        room is None
        or room.type != family.type
        or (room.type == "p" and not await may_see(call.ws, call.user, room))
    ):
        raise not_found(family.one)
    if room.archived and not archived:
        raise _archived(family.noun, room)
    return room


async def check_known(call: Call, family: Family, room: Room) -> None:
    """Raises ``Refused`` (``error-room-not-found``) for a channel of a private team, told to who is not in it.

    **+** Ours. Its members know it, and those who administer rooms or teams.
    """
    known = ("view-room-administration", "view-all-teams")
    if room.team_id is None or call.ws.authority.allows_any(known, call.user):
        return
    if not await may_see(call.ws, call.user, room):
        raise not_found(family.one)


async def find_any(call: Call, params: Mapping[str, Any], *, archived: bool = False) -> Room:
    """The room of any kind that ``roomId`` or else ``roomName`` names, for ``rooms.*``.

    Raises ``Refused``: ``error-roomid-param-not-provided``, ``error-room-not-found``,
    ``error-room-archived``. Whether the caller sees it is for the endpoint to say.
    """
    if not (params.get("roomId") or params.get("roomName")):
        raise Refused("error-roomid-param-not-provided", 'The parameter "roomId" or "roomName" is required')
    room = await _named(call, params)
    if room is None:
        raise not_found("channel")
    if room.archived and not archived:
        raise _archived("channel", room)
    return room


async def find_direct(call: Call, params: Mapping[str, Any]) -> Room:
    """The direct room with that ``roomId``, or with the user of that ``username`` (made when there is none).

    Either may also be the other's id. Raises ``Refused``: ``invalid-channel``, ``error-room-not-found``, and
    what making one may be refused with.
    """
    ws = call.ws
    key = str(params["roomId"] if "roomId" in params else params.get("username", ""))
    other = await ws.directory.user(key) or await ws.directory.user_named(key)
    if other is not None:
        return await ws.directory.direct_room([*{call.user.id, other.id}]) or await open_direct(
            ws, call.user, [other]
        )
    room = await ws.directory.room(key)
    if room is None:
        raise Refused("invalid-channel")
    if room.type != "d":
        raise Refused(
            "error-room-not-found",
            'The required "roomId" param provided does not match any direct message',
        )
    return room


async def room_answer(call: Call, room_id: str, one: str) -> dict[str, Any]:
    """``{one: the room}`` as it is now. Raises ``Refused`` when it was deleted meanwhile."""
    answer = await room_views.room(call.ws, room_id)
    if answer is None:
        raise not_found(one)
    return {one: answer}


async def rooms_answer(
    call: Call, name: str, which: RoomFilter, order: Order = (("name", 1),)
) -> dict[str, Any]:
    """A paged answer of rooms. A ``query`` is looked for among all rooms of the listing."""
    paging = Paging.of(call, sortable=SORTABLE, fields=FIELDS, queryable=QUERYABLE, order=order)
    if len(paging.sort) > MAX_SORTED:
        raise Refused("error-invalid-sort", f"Rooms are sorted by at most {MAX_SORTED} fields")
    if paging.where is None:
        found = await room_views.rooms(call.ws, which, paging.sort, count=paging.limit, offset=paging.offset)
        total = await room_views.room_total(call.ws, which)
    else:
        everything = await room_views.rooms(call.ws, which, paging.sort)
        kept = [one for one in everything if paging.where(one)]
        found, total = kept[paging.offset : paging.offset + paging.limit], len(kept)
    return paging.answer(name, [paging.fields.of(one) for one in found], total)


async def find_user(call: Call, params: Mapping[str, Any]) -> User:
    """The user that ``userId``, else ``username``, else ``user`` names.

    Raises ``Refused``: ``error-user-param-not-provided``, ``error-invalid-user``.
    """
    directory = call.ws.directory
    if user_id := _text(params, "userId"):
        user = await directory.user(user_id)
    elif username := _text(params, "username") or _text(params, "user"):
        user = await directory.user_named(username)
    else:
        raise Refused(
            "error-user-param-not-provided", 'The required "userId" or "username" param was not provided'
        )
    if user is None:
        raise Refused(
            "error-invalid-user",
            'The required "userId" or "username" param provided does not match any users',
        )
    return user


async def find_users(call: Call, params: Mapping[str, Any]) -> Sequence[User]:
    """All users that ``userIds`` and ``userId`` name, else ``usernames``, ``username`` and ``user``.

    Those that there are not are passed over. Raises ``Refused``: ``error-users-params-not-provided``.
    """
    directory = call.ws.directory
    sole = _text(params, "userId") or _text(params, "username") or _text(params, "user")
    listed = texts(params, "userIds") or texts(params, "usernames")
    wanted = [one for one in dict.fromkeys((*listed, sole)) if one]
    if not wanted:
        raise Refused(
            "error-users-params-not-provided",
            'Please provide "userId" or "username" or "userIds" or "usernames" as param',
        )
    by_id = bool(params.get("userIds") or params.get("userId"))
    found = [await (directory.user(one) if by_id else directory.user_named(one)) for one in wanted]
    return [user for user in found if user is not None]


def texts(params: Mapping[str, Any], name: str) -> Sequence[str]:
    """A list of texts, empty when there is none. Raises ``Failure`` for anything else."""
    value = params.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Failure(f'Param "{name}" must be an array of strings if provided')
    return value


def statuses(params: Mapping[str, Any]) -> Collection[str]:
    """The presences that ``status`` or ``status[]`` names, once or several times."""
    value = params.get("status[]", params.get("status"))
    if value is None or value == "":
        return ()
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def not_found(one: str) -> Refused:
    """There is no such channel or group (or none for this caller)."""
    return Refused(
        "error-room-not-found",
        f'The required "roomId" or "roomName" param provided does not match any {one}',
    )


def _archived(noun: str, room: Room) -> Refused:
    return Refused("error-room-archived", f"The {noun}, {room.name}, is archived")


async def _named(call: Call, params: Mapping[str, Any]) -> Room | None:
    directory = call.ws.directory
    if "roomId" in params:
        return await directory.room(str(params["roomId"] or ""))
    return await directory.room_named(str(params.get("roomName") or ""))


def _text(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    return value.strip() if isinstance(value, str) else ""
