"""Rooms and who is in them when many change them at once, on each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.rooms.chat import Chat, run

from hookroom.errors import Refused
from hookroom.rooms import direct_rooms, membership, room_creation, room_life, room_roles, room_settings
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.model import Room
from hookroom.storage.tables import rooms, subscriptions


async def count(chat: Chat, room: Room) -> tuple[int, int]:
    """Members as counted, and as there are."""
    activity = await rooms.activity(chat.ws.db, room.id)
    return activity.members, len(await subscriptions.of_room(chat.ws.db, room.id))


def codes(results: Sequence[object]) -> list[str]:
    """What went wrong, sorted; ``ok`` where nothing did."""
    out = []
    for one in results:
        if isinstance(one, BaseException):
            assert isinstance(one, Refused), one
            out.append(one.code)
        else:
            out.append("ok")
    return sorted(out)


def test_twenty_who_join_at_once_are_counted(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, *people = await chat.people("owner", *(f"u{n}" for n in range(20)))
        room = await chat.room(owner)
        await asyncio.gather(*(membership.join(chat.ws, user, room) for user in people))
        assert await count(chat, room) == (21, 21)
        joined = [name for event, name in chat.seen.names() if event == "roomJoined"]
        assert sorted(joined) == sorted(user.username for user in people)

    run(database_url, tmp_path, body)


def test_one_who_joins_twenty_times_is_one_member(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, user = await chat.people("owner", "user")
        room = await chat.room(owner)
        await asyncio.gather(*(membership.join(chat.ws, user, room) for _ in range(20)))
        assert await count(chat, room) == (2, 2)
        assert chat.seen.names() == [("roomCreated", "owner"), ("roomJoined", "user")]

    run(database_url, tmp_path, body)


def test_coming_and_going_at_once_is_counted(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, *people = await chat.people("owner", *(f"u{n}" for n in range(10)))
        room = await chat.room(owner, *people[:5])
        await asyncio.gather(
            *(membership.leave(chat.ws, user, room) for user in people[:5]),
            *(membership.join(chat.ws, user, room) for user in people[5:]),
            membership.add(chat.ws, owner, people[5:], room),
        )
        assert await count(chat, room) == (6, 6)

    run(database_url, tmp_path, body)


def test_two_owners_who_leave_at_once_leave_one(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ann, bob = await chat.people("ann", "bob")
        room = await chat.room(ann, bob)
        await room_roles.grant(chat.ws, ann, bob, room, "owner")
        results = await asyncio.gather(
            *(membership.leave(chat.ws, user, room) for user in (ann, bob)), return_exceptions=True
        )
        assert codes(results) == ["error-you-are-last-owner", "ok"]
        assert await count(chat, room) == (1, 1)

    run(database_url, tmp_path, body)


def test_two_owners_who_demote_each_other(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ann, bob = await chat.people("ann", "bob")
        room = await chat.room(ann, bob)
        await room_roles.grant(chat.ws, ann, bob, room, "owner")
        results = await asyncio.gather(
            room_roles.revoke(chat.ws, ann, bob, room, "owner"),
            room_roles.revoke(chat.ws, bob, ann, room, "owner"),
            return_exceptions=True,
        )
        # The second is an owner no more, or finds that the first was the last one.
        assert codes(results)[1] == "ok"
        assert codes(results)[0] in ("error-not-allowed", "error-remove-last-owner")
        (owner,) = await subscriptions.with_roles(chat.ws.db, room.id)
        assert owner.roles == ("owner",)

    run(database_url, tmp_path, body)


def test_one_name_is_one_room(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        people = await chat.people(*(f"u{n}" for n in range(8)))
        drafts = [RoomDraft(type="c" if n % 2 else "p", name="deploys") for n in range(8)]
        results = await asyncio.gather(
            *(room_creation.create(chat.ws, user, draft) for user, draft in zip(people, drafts, strict=True)),
            return_exceptions=True,
        )
        assert codes(results) == ["error-duplicate-channel-name"] * 7 + ["ok"]
        assert [name for name, _ in chat.seen.names()] == ["roomCreated"]

    run(database_url, tmp_path, body)


def test_two_rooms_that_take_one_name(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        (ann,) = await chat.people("ann", roles=("admin",))
        one, other = await chat.room(ann, name="one"), await chat.room(ann, name="other")
        results = await asyncio.gather(
            room_settings.save(chat.ws, ann, one, {"roomName": "ops"}),
            room_settings.save(chat.ws, ann, other, {"roomName": "ops"}),
            return_exceptions=True,
        )
        assert codes(results) == ["error-duplicate-channel-name", "ok"]
        (renamed,) = chat.seen.renamed
        assert renamed[1] == "ops"
        now = await chat.ws.directory.room_named("ops")
        assert now is not None
        assert {one.id: "one", other.id: "other"}[now.id] == renamed[0]

    run(database_url, tmp_path, body)


def test_settings_saved_at_once_are_all_kept(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        (ann,) = await chat.people("ann", roles=("admin",))
        room = await chat.room(ann)
        settings = {"roomTopic": "t", "roomDescription": "d", "roomAnnouncement": "a", "readOnly": True}
        await asyncio.gather(
            *(room_settings.save(chat.ws, ann, room, {name: value}) for name, value in settings.items())
        )
        now = await chat.ws.directory.room(room.id)
        assert now is not None
        assert (now.topic, now.description, now.announcement, now.read_only) == ("t", "d", "a", True)
        assert (await rooms.activity(chat.ws.db, room.id)).messages == 4

    run(database_url, tmp_path, body)


def test_nobody_joins_a_room_that_is_gone(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        (ann,) = await chat.people("ann", roles=("admin",))
        people = await chat.people(*(f"u{n}" for n in range(10)))
        room = await chat.room(ann)
        results = await asyncio.gather(
            *(membership.join(chat.ws, user, room) for user in people[:5]),
            room_life.erase(chat.ws, ann, room),
            *(membership.join(chat.ws, user, room) for user in people[5:]),
            return_exceptions=True,
        )
        assert set(codes(results)) <= {"ok", "error-invalid-room"}
        assert await subscriptions.of_room(chat.ws.db, room.id) == []
        with pytest.raises(Refused, match="error-invalid-room"):
            await membership.join(chat.ws, people[0], room)

    run(database_url, tmp_path, body)


def test_both_sides_open_one_direct_room(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ann, bob, eve = await chat.people("ann", "bob", "eve")
        opened = await asyncio.gather(
            *(direct_rooms.open_direct(chat.ws, ann, [bob]) for _ in range(4)),
            *(direct_rooms.open_direct(chat.ws, bob, [ann]) for _ in range(4)),
        )
        assert len({room.id for room in opened}) == 1
        assert await count(chat, opened[0]) == (2, 2)
        several = await asyncio.gather(
            *(direct_rooms.open_direct(chat.ws, one, [ann, bob, eve]) for one in (ann, bob, eve) * 3)
        )
        assert len({room.id for room in several}) == 1
        assert await count(chat, several[0]) == (3, 3)
        # Direct rooms are nothing that integrations are told of.
        assert chat.seen.events == []

    run(database_url, tmp_path, body)


def test_what_integrations_are_told(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        (ann,) = await chat.people("ann", roles=("admin",))
        bob, eve = await chat.people("bob", "eve")
        room = await chat.room(ann)
        await membership.join(chat.ws, bob, room)
        await membership.add(chat.ws, ann, [eve], room)
        await membership.kick(chat.ws, ann, eve, room)
        await membership.leave(chat.ws, bob, room)
        await room_life.archive(chat.ws, ann, room)
        await room_life.archive(chat.ws, ann, room)
        await room_life.unarchive(chat.ws, ann, room)
        await room_settings.save(chat.ws, ann, room, {"roomName": "renamed"})
        assert chat.seen.names() == [
            ("roomCreated", "ann"),
            ("roomJoined", "bob"),
            ("roomJoined", "eve"),
            ("roomLeft", "eve"),
            ("roomLeft", "bob"),
            ("roomArchived", "ann"),
            ("roomUnarchived", "ann"),
        ]
        assert chat.seen.renamed == [("ops", "renamed")]
        created = chat.seen.events[0]
        assert created.owner == ann
        assert all(event.room is not None and event.room.id == room.id for event in chat.seen.events)
        (archived,) = (event.room for event in chat.seen.events if event.name == "roomArchived")
        assert archived is not None
        assert archived.archived is True

    run(database_url, tmp_path, body)


def test_new_users_join_the_default_channels_once(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ann, bob = await chat.people("ann", "bob")
        before = (await rooms.activity(chat.ws.db, "GENERAL")).messages
        await asyncio.gather(*(membership.join_defaults(chat.ws, ann) for _ in range(5)))
        await membership.join_defaults(chat.ws, bob, silent=True)
        activity = await rooms.activity(chat.ws.db, "GENERAL")
        members = {one.user_id for one in await subscriptions.of_room(chat.ws.db, "GENERAL")}
        assert members >= {ann.id, bob.id}
        assert (activity.members, activity.messages) == (len(members), before + 1)

    run(database_url, tmp_path, body)
