"""Searching messages: of one room that one sees, or of all that one is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hookroom.messages.history import check_may_see
from hookroom.messages.indexing import Indexing
from hookroom.rooms.access import may_read
from hookroom.rules import message_query
from hookroom.rules.message_query import MessageQuery, Phrase
from hookroom.rules.model import User
from hookroom.rules.search_words import by_user, describing, having, mentioning, of_room, titled
from hookroom.storage.tables import message_finding, subscriptions
from hookroom.storage.tables.message_finding import Hit, Search
from hookroom.storage.tables.search_text import Terms
from hookroom.workspace.workspace import Workspace

MAX_REACH: Final = 10_000
"""Hits that a search goes through, those before its ``offset`` included."""
ROOMS_AT_ONCE: Final = 250
"""Rooms that are searched in one query, of a user who is in more."""
PATIENCE_S: Final = 2.0
"""How long a search waits until what was written before it is indexed."""

EVERYWHERE: Final = "Search.defaultProvider.GlobalSearchEnabled"
"""The setting that lets users search all their rooms at once."""

GROUPS: Final = ("all", "here")
"""What a message may mention besides users."""


async def in_room(
    ws: Workspace, index: Indexing, user: User, room_id: str, text: str, *, count: int, offset: int = 0
) -> Sequence[msgspec.Raw]:
    """Messages of a room that ``text`` (``rules.message_query``) finds, without system messages.

    Raises ``Refused``: ``error-not-allowed`` unless ``user`` sees the room, and what the text may be refused
    with.
    """
    room = await check_may_see(ws, user, await ws.directory.room(room_id), method="messageSearch")
    return await _search(ws, index, user, [room.id], text, count, offset)


async def everywhere(
    ws: Workspace, index: Indexing, user: User, text: str, *, count: int, offset: int = 0
) -> Sequence[msgspec.Raw]:
    """The same in all rooms that ``user`` is in; nothing where the setting ``EVERYWHERE`` is off."""
    if not ws.settings[EVERYWHERE]:
        return ()
    rooms = []
    for member in await subscriptions.of_user(ws.db, user.id):
        room = await ws.directory.room(member.room_id)
        if room is not None and may_read(ws, user, room, member):
            rooms.append(room.id)
    return await _search(ws, index, user, rooms, text, count, offset)


async def _search(
    ws: Workspace,
    index: Indexing,
    user: User,
    rooms: Sequence[str],
    text: str,
    count: int,
    offset: int,
) -> Sequence[msgspec.Raw]:
    query = message_query.read(text, utc_offset=user.utc_offset or 0)
    terms = None if query.is_empty else await _terms(ws, user, query)
    reach = min(offset + count, MAX_REACH)
    if terms is None or not rooms or reach <= offset:
        return ()
    await index.caught_up(PATIENCE_S)
    hits: list[Hit] = []
    for start in range(0, len(rooms), ROOMS_AT_ONCE):
        there = rooms[start : start + ROOMS_AT_ONCE]
        search = Search(
            terms=[[Phrase((of_room(room_id),)) for room_id in there], *terms],
            viewer=user.id,
            room_id=there[0] if len(rooms) == 1 else None,
            since=query.since,
            until=query.until,
            starred=query.starred,
            newest_first=query.order == "newest",
        )
        hits += await message_finding.find(ws.db, search, reach)
    if len(rooms) > ROOMS_AT_ONCE:
        hits.sort(key=lambda hit: hit[0], reverse=query.order == "newest")
    return [raw for _, raw in hits[offset:reach]]


async def _terms(ws: Workspace, user: User, query: MessageQuery) -> Terms | None:
    """What the index is asked for besides the rooms; ``None`` when nobody has one of the names."""
    terms = [[phrase] for phrase in query.phrases]
    terms += [[Phrase((having(what),))] for what in query.having]
    terms += [[Phrase((titled(word),), grows=True)] for word in query.titles]
    terms += [[Phrase((describing(word),), grows=True)] for word in query.descriptions]
    if query.authors:
        authors = await _ids(ws, user, query.authors)
        terms.append([Phrase((by_user(one),)) for one in authors])
    if query.mentioned:
        groups = [name for name in query.mentioned if name in GROUPS]
        people = await _ids(ws, user, (name for name in query.mentioned if name not in GROUPS))
        terms.append([Phrase((mentioning(one),)) for one in (*groups, *people)])
    return terms if all(terms) else None


async def _ids(ws: Workspace, user: User, names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        one = user if name == "me" else await ws.directory.user_named(name)
        if one is not None:
            found.append(one.id)
    return found
