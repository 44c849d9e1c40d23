"""The directory of a server: its channels, teams and users (``apps/meteor/server/methods/browseChannels.ts``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct

from hookroom.rooms import room_views
from hookroom.rules import document_query
from hookroom.rules.model import User
from hookroom.storage.tables import room_listings, teams, user_listing, users
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.storage.tables.user_listing import UserFilter
from hookroom.workspace.workspace import Workspace

Direction = Literal[1, -1]

ROOM_ORDERS: Final[Mapping[str, str]] = {
    "name": "name",
    "createdAt": "ts",
    "usersCount": "usersCount",
    "lastMessage": "lm",
    "usernames": "name",
}
"""What channels and teams are sorted by."""
USER_ORDERS: Final = ("name", "createdAt", "username", "email", "bio", "usersCount")
_ROOM_FIELDS: Final[tuple[str, ...]] = (
    *("_id", "t", "description", "topic", "name", "fname", "lastMessage", "ts", "archived", "default"),
    *("usersCount", "prid", "teamId", "teamMain"),
)
_USER_FIELDS: Final = ("_id", "username", "name", "nickname", "bio", "createdAt", "avatarETag")


class Page(NamedTuple):
    """A part of a listing, and how many there are."""

    found: Sequence[dict[str, Any]]
    total: int


class Part(Struct, frozen=True):
    """Which part of a listing is wanted, of those whose names hold ``text``."""

    text: str
    by: str
    way: Direction
    count: int
    offset: int


async def channels(ws: Workspace, caller: User, part: Part) -> Page | None:
    """Public channels, those of teams if one may see them, and one's groups; ``belongsTo`` is the team's name.

    ``None`` for who does not hold ``view-c-room``.
    """
    if not ws.authority.allows("view-c-room", caller):
        return None
    which = RoomFilter(
        types=("c", "p"), seen_by=caller.id, open_to=caller.id, placed="beside", term=part.text.strip()
    )
    page = await _rooms(ws, which, part)
    for room in page.found:
        team = await teams.by_id(ws.db, room["teamId"]) if room.get("teamId") else None
        if team is not None:
            room["belongsTo"] = team.name
    return page


async def main_rooms(ws: Workspace, caller: User, part: Part) -> Page:
    """Main rooms of teams: the public ones and those one is in; ``roomsCount`` is how many rooms a team has.

    Who does not hold ``view-c-room`` sees those that they are in.
    """
    public = ws.authority.allows("view-c-room", caller)
    which = RoomFilter(
        types=("c", "p"),
        seen_by=caller.id if public else None,
        member=None if public else caller.id,
        placed="main",
        term=part.text.strip(),
    )
    page = await _rooms(ws, which, part)
    for room in page.found:
        room["roomsCount"] = await room_listings.total(ws.db, RoomFilter(team=room.get("teamId", "")))
    return page


async def people(ws: Workspace, caller: User, part: Part) -> Page | None:
    """Active users; with ``view-full-other-user-info`` with their addresses.

    ``None`` for who does not hold ``view-outside-room`` and ``view-d-room``.
    """
    allows = ws.authority.allows
    if not (allows("view-outside-room", caller) and allows("view-d-room", caller)):
        return None
    full = allows("view-full-other-user-info", caller)
    which = UserFilter(active=True, term=part.text)
    shown = (*_USER_FIELDS, *(("emails",) if full else ()))
    if part.by in user_listing.SORTABLE:
        documents = await user_listing.page(
            ws.db, which, ((part.by, part.way),), count=part.count, offset=part.offset
        )
        total = await user_listing.total(ws.db, which)
    else:
        path = (
            "emails.0.address" if part.by == "email" and full else "bio" if part.by == "bio" else "username"
        )
        found = [
            one async for one in user_listing.everyone(ws.db) if one["active"] and _holds(one, part.text)
        ]
        ordered = document_query.sorted_by(found, ((path, part.way),))
        documents = [dict(one) for one in ordered[part.offset : part.offset + part.count]]
        total = len(found)
    return Page([{field: one[field] for field in shown if field in one} for one in documents], total)


async def _rooms(ws: Workspace, which: RoomFilter, part: Part) -> Page:
    order = ((ROOM_ORDERS[part.by], part.way),)
    found = await room_views.rooms(ws, which, order, count=part.count, offset=part.offset)
    kept = [{field: room[field] for field in _ROOM_FIELDS if field in room} for room in found]
    return Page(kept, await room_views.room_total(ws, which))


def _holds(document: Mapping[str, Any], text: str) -> bool:
    return users.searchable(text) in users.searchable(f"{document.get('name', '')}\n{document['username']}")
