"""Suggesting people and rooms by part of a name, as one writes it (``apps/meteor/server/lib/spotlight.js``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from hookroom.rooms import room_views
from hookroom.rooms.access import may_see
from hookroom.rules.model import Room, User
from hookroom.storage.tables import room_members, rooms, user_listing, users
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.storage.tables.room_members import MemberFilter
from hookroom.storage.tables.user_listing import UserFilter
from hookroom.workspace.workspace import Workspace

SUGGESTED: Final = 5
"""Users, and rooms, that are suggested at most: the original's default."""
_ANONYMOUS: Final = ("anonymous",)
_OF_USER: Final = ("_id", "username", "nickname", "name", "status", "statusText", "avatarETag")
_OF_ROOM: Final = ("_id", "t", "name", "fname", "teamMain", "joinCodeRequired", "lastMessage", "prid")


async def suggest(
    ws: Workspace,
    caller: User | None,
    text: str,
    *,
    people: bool = True,
    places: bool = True,
    beside: Collection[str] = (),
    room_id: str | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """``users`` and ``rooms`` whose names hold ``text``; with ``@`` before it only users, with ``#`` only rooms.

    ``people`` and ``places`` say which are wanted, ``beside`` are user names that are known already. Users of the
    room come first; others, marked ``outside``, only for who holds ``view-outside-room`` and ``view-d-room``:
    who does not sees whom they have a direct room with. Rooms are public channels that one is not in. Nobody
    (``None``) sees rooms alone, where people without a login may read.
    """
    if text.startswith("#"):
        people, text = False, text[1:]
    elif text.startswith("@"):
        places, text = False, text[1:]
    return {
        "users": await _users(ws, caller, text, beside, room_id) if people and caller is not None else [],
        "rooms": await _rooms(ws, caller, text.strip()) if places else [],
    }


async def _users(
    ws: Workspace, caller: User, text: str, beside: Collection[str], room_id: str | None
) -> list[dict[str, Any]]:
    room = await ws.directory.room(room_id) if room_id else None
    if room_id and room is None:
        return []
    all_users = all(ws.authority.allows(one, caller) for one in ("view-outside-room", "view-d-room"))
    if room is not None and not (all_users or await may_see(ws, caller, room)):
        room = None
    known = {users.key(name) for name in beside}
    found: list[dict[str, Any]] = []
    async for one, outside in _candidates(ws, caller, text, room, all_users):
        if len(found) == SUGGESTED:
            break
        key = users.key(one["username"])
        if key not in known:
            known.add(key)
            shown = {field: one[field] for field in _OF_USER if field in one}
            found.append({**shown, **({"outside": True} if outside else {})})
    return found


async def _candidates(
    ws: Workspace, caller: User, text: str, room: Room | None, all_users: bool
) -> AsyncIterator[tuple[Mapping[str, Any], bool]]:
    """Users in the order in which they are suggested, each with whether they are outside the room."""
    named = await ws.directory.user_named(text) if text else None
    if named is not None and not named.active:
        named = None
    if room is not None:
        if named is not None and await ws.directory.subscription(room.id, named.id):
            yield msgspec.to_builtins(named), False
        which = MemberFilter(room_id=room.id, term=text)
        for member, _ in await room_members.members(ws.db, which, count=_PAGE):
            if room.type != "d" or member.id != caller.id:
                yield msgspec.to_builtins(member), False
    if named is not None and all_users:
        yield msgspec.to_builtins(named), True
    if room is not None or not all_users:
        for one in await _talked_to(ws, caller, text):
            yield msgspec.to_builtins(one), True
    if all_users:
        everybody = UserFilter(active=True, term=text)
        offset = 0
        while page := await user_listing.page(
            ws.db, everybody, (("username", 1),), count=_PAGE, offset=offset
        ):
            for document in page:
                yield document, True
            offset += _PAGE


_PAGE: Final = 50


async def _talked_to(ws: Workspace, caller: User, text: str) -> list[User]:
    """Active users with whom ``caller`` has a direct room, by name."""
    ids: dict[str, None] = {}
    for room in await rooms.direct_of(ws.db, caller.id):
        ids.update(dict.fromkeys(room.user_ids or ()))
    found = [user for one in ids if one != caller.id and (user := await ws.directory.user(one)) is not None]
    return sorted(
        (user for user in found if user.active and _holds((user.username, user.name), text)),
        key=lambda user: users.key(user.username),
    )


def _holds(names: Iterable[str], text: str) -> bool:
    part = users.searchable(text)
    return any(part in users.searchable(name) for name in names)


async def _rooms(ws: Workspace, caller: User | None, text: str) -> list[dict[str, Any]]:
    if caller is None:
        table = ws.authority.table
        if not ws.settings["Accounts_AllowAnonymousRead"] or not table.allows("view-c-room", _ANONYMOUS):
            return []
        which = RoomFilter(types=("c",), term=text, placed="free")
        previews = table.allows("preview-c-room", _ANONYMOUS)
    else:
        allows = ws.authority.allows
        if not (allows("view-outside-room", caller) and allows("view-c-room", caller)):
            return []
        which = RoomFilter(types=("c",), term=text, outsider=caller.id, open_to=caller.id)
        previews = allows("preview-c-room", caller)
    found = await room_views.rooms(ws, which, (("name", 1),), count=SUGGESTED)
    shown = [field for field in _OF_ROOM if previews or field != "lastMessage"]
    return [{field: room[field] for field in shown if field in room} for room in found]
