"""What was said in channels, groups and direct rooms: ``.messages`` and ``.history``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.errors import Forbidden, Refused
from hookroom.messages.history import Between, check_may_see, history, page
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.room_lookup import CHANNELS, GROUPS, Family, find, find_direct
from hookroom.rest.routes import Handler, Routes
from hookroom.rest.schemas import messages as schemas
from hookroom.rest.schemas import rooms as room_schemas
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room
from hookroom.rules.times import millis
from hookroom.storage.tables.message_pages import MAX_MENTIONED, Selection

routes = Routes("History")

QUERYABLE: Final = ("mentions._id", "starred._id", "pinned")

Finder = Callable[[Call], Awaitable[Room]]
"""The room that a call names. Raises ``Refused`` or ``Forbidden`` when there is none for the caller."""


def _of(family: Family) -> Finder:
    async def named(call: Call) -> Room:
        return await find(call, family, call.query, archived=True)

    return named


async def _direct(call: Call) -> Room:
    if "roomId" not in call.query and "username" not in call.query:
        raise Refused("error-room-param-not-provided", 'Query param "roomId" or "username" is required')
    room = await find_direct(call, call.query)
    if not await may_see(call.ws, call.user, room):
        raise Forbidden
    return room


async def _channel_for_messages(call: Call) -> Room:
    room = await find(call, CHANNELS, call.query, archived=True)
    # Who may see only the rooms that they are in holds this permission.
    restricted = call.ws.authority.allows("view-joined-room", call.user)
    if restricted and await call.ws.directory.subscription(room.id, call.user.id) is None:
        raise Forbidden
    if not await may_see(call.ws, call.user, room):
        raise Forbidden
    return room


async def _channel_for_history(call: Call) -> Room:
    room = await find(call, CHANNELS, call.query, archived=True)
    member = await call.ws.directory.subscription(room.id, call.user.id)
    if not await may_see(call.ws, call.user, room) or (
        member is None and not call.ws.authority.allows("preview-c-room", call.user)
    ):
        raise Forbidden
    return room


def _messages(room_of: Finder, what: str) -> Handler:
    async def messages(call: Call) -> Answer:
        room = await room_of(call)
        paging = Paging.of(call, sortable=("ts",), queryable=QUERYABLE)
        wanted = _Wanted.of(call)
        viewer = call.caller.id if call.caller else ""
        if wanted.starred_by and viewer not in wanted.starred_by:
            return paging.answer("messages", [], 0)  # Stars are everybody's own.
        chosen = Selection(
            room_id=room.id,
            viewer=viewer,
            mentioned=wanted.mentioned,
            starred=bool(wanted.starred_by),
            pinned=wanted.pinned,
            order="oldest" if ("ts", 1) in paging.sort else "newest",
        )
        found = await page(call.ws, chosen, paging.limit, paging.offset)
        return paging.answer("messages", found.messages, found.total)

    messages.__doc__ = f"""The messages of {what}, the newest first.

    ``mentionIds``, ``starredIds`` (the caller's own id) and ``pinned`` choose some of them; ``query`` takes
    the same as ``mentions._id``, ``starred._id`` and ``pinned``. ``sort`` is by ``ts``.
    """
    return messages


def _history(room_of: Finder, what: str) -> Handler:
    async def told(call: Call) -> Answer:
        room = await room_of(call)
        paging = Paging.of(call)
        query = call.query
        return await history(
            call.ws,
            call.user,
            room,
            Between(
                oldest=_moment(query.get("oldest")),
                latest=_moment(query.get("latest")),
                inclusive=query.get("inclusive") == "true",
            ),
            count=paging.limit,
            offset=paging.offset,
            replies=query.get("showThreadMessages") == "true",
            unreads=query.get("unreads") == "true",
        )

    told.__doc__ = f"""The history of {what} between ``oldest`` and ``latest``, the newest first.

    Without the system messages that the room hides and, unless ``showThreadMessages``, without answers that
    only their thread shows.
    """
    return told


_IM: Final = ("im", "dm")


async def _of_others(call: Call) -> Room:
    route = "im.messages.others"
    if call.ws.settings["API_Enable_Direct_Message_History_EndPoint"] is not True:
        raise Refused(
            "error-endpoint-disabled", "This endpoint is disabled", details={"route": f"/api/v1/{route}"}
        )
    room_id = call.query.get("roomId")
    if not room_id:
        raise Refused("error-roomid-param-not-provided", 'The parameter "roomId" is required')
    room = await call.ws.directory.room(room_id)
    if room is None or room.type != "d":
        raise Refused("error-room-not-found", f"No direct message room found by the id of: {room_id}")
    return room


async def _read_anonymously(call: Call) -> Room:
    room = await find(call, CHANNELS, call.query, archived=True)
    if call.ws.settings["Accounts_AllowAnonymousRead"] is not True:
        raise Refused("error-not-allowed", 'Enable "Allow Anonymous Read"', method="channels.anonymousread")
    if not await may_see(call.ws, call.caller, room):
        raise Refused("error-not-allowed", "Not allowed", method="channels.anonymousread")
    return room


routes.get("channels.messages", query=schemas.MESSAGES, permissions=("view-c-room",))(
    _messages(_channel_for_messages, "a channel")
)
routes.get("groups.messages", query=schemas.MESSAGES)(_messages(_of(GROUPS), "a private group"))
routes.get(*(f"{prefix}.messages" for prefix in _IM), query=schemas.MESSAGES)(
    _messages(_direct, "a direct room")
)
routes.get(
    *(f"{prefix}.messages.others" for prefix in _IM),
    query=room_schemas.OTHERS,
    permissions=("view-room-administration",),
)(_messages(_of_others, "a direct room of others, where the server lets administrators read those"))
routes.get("channels.anonymousread", login="optional", query=schemas.MESSAGES)(
    _messages(_read_anonymously, "a public channel without a login, where the server lets people do so")
)
routes.get("channels.history", query=schemas.HISTORY)(_history(_channel_for_history, "a channel"))
routes.get("groups.history", query=schemas.HISTORY)(_history(_of(GROUPS), "a private group"))
routes.get(*(f"{prefix}.history" for prefix in _IM), query=schemas.HISTORY)(
    _history(_direct, "a direct room")
)


@routes.get("channels.getAllUserMentionsByChannel", query=schemas.OF_ROOM)
async def user_mentions(call: Call) -> Answer:
    """The messages of a room that mention the caller, the oldest first."""
    room = await call.ws.directory.room(call.query["roomId"])
    if room is None:
        raise Refused("error-invalid-room", "Invalid room", method="getUserMentionsByChannel")
    await check_may_see(call.ws, call.user, room, method="getUserMentionsByChannel")
    paging = Paging.of(call, sortable=("ts",), order=(("ts", 1),))
    chosen = Selection(
        room_id=room.id,
        viewer=call.user.id,
        mentioned=(call.user.id,),
        order="newest" if ("ts", -1) in paging.sort else "oldest",
    )
    found = await page(call.ws, chosen, paging.limit, paging.offset)
    return paging.answer("mentions", found.messages, found.total)


class _Wanted(msgspec.Struct, frozen=True):
    """Which messages of a room are asked for, by parameters or by ``query``."""

    mentioned: tuple[str, ...] = ()
    starred_by: tuple[str, ...] = ()
    pinned: bool = False

    @classmethod
    def of(cls, call: Call) -> _Wanted:
        """What ``call`` asks for; ``Paging`` has looked at the query's form already."""
        query = call.query
        wanted = cls(
            mentioned=_ids(query.get("mentionIds", "")),
            starred_by=_ids(query.get("starredIds", "")),
            pinned=query.get("pinned", "").lower() == "true",
        )
        asked = (msgspec.json.decode(query["query"]) if query.get("query") else None) or {}
        if "mentions._id" in asked:
            wanted = structs.replace(wanted, mentioned=_choices("mentions._id", asked))
        if "starred._id" in asked:
            wanted = structs.replace(wanted, starred_by=_choices("starred._id", asked))
        if "pinned" in asked:
            if asked["pinned"] is not True:
                raise _not_understood("pinned")
            wanted = structs.replace(wanted, pinned=True)
        if asked.keys() - set(QUERYABLE):
            raise _not_understood(min(asked.keys() - set(QUERYABLE)))
        if len(wanted.mentioned) > MAX_MENTIONED:
            raise Refused(
                "error-invalid-query", f"Invalid query parameter provided: over {MAX_MENTIONED} users"
            )
        return wanted


def _ids(text: str) -> tuple[str, ...]:
    """``a,b`` or ``["a", "b"]``."""
    if text.startswith("["):
        try:
            return tuple(msgspec.json.decode(text, type=list[str]))
        except (msgspec.DecodeError, ValueError):
            raise Refused("error-invalid-params", "Not a list of user ids") from None
    return tuple(part for one in text.split(",") if (part := one.strip()))


def _choices(path: str, asked: dict[str, Any]) -> tuple[str, ...]:
    value = asked[path]
    chosen: Sequence[Any] = [value]
    if isinstance(value, dict) and value.keys() == {"$in"}:
        chosen = value["$in"]
    if not chosen or not all(isinstance(one, str) for one in chosen):
        raise _not_understood(path)
    return tuple(chosen)


def _not_understood(path: str) -> Refused:
    return Refused("error-invalid-query", f"Invalid query parameter provided: {path[:64]}")


_NOT_GIVEN: Final = frozenset({"None", "null", "undefined"})
"""How clients of several languages write a moment that they leave open; the original passes over it."""


def _moment(text: str | None) -> int | None:
    if text is None or text in _NOT_GIVEN:
        return None
    try:
        return millis(text)
    except ValueError:
        raise Refused("error-invalid-date", "Invalid date", method="getChannelHistory") from None
