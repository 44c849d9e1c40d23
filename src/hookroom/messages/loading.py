"""Loading the history of a room as the realtime API does: back from a moment, on from one, around a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.messages.history import MAX_PAGE
from hookroom.rooms import system_messages
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import IsoTime, millis
from hookroom.storage.tables import message_pages
from hookroom.storage.tables.message_pages import FOR_EVER, Selection
from hookroom.workspace.workspace import Workspace


async def back(
    ws: Workspace,
    user: User,
    room: Room,
    *,
    count: int,
    before: int | None = None,
    seen: int | None = None,
    replies: bool = True,
) -> dict[str, Any]:
    """``messages`` earlier than ``before`` (epoch milliseconds), newest first, without what the room hides.

    ``unreadNotLoaded`` is how many there are between ``seen``, the reader's last look, and this page, and
    ``firstUnread`` the first of them. Without ``replies`` answers are left out that only their thread shows.
    """
    chosen = _of(ws, user, room, replies=replies, before=FOR_EVER if before is None else before)
    found = await message_pages.page(ws.db, chosen, count=min(count, MAX_PAGE))
    answer: dict[str, Any] = {"messages": found, "unreadNotLoaded": 0}
    if seen is not None and found and (first := _at(found[-1])) > seen:
        earlier = structs.replace(chosen, after=seen, before=first, order="oldest")
        answer["unreadNotLoaded"] = await message_pages.total(ws.db, earlier)
        if answer["unreadNotLoaded"]:
            answer["firstUnread"] = (await message_pages.page(ws.db, earlier, count=1))[0]
    return answer


async def since(ws: Workspace, user: User, room: Room, after: int) -> Sequence[msgspec.Raw]:
    """All messages later than ``after`` (epoch milliseconds), newest first, at most ``MAX_PAGE``."""
    return await message_pages.page(ws.db, _of(ws, user, room, after=after), count=MAX_PAGE)


async def on(
    ws: Workspace, user: User, room: Room, *, count: int, after: int | None = None, replies: bool = True
) -> Sequence[msgspec.Raw]:
    """The first messages later than ``after`` (epoch milliseconds), oldest first."""
    chosen = _of(ws, user, room, replies=replies, after=-1 if after is None else after)
    return await message_pages.page(
        ws.db, structs.replace(chosen, order="oldest"), count=min(count, MAX_PAGE)
    )


async def around(
    ws: Workspace, user: User, room: Room, message: Message, *, count: int, replies: bool = True
) -> dict[str, Any]:
    """``messages`` around one, oldest first: itself, half of ``count`` before it and half after it.

    ``moreBefore`` and ``moreAfter`` say whether those halves were full.
    """
    half = min(count, MAX_PAGE) // 2
    at = millis(message.created_at)
    chosen = _of(ws, user, room, replies=replies)
    before = await message_pages.page(ws.db, structs.replace(chosen, before=at), count=half)
    itself = await message_pages.one(ws.db, message.id, user.id)
    after = await message_pages.page(ws.db, structs.replace(chosen, after=at, order="oldest"), count=half)
    return {
        "messages": [*reversed(before), *([itself] if itself is not None else []), *after],
        "moreBefore": len(before) == half,
        "moreAfter": len(after) == half,
    }


def _of(
    ws: Workspace, user: User, room: Room, *, replies: bool = True, after: int = -1, before: int = FOR_EVER
) -> Selection:
    return Selection(
        room_id=room.id,
        viewer=user.id,
        hidden=system_messages.hidden(ws, room),
        replies=replies,
        after=after,
        before=before,
    )


class _Time(msgspec.Struct):
    ts: IsoTime


_time: Final = msgspec.json.Decoder(_Time).decode


def _at(message: msgspec.Raw) -> int:
    return millis(_time(message).ts)
