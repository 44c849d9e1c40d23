"""Rooms, memberships and members as the API answers them, for the one who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from hookroom.rooms import unread
from hookroom.rooms.unread import Seen
from hookroom.rules import notification_settings
from hookroom.rules.model import Room, Subscription, User
from hookroom.rules.times import iso, millis
from hookroom.storage.tables import message_pages, room_listings, room_members, subscriptions
from hookroom.storage.tables.message_pages import Selection
from hookroom.storage.tables.room_listings import EVERYTHING, ListedRoom, Order, RoomFilter
from hookroom.storage.tables.room_members import ListedMembership, MemberFilter, MemberOrder
from hookroom.workspace.workspace import Workspace

_MEMBER_FIELDS: Final = (
    *("_id", "username", "name", "nickname", "status", "statusText"),
    *("utcOffset", "avatarETag", "_updatedAt"),
)

_OF_OTHERS: Final = ("_id", "t", "uids", "usernames", "usersCount", "ro", "ts")
"""What is said of a direct room to who is not in it."""


async def room(ws: Workspace, room_id: str) -> dict[str, Any] | None:
    """One room."""
    found = await room_listings.page(ws.db, RoomFilter(id=room_id))
    return room_answer(found[0]) if found else None


async def opened(ws: Workspace, user: User, room_id: str) -> dict[str, Any] | None:
    """A direct room for ``user``, who opened it; where it is one of others, nothing of what these said in it."""
    answer = await room(ws, room_id)
    if answer is None or await ws.directory.subscription(room_id, user.id) is not None:
        return answer
    return {name: answer[name] for name in _OF_OTHERS if name in answer}


async def rooms(
    ws: Workspace, which: RoomFilter, order: Order = (), *, count: int = EVERYTHING, offset: int = 0
) -> list[dict[str, Any]]:
    """A page of rooms."""
    found = await room_listings.page(ws.db, which, order, count=count, offset=offset)
    return [room_answer(one) for one in found]


async def room_total(ws: Workspace, which: RoomFilter) -> int:
    """How many rooms ``rooms`` ranges over."""
    return await room_listings.total(ws.db, which)


def room_answer(listed: ListedRoom) -> dict[str, Any]:
    """A room with its counters and last message; its join code is only said to be there."""
    answer: dict[str, Any] = msgspec.to_builtins(listed.room)
    if answer.pop("joinCode", None):
        answer["joinCodeRequired"] = True
    answer["msgs"] = listed.messages
    answer["usersCount"] = listed.members
    answer["_updatedAt"] = iso(listed.changed_at)
    if listed.last_message_at is not None:
        answer["lm"] = iso(listed.last_message_at)
    if listed.last_message is not None:
        answer["lastMessage"] = listed.last_message
    return answer


async def memberships(
    ws: Workspace, user: User, *, room_id: str | None = None, changed_after: int = -1
) -> list[dict[str, Any]]:
    """The subscriptions of ``user``, in one room or in all, that changed after that (epoch milliseconds).

    What is unread is derived (``rooms.unread``); ``tunread`` and its like are absent where they are empty.
    """
    found = await room_members.memberships(ws.db, user.id, room_id=room_id, changed_after=changed_after)
    seen = await unread.of(ws, found)
    return [await _membership(ws, user, one, its) for one, its in zip(found, seen, strict=True)]


async def memberships_in(ws: Workspace, room_id: str, user_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The subscriptions of these users to one room, by user; of those who are members."""
    found = await room_members.memberships_in(ws.db, room_id, user_ids)
    seen = await unread.of(ws, [listed for _, listed in found])
    return {
        user.id: await _membership(ws, user, listed, its)
        for (user, listed), its in zip(found, seen, strict=True)
    }


