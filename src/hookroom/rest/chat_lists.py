"""Messages of a room by what is special about them, and what changed."""

from __future__ import annotations

import msgspec

from hookroom.errors import InvalidParams, Refused
from hookroom.messages.history import check_may_see, page
from hookroom.messages.synchronization import Kind, changes_page, changes_since
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import messages as schemas
from hookroom.rules.model import Room
from hookroom.rules.times import millis
from hookroom.storage.tables import removals
from hookroom.storage.tables.message_pages import Order, Selection

routes = Routes("Messages of a room")


@routes.get("chat.getPinnedMessages", query=schemas.OF_ROOM)
async def pinned(call: Call) -> Answer:
    """The pinned messages of a room."""
    room = await _room(call, call.query["roomId"])
    return await _listed(call, Selection(room_id=room.id, viewer=call.user.id, pinned=True))


@routes.get("chat.getStarredMessages", query=schemas.OF_ROOM)
async def starred(call: Call) -> Answer:
    """The messages of a room that the caller starred."""
    room = await _room(call, call.query["roomId"])
    return await _listed(call, Selection(room_id=room.id, viewer=call.user.id, starred=True))


@routes.get("chat.getMentionedMessages", query=schemas.OF_ROOM)
async def mentioned(call: Call) -> Answer:
    """The messages of a room that mention the caller."""
    room = await _room(call, call.query["roomId"])
    user_id = call.user.id
    return await _listed(call, Selection(room_id=room.id, viewer=user_id, mentioned=(user_id,)))


@routes.get("chat.getDeletedMessages", query=schemas.DELETED)
async def deleted(call: Call) -> Answer:
    """Ids of the messages of a room that were deleted since a moment."""
    room = await _room(call, call.query["roomId"])
    try:
        since = millis(call.query["since"])
    except ValueError:
        raise InvalidParams(['must match format "iso-date-time"']) from None
    paging = Paging.of(call)
    db = call.ws.db
    found = await removals.page(db, "message", room.id, count=paging.limit, offset=paging.offset, after=since)
    total = await removals.total(db, "message", room.id, after=since)
    return paging.answer("messages", [{"_id": message_id} for message_id, _ in found], total)


@routes.get("chat.syncMessages", query=schemas.SYNC)
async def sync(call: Call) -> Answer:
    """What came, changed and went in a room: all since ``lastUpdate``, or in pages by ``next``/``previous``."""
    query = call.query
    since, ahead, back = (query.get(name) for name in ("lastUpdate", "next", "previous"))
    kind: Kind = query.get("type") or "UPDATED"
    if not query["roomId"]:
        raise Refused("error-param-required", 'The required "roomId" query param is missing')
    if not since and not query.get("type"):
        raise Refused("error-param-required", 'The "type" or "lastUpdate" parameters must be provided')
    moment = _moment(since) if since else None
    room = await _room(call, query["roomId"], method="messages/get")
    if ahead and back:
        raise Refused("error-cursor-conflict", 'You cannot provide both "next" and "previous" parameters')
    if (ahead or back) and since:
        raise Refused(
            "error-cursor-and-lastUpdate-conflict",
            'The attributes "next", "previous" and "lastUpdate" cannot be used together',
        )
    if moment is not None:
        return {"result": await changes_since(call.ws, call.user, room, moment)}
    found = await changes_page(
        call.ws,
        call.user,
        room,
        kind,
        count=Paging.of(call).limit,
        after=_cursor(ahead) if ahead else None,
        before=_cursor(back) if back else None,
    )
    return {"result": found}


async def _listed(call: Call, chosen: Selection) -> Answer:
    paging = Paging.of(call, sortable=("ts",))
    if paging.sort:
        chosen = msgspec.structs.replace(chosen, order=_order(paging))
    found = await page(call.ws, chosen, paging.limit, paging.offset)
    return paging.answer("messages", found.messages, found.total)


async def _room(call: Call, room_id: str, reason: str = "Not allowed", *, method: str | None = None) -> Room:
    room = await call.ws.directory.room(room_id)
    return await check_may_see(call.ws, call.user, room, reason=reason, method=method)


def _order(paging: Paging) -> Order:
    return "oldest" if paging.sort and paging.sort[0][1] == 1 else "newest"


def _moment(text: str) -> int:
    try:
        return millis(text)
    except ValueError:
        raise Refused(
            "error-lastUpdate-param-invalid", 'The "lastUpdate" query parameter must be a valid date'
        ) from None


def _cursor(text: str) -> int:
    try:
        return min(int(text), 2**53)
    except ValueError:
        raise Refused("error-cursor-invalid", "The cursor must be a time in milliseconds") from None
