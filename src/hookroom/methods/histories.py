"""What was said: single messages, stretches of a room's history, threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from msgspec import Raw

from hookroom.errors import Refused
from hookroom.messages import loading, threads
from hookroom.messages.history import MAX_PAGE, check_may_see, visible_message
from hookroom.methods import finding
from hookroom.methods.params import flag, maybe_moment, maybe_record, moment, number, record, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room
from hookroom.storage.tables import message_pages, messages
from hookroom.storage.tables.message_pages import Selection

methods = Methods("Histories")

MAX_MESSAGES: Final = 100
"""Messages that ``getMessages`` and ``getThreadMessages`` answer at once."""


@methods.add("getSingleMessage")
async def get_single_message(call: MethodCall, message_id: Any) -> Raw | None:
    """One message, if there is such a one."""
    found = await visible_message(call.ws, call.user, text(message_id, "mid"), call.method)
    return await message_pages.one(call.ws.db, found.id, call.user.id) if found is not None else None


@methods.add("getMessages")
async def get_messages(call: MethodCall, ids: Any) -> Sequence[Raw]:
    """Several messages; those that there are not are passed over."""
    wanted = list(dict.fromkeys(texts(ids, "messages")))
    if len(wanted) > MAX_MESSAGES:
        raise Refused("error-not-allowed", f"max limit: {MAX_MESSAGES}", method=call.method)
    found = [await get_single_message(call, one) for one in wanted]
    return [one for one in found if one is not None]


@methods.add("loadHistory")
async def load_history(
    call: MethodCall,
    room_id: Any,
    end: Any = None,
    limit: Any = None,
    last_seen: Any = None,
    show_replies: Any = None,
) -> dict[str, Any] | Literal[False]:
    """Messages before ``end``, newest first: ``{messages, unreadNotLoaded, firstUnread}``; ``false``: no room."""
    before = maybe_moment(end, "end")
    count = _count(limit, 20)
    seen = maybe_moment(last_seen, "ls")
    replies = flag(show_replies, "showThreadMessages", default=True)
    room = await _readable(call, room_id)
    if room is None:
        return False
    return await loading.back(
        call.ws, call.user, room, count=count, before=before, seen=seen, replies=replies
    )


@methods.add("loadMissedMessages")
async def load_missed_messages(call: MethodCall, room_id: Any, start: Any) -> Sequence[Raw] | Literal[False]:
    """All messages since ``start``, newest first."""
    after = moment(start, "start")
    room = await _readable(call, room_id)
    return False if room is None else await loading.since(call.ws, call.user, room, after)


@methods.add("loadNextMessages")
async def load_next_messages(
    call: MethodCall, room_id: Any, end: Any = None, limit: Any = None, show_replies: Any = None
) -> dict[str, Any] | Literal[False]:
    """The first messages after ``end``, oldest first: ``{messages}``."""
    after, count = maybe_moment(end, "end"), _count(limit, 20)
    replies = flag(show_replies, "showThreadMessages", default=True)
    room = await _readable(call, room_id)
    if room is None:
        return False
    return {"messages": await loading.on(call.ws, call.user, room, count=count, after=after, replies=replies)}


@methods.add("loadSurroundingMessages")
async def load_surrounding_messages(
    call: MethodCall, message: Any, limit: Any = None, show_replies: Any = None
) -> dict[str, Any] | Literal[False]:
    """Messages around one (``{_id}``), oldest first: ``{messages, moreBefore, moreAfter}``."""
    message_id = text(record(message).get("_id"), "_id")
    count = _count(limit, 50)
    replies = flag(show_replies, "showThreadMessages", default=True)
    found = await messages.by_id(call.ws.db, message_id)
    room = await _readable(call, found.room_id) if found is not None else None
    if found is None or room is None:
        return False
    return await loading.around(call.ws, call.user, room, found, count=count, replies=replies)


@methods.add("getThreadMessages")
async def get_thread_messages(call: MethodCall, asked: Any) -> Sequence[Any]:
    """A message and its answers (``{tmid, limit, skip}``), the newest answer first; the thread is read then."""
    given = record(asked)
    thread = text(given.get("tmid"), "tmid")
    limit, skip = number(given.get("limit"), "limit", default=0), number(given.get("skip"), "skip", default=0)
    if limit > MAX_MESSAGES:
        raise Refused("error-not-allowed", f"max limit: {MAX_MESSAGES}", method=call.method)
    if not call.ws.settings["Threads_enabled"]:
        raise Refused("error-not-allowed", "Threads Disabled", method=call.method)
    first = await messages.by_id(call.ws.db, thread)
    if first is None:
        return []
    room = await call.ws.directory.room(first.room_id)
    room = await check_may_see(call.ws, call.user, room, reason="Not Allowed", method=call.method)
    chosen = Selection(room_id=room.id, viewer=call.user.id, thread=first.id)
    answers = await message_pages.page(call.ws.db, chosen, count=limit or MAX_PAGE, offset=skip)
    shown = await message_pages.one(call.ws.db, first.id, call.user.id)
    if shown is None or not first.thread_count:
        return []
    await threads.read(call.ws, call.user, first)
    return [shown, *answers]


@methods.add("getUserMentionsByChannel")
async def get_user_mentions_by_channel(call: MethodCall, asked: Any) -> Sequence[Raw]:
    """The messages of a room (``{roomId, options: {limit, skip}}``) that mention the caller, oldest first."""
    given = record(asked)
    options = maybe_record(given.get("options"), "options")
    count, skip = _count(options.get("limit"), 100), number(options.get("skip"), "skip", default=0)
    room = await finding.room(call, given.get("roomId"), "roomId")
    await check_may_see(call.ws, call.user, room, method=call.method)
    user_id = call.user.id
    chosen = Selection(room_id=room.id, viewer=user_id, mentioned=(user_id,), order="oldest")
    return await message_pages.page(call.ws.db, chosen, count=count, offset=skip)


async def _readable(call: MethodCall, room_id: Any) -> Room | None:
    """The room, if the caller may read its history: as a member, or with ``preview-c-room`` a public one."""
    ws, user = call.ws, call.user
    room = await ws.directory.room(text(room_id, "rid"))
    if room is None or not await may_see(ws, user, room):
        return None
    if room.type != "c" or ws.authority.allows("preview-c-room", user):
        return room
    return room if await ws.directory.subscription(room.id, user.id) is not None else None


def _count(limit: Any, default: int) -> int:
    """How many messages a client wants; 0 is as many as there are."""
    return number(limit, "limit", default=default, most=MAX_PAGE) or MAX_PAGE