async def _membership(ws: Workspace, user: User, listed: ListedMembership, seen: Seen) -> dict[str, Any]:
    member, room, threads = listed.subscription, listed.room, seen.threads
    answer: dict[str, Any] = {
        **msgspec.to_builtins(member),
        **notification_settings.shown(member.preferences or {}, (user.settings or {}).get("preferences", {})),
        "u": msgspec.to_builtins(user.ref()),
        "t": room.type,
        "name": room.name,
        "fname": room.display_name or room.name,
        "alert": seen.alert,
        # A hidden room comes back with the next message.
        "open": member.open or seen.alert,
        "unread": seen.unread,
        "userMentions": seen.mentions,
        "groupMentions": seen.group_mentions,
        "_updatedAt": iso(max(listed.changed_at, threads.last_reply_at or 0)),
    }
    del answer["uid"]
    answer.pop("preferences", None)
    for field, ids in (
        ("tunread", threads.unread),
        ("tunreadUser", threads.mentioning),
        ("tunreadGroup", threads.mentioning_all),
    ):
        if ids:
            answer[field] = list(ids)
    if threads.last_reply_at is not None:
        answer["lr"] = iso(threads.last_reply_at)
    if room.type == "d":
        answer["name"], answer["fname"] = await direct_names(ws, user, room)
    if room.archived:
        answer["archived"] = True
    if room.parent_id:
        answer["prid"] = room.parent_id
    if room.team_id:
        answer["teamId"] = room.team_id
        answer["teamMain"] = bool(room.team_main)
    return answer


async def direct_names(ws: Workspace, user: User, room: Room) -> tuple[str, str]:
    """What ``user`` sees a direct room called: the others' user names, and their names."""
    people = [await ws.directory.user(one) for one in room.user_ids or ()]
    known = sorted((one for one in people if one is not None), key=lambda one: one.name or one.username)
    others = [one for one in known if one.id != user.id] or known
    return ", ".join(one.username for one in others), ", ".join(one.name or one.username for one in others)


async def members(
    ws: Workspace,
    which: MemberFilter,
    order: MemberOrder,
    *,
    statuses: Collection[str] = (),
    count: int = EVERYTHING,
    offset: int = 0,
) -> tuple[list[dict[str, Any]], int]:
    """A page of a room's active members with their ``subscription``, and how many there are.

    Presence is not the database's to sort out: with ``statuses`` all members are looked at.
    """
    if not statuses:
        found = await room_members.members(ws.db, which, order, count=count, offset=offset)
        return [_member(*one) for one in found], await room_members.total(ws.db, which)
    everyone = await room_members.members(ws.db, which, order)
    kept = [one for one in everyone if one[0].status in statuses]
    return [_member(*one) for one in kept[offset : offset + count]], len(kept)


def _member(user: User, membership: Subscription) -> dict[str, Any]:
    public: Mapping[str, Any] = msgspec.to_builtins(user)
    roles = {"roles": list(membership.roles)} if membership.roles else {}
    return {
        **{name: public[name] for name in _MEMBER_FIELDS if name in public},
        **roles,
        "subscription": {"_id": membership.id, "ts": membership.created_at, **roles},
    }


async def role_holders(ws: Workspace, room_id: str) -> Sequence[dict[str, Any]]:
    """Who holds roles in a room, the highest first: ``_id``, ``rid``, ``u`` and ``roles``."""
    answers: list[dict[str, Any]] = []
    for member in await subscriptions.with_roles(ws.db, room_id):
        user = await ws.directory.user(member.user_id)
        if user is not None:
            u = msgspec.to_builtins(user.ref())
            answers.append({"_id": member.id, "rid": room_id, "u": u, "roles": list(member.roles)})
    return answers


async def counters(ws: Workspace, user: User | None, room_id: str, *, access: bool) -> dict[str, Any]:
    """What ``channels.counters`` and its like tell of a room and of one user's reading of it.

    ``access``: whether the caller may know the room's own numbers without being a member. ``unreads`` counts
    all messages since the user's last look, in direct rooms those that ``memberships`` counts.
    """
    (listed,) = await room_listings.page(ws.db, RoomFilter(id=room_id))
    last = listed.changed_at if listed.last_message_at is None else listed.last_message_at
    found = await memberships(ws, user, room_id=room_id) if user is not None else []
    direct = listed.room.type == "d"
    member = next((one for one in found if direct or one["open"]), None)
    answer: dict[str, Any] = dict.fromkeys(
        ("members", "unreads", "unreadsFrom", "msgs", "latest", "userMentions")
    )
    answer["joined"] = member is not None
    if member is not None and user is not None:
        since = member.get("ls") or member["ts"]
        answer["unreadsFrom"] = since
        answer["userMentions"] = member["userMentions"]
        answer["unreads"] = member["unread"]
        if not direct:
            between = Selection(room_id=room_id, viewer=user.id, after=millis(since) - 1, before=last + 1)
            answer["unreads"] = await message_pages.total(ws.db, between)
    if member is not None or access:
        answer |= {"msgs": listed.messages, "latest": iso(last), "members": listed.members}
    return answer
