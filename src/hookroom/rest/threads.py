"""Threads: what is answered in a room, and who follows it."""

from __future__ import annotations

from typing import Any

import msgspec

from hookroom.errors import LeftOut, Refused
from hookroom.messages import threads
from hookroom.messages.history import MAX_PAGE, check_may_see, page, page_saying
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import messages as schemas
from hookroom.rest.updates import since
from hookroom.rules.model import Message
from hookroom.storage.tables import messages, removals
from hookroom.storage.tables.message_pages import Order, Selection

routes = Routes("Threads")

_FIELDS = ("rid", "msg", "ts", "u", "t", "tcount", "tlm", "replies", "mentions", "reactions", "attachments")


@routes.get("chat.getThreadsList", query=schemas.THREADS)
async def threads_list(call: Call) -> Answer:
    """The messages of a room that have answers, those with the newest first.

    ``type`` is ``following`` for those that the caller follows, ``unread`` for those of them with
    answers that they have not seen; ``text`` is a part of what the message says.
    """
    _check_enabled(call)
    room_id = await _room(call, call.query["rid"])
    paging = Paging.of(call, sortable=("tlm", "ts"), fields=_FIELDS, order=(("tlm", -1),))
    if len(paging.sort) > 1 or (paging.sort and paging.sort[0][0] != "tlm"):
        raise LeftOut("Threads can be sorted by tlm only")
    kind = call.query.get("type")
    chosen = Selection(
        room_id=room_id,
        viewer=call.user.id,
        threads=True,
        followed=kind == "following",
        unread=kind == "unread",
        order=_order(paging),
    )
    found = await page_saying(call.ws, chosen, call.query.get("text") or "", paging.limit, paging.offset)
    shown: list[Any] = list(found.messages)
    if call.query.get("fields"):
        shown = [paging.fields.of(msgspec.json.decode(raw)) for raw in shown]
    return paging.answer("threads", shown, found.total)


@routes.get("chat.getThreadMessages", query=schemas.THREAD)
async def thread_messages(call: Call) -> Answer:
    """The answers of a thread, oldest first."""
    first = await _first(call)
    paging = Paging.of(call, sortable=("ts",))
    order = _order(paging) if paging.sort else "oldest"
    chosen = Selection(room_id=first.room_id, viewer=call.user.id, thread=first.id, order=order)
    found = await page(call.ws, chosen, paging.limit, paging.offset)
    return paging.answer("messages", found.messages, found.total)


@routes.get("chat.syncThreadsList", query=schemas.SYNC_THREADS)
async def sync_threads(call: Call) -> Answer:
    """Which threads of a room came or changed since a moment (``update``), and which are none any more."""
    _check_enabled(call)
    moment = _since(call)
    room_id = await _room(call, call.query["rid"])
    chosen = Selection(room_id=room_id, viewer=call.user.id, threads=True, changed_after=moment)
    found = await page(call.ws, chosen, MAX_PAGE, 0)
    removed = await removals.since(call.ws.db, "thread", moment, scope=room_id)
    return {"threads": {"update": found.messages, "remove": removed}}


@routes.get("chat.syncThreadMessages", query=schemas.SYNC_THREAD)
async def sync_thread(call: Call) -> Answer:
    """Which answers of a thread came or changed since a moment (``update``), and which were deleted."""
    moment = _since(call)
    first = await _first(call)
    chosen = Selection(
        room_id=first.room_id,
        viewer=call.user.id,
        thread=first.id,
        changed_after=moment,
        order="oldest",
    )
    found = await page(call.ws, chosen, MAX_PAGE, 0)
    removed = await removals.since(call.ws.db, "reply", moment, scope=first.id)
    return {"messages": {"update": found.messages, "remove": removed}}


@routes.post("chat.followMessage", body=schemas.FOLLOW)
async def follow(call: Call) -> Answer:
    """Follow the thread of a message."""
    await threads.follow(call.ws, call.user, call.body["mid"])
    return {}


@routes.post("chat.unfollowMessage", body=schemas.FOLLOW)
async def unfollow(call: Call) -> Answer:
    """Follow the thread of a message no longer."""
    await threads.unfollow(call.ws, call.user, call.body["mid"])
    return {}


def _check_enabled(call: Call) -> None:
    if not call.ws.settings["Threads_enabled"]:
        raise Refused("error-not-allowed", "Threads Disabled")


def _since(call: Call) -> int:
    code = "error-updatedSince-param-invalid"
    moment = since(call, code, "updatedSince")
    if moment is None:
        raise Refused(code, 'The required param "updatedSince" is missing.')
    return moment


async def _room(call: Call, room_id: str) -> str:
    room = await call.ws.directory.room(room_id)
    return (await check_may_see(call.ws, call.user, room, reason="Not Allowed")).id


async def _first(call: Call) -> Message:
    _check_enabled(call)
    first = await messages.by_id(call.ws.db, call.query["tmid"])
    if first is None:
        raise Refused("error-invalid-message", "Invalid Message")
    await _room(call, first.room_id)
    return first


def _order(paging: Paging) -> Order:
    return "oldest" if paging.sort and paging.sort[0][1] == 1 else "newest"
