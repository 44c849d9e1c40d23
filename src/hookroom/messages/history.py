"""Reading what was said in a room: pages of its messages, and stretches of its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.rooms import system_messages
from hookroom.rooms.access import may_see
from hookroom.rules.model import Message, Room, User
from hookroom.rules.times import IsoTime, millis
from hookroom.storage.tables import message_pages, messages, rooms
from hookroom.storage.tables.message_pages import FOR_EVER, Selection
from hookroom.workspace.workspace import Workspace

MAX_PAGE: Final = 10_000
"""Most messages in one answer, also where a client asks for all of them."""


class Page(NamedTuple):
    """A part of a selection, and how many messages it is a part of."""

    messages: Sequence[msgspec.Raw]
    total: int


class Between(Struct, frozen=True, kw_only=True):
    """A stretch of time in epoch milliseconds; ``None`` is open."""

    oldest: int | None = None
    latest: int | None = None
    inclusive: bool = False

    def of(self, chosen: Selection) -> Selection:
        """``chosen`` within this time."""
        margin = 1 if self.inclusive else 0
        return structs.replace(
            chosen,
            after=-1 if self.oldest is None else self.oldest - margin,
            before=FOR_EVER if self.latest is None else self.latest + margin,
        )


async def check_may_see(
    ws: Workspace,
    user: User | None,
    room: Room | None,
    *,
    reason: str = "Not allowed",
    method: str | None = None,
) -> Room:
    """The room. Raises ``Refused`` (``error-not-allowed``) unless there is one and ``user`` sees it."""
    if room is None or not await may_see(ws, user, room):
        raise Refused("error-not-allowed", reason, method=method)
    return room


async def visible_message(ws: Workspace, user: User, message_id: str, method: str) -> Message | None:
    """The message with that id, if there is one. Raises ``Refused`` when ``user`` does not see its room."""
    message = await messages.by_id(ws.db, message_id)
    if message is not None:
        await check_may_see(ws, user, await ws.directory.room(message.room_id), method=method)
    return message


async def page(ws: Workspace, chosen: Selection, count: int, offset: int) -> Page:
    """The chosen messages. The size of a whole room is known without counting its messages."""
    found = await message_pages.page(ws.db, chosen, count=min(count, MAX_PAGE), offset=offset)
    if chosen.is_everything:
        total = (await rooms.activity(ws.db, chosen.room_id)).messages
    elif not offset and len(found) < min(count, MAX_PAGE):
        total = len(found)
    else:
        total = await message_pages.total(ws.db, chosen)
    return Page(found, total)


async def page_saying(ws: Workspace, chosen: Selection, text: str, count: int, offset: int) -> Page:
    """Those of the chosen messages whose text has ``text`` in it, in any case; without one all of them.

    For what is few in a room, its threads and discussions: of more than ``MAX_PAGE`` only the first are looked at.
    """
    part = text.strip().casefold()
    if not part:
        return await page(ws, chosen, count, offset)
    found = await message_pages.page(ws.db, chosen, count=MAX_PAGE)
    kept = [one for one in found if part in _TEXT(one).msg.casefold()]
    return Page(kept[offset : offset + min(count, MAX_PAGE)], len(kept))


async def history(
    ws: Workspace,
    user: User,
    room: Room,
    between: Between,
    *,
    count: int,
    offset: int = 0,
    replies: bool = True,
    unreads: bool = False,
) -> dict[str, Any]:
    """``messages`` of a stretch of time, newest first, without the types that the room hides.

    With ``unreads`` also ``unreadNotLoaded``, how many there are between ``oldest`` and this page, and the
    first of them as ``firstUnread``.
    """
    chosen = between.of(
        Selection(room_id=room.id, viewer=user.id, hidden=system_messages.hidden(ws, room), replies=replies)
    )
    found = await message_pages.page(ws.db, chosen, count=min(count, MAX_PAGE), offset=offset)
    answer: dict[str, Any] = {"messages": found}
    if not unreads:
        return answer
    answer["unreadNotLoaded"] = 0
    if between.oldest is not None and found:
        first = millis(_TIME(found[-1]).ts)
        if first > between.oldest:
            earlier = structs.replace(chosen, after=between.oldest, before=first, order="oldest")
            answer["unreadNotLoaded"] = await message_pages.total(ws.db, earlier)
            if answer["unreadNotLoaded"]:
                answer["firstUnread"] = (await message_pages.page(ws.db, earlier, count=1))[0]
    return answer


class _Time(Struct):
    ts: IsoTime


class _Text(Struct):
    msg: str


_TEXT: Final = msgspec.json.Decoder(_Text).decode
_TIME: Final = msgspec.json.Decoder(_Time).decode
