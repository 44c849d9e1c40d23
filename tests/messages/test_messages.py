"""What follows from posting, editing, deleting and reacting, in which transaction, and at what cost."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.rooms.chat import Chat, run

from hookroom.errors import Failure, HookroomError
from hookroom.messages import editing, pins, posting, reactions, threads
from hookroom.rooms.destinations import rooms_of
from hookroom.rooms.direct_rooms import open_direct
from hookroom.rules.hook_message import Destination, MessageDraft, draft
from hookroom.rules.model import BotMark, Message, Room
from hookroom.rules.times import iso, millis
from hookroom.storage.statement import Changes, Row, Statement
from hookroom.storage.tables import messages as table
from hookroom.storage.tables import rooms
from hookroom.workspace.turns import Turns


class Counted:
    """How often a database was read and written."""

    reads = 0
    commits = 0


@contextlib.contextmanager
def counting(chat: Chat) -> Iterator[Counted]:
    """Count what happens to the database inside, by use cases and caches alike, and not in the background."""
    counted, db = Counted(), chat.ws.db
    inside = ContextVar("inside", default=False)
    fetch, commit = db.fetch, db.commit

    async def counted_fetch(statement: Statement, **params: Any) -> Sequence[Row]:
        counted.reads += inside.get()
        return await fetch(statement, **params)

    async def counted_commit(changes: Changes) -> list[Row]:
        counted.commits += inside.get()
        return await commit(changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "fetch", counted_fetch)
        patch.setattr(db, "commit", counted_commit)
        token = inside.set(True)
        yield counted
        inside.reset(token)


def text(words: str, **fields: Any) -> MessageDraft:
    return draft({"text": words, **fields})


async def stored(chat: Chat, message: Message) -> Message:
    found = await table.by_id(chat.ws.db, message.id)
    assert found is not None
    return found


async def count(chat: Chat, room: Room) -> int:
    return (await rooms.activity(chat.ws.db, room.id)).messages


def test_posting_reads_nothing_and_writes_once(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other")
        room = await chat.room(owner, other)
        direct = await open_direct(chat.ws, owner, [other])
        words = text("@other see https://a.example in #ops")

        async def post_everywhere() -> None:
            for place in (room, direct):
                await posting.post(chat.ws, owner, place, words)
            await rooms_of(chat.ws, owner, [Destination("#", "ops"), Destination("@", "other")])
            await posting.post_many(chat.ws, owner, [(room, words), (direct, words)])

        await post_everywhere()
        with counting(chat) as counted:
            await post_everywhere()
        assert (counted.reads, counted.commits) == (0, 3)

    run(database_url, tmp_path, body)


def test_many_are_posted_or_none(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other")
        first, second = await chat.room(owner), await chat.room(owner, name="second")
        closed = structs.replace(await chat.room(other, name="closed"), type="p")
        before = await count(chat, first)
        for bad in (
            (closed, text("x")),
            (second, text("x" * 5001)),
            (second, text("x", tmid="nothing")),
            (second, text("x", alias="Bob")),
        ):
            with counting(chat) as counted, pytest.raises(HookroomError):
                await posting.post_many(chat.ws, owner, [(first, text("x")), bad])
            assert counted.commits == 0
        posted = await posting.post_many(chat.ws, owner, [(first, text("1")), (second, text("2"))])
        assert [one.room_id for one in posted] == [first.id, second.id]
        assert await count(chat, first) == before + 1
        assert [e.message for e in chat.seen.events if e.name == "sendMessage"] == posted

    run(database_url, tmp_path, body)


def test_what_is_observed(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other")
        room = await chat.room(owner, other)
        chat.seen.events.clear()
        mark = BotMark(integration_id="hook")
        message = await posting.post(chat.ws, owner, room, structs.replace(text("one"), bot=mark), depth=2)
        await editing.edit(chat.ws, owner, message, "two")
        await editing.edit(chat.ws, owner, message, "two")
        await reactions.react(chat.ws, other, message, "smile")
        await reactions.react(chat.ws, other, message, "smile")
        await pins.pin(chat.ws, owner, message)
        await editing.delete(chat.ws, owner, message)
        seen = [
            (e.name, e.user.username, e.message and e.message.text, e.reaction, e.depth, e.by_integration)
            for e in chat.seen.events
        ]
        assert seen == [
            ("sendMessage", "owner", "one", None, 2, "hook"),
            ("messageEdited", "owner", "two", None, 0, None),
            ("sendMessage", "owner", "two", None, 0, None),
            ("messageReacted", "other", "two", ":smile:", 0, None),
            ("messageDeleted", "owner", "two", None, 0, None),
        ]
        sent, edited, again = (e.message for e in chat.seen.events[:3])
        assert sent is not None
        assert edited is not None
        assert sent.edited_at is None
        assert edited.edited_at is not None
        assert again == edited

    run(database_url, tmp_path, body)


def test_nothing_is_observed_of_what_is_refused(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other")
        room = await chat.room(owner, other)
        message = await posting.post(chat.ws, owner, room, text("mine"))
        chat.seen.events.clear()
        for attempt in (
            editing.edit(chat.ws, other, message, "yours"),
            editing.delete(chat.ws, other, message),
            reactions.react(chat.ws, other, message, "no emoji"),
            posting.post(chat.ws, other, room, text("x", avatar="https://a.example/x.png")),
        ):
            with pytest.raises(HookroomError):
                await attempt
        assert chat.seen.events == []
        assert await stored(chat, message) == message

    run(database_url, tmp_path, body)


def test_other_nodes_change_the_same_message(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, *people = await chat.people("owner", "a", "b", "c", "d")
        room = await chat.room(owner, *people)
        message = await posting.post(chat.ws, owner, room, text("popular"))
        reply = text("answer", tmid=message.id)

        async def on_a_node_of_its_own(user: Any) -> None:
            # Locks hold within a process only.
            ws = dataclasses.replace(chat.ws, turns=Turns())
            await reactions.react(ws, user, message, "eyes")
            await posting.post(ws, user, room, reply)
            await threads.unfollow(ws, user, message.id)

        await asyncio.gather(*(on_a_node_of_its_own(user) for user in people))
        now = await stored(chat, message)
        assert sorted((now.reactions or {})[":eyes:"]["usernames"]) == ["a", "b", "c", "d"]
        assert now.thread_count == 4
        assert now.replies == [owner.id]

    run(database_url, tmp_path, body)


def test_versions_are_kept_where_the_server_says_so(database_url: str, tmp_path: Path) -> None:
    versions = Statement("SELECT doc FROM message_versions WHERE message_id = :id ORDER BY updated_at")

    async def body(chat: Chat) -> None:
        [owner] = await chat.people("owner")
        room = await chat.room(owner)
        message = await posting.post(chat.ws, owner, room, text("one"))
        await editing.edit(chat.ws, owner, message, "two")
        assert await chat.ws.db.fetch(versions, id=message.id) == []
        changes = Changes()
        chat.ws.settings.put(changes, "Message_KeepHistory", True, chat.ws.now())
        await chat.ws.db.commit(changes)
        await editing.edit(chat.ws, owner, message, "three")
        await editing.delete(chat.ws, owner, message)
        kept = [row[0] for row in await chat.ws.db.fetch(versions, id=message.id)]
        assert ['"msg":"two"' in kept[0], '"msg":"three"' in kept[1], len(kept)] == [True, True, 2]
        assert await table.by_id(chat.ws.db, message.id) is None

    run(database_url, tmp_path, body)


def test_old_messages_stay_as_they_are(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, writer = await chat.people("owner", "writer")
        room = await chat.room(owner, writer)
        message = await posting.post(chat.ws, writer, room, text("old"))
        await move_back(chat, message, minutes=3)
        changes = Changes()
        for name in ("Message_AllowEditing_BlockEditInMinutes", "Message_AllowDeleting_BlockDeleteInMinutes"):
            chat.ws.settings.put(changes, name, 2, chat.ws.now())
        await chat.ws.db.commit(changes)
        with pytest.raises(HookroomError, match="error-message-editing-blocked"):
            await editing.edit(chat.ws, writer, message, "new")
        with pytest.raises(HookroomError, match="error-action-not-allowed"):
            await editing.delete(chat.ws, writer, message)
        [bot] = await chat.people("robot", roles=("bot", "admin"))
        await editing.edit(chat.ws, bot, message, "by a bot")
        await editing.delete(chat.ws, bot, message)

    run(database_url, tmp_path, body)


async def move_back(chat: Chat, message: Message, *, minutes: int) -> None:
    changes = Changes()
    earlier = iso(millis(message.created_at) - minutes * 60_000)
    new = structs.replace(message, created_at=earlier, updated_at=chat.ws.stamp(message.updated_at))
    table.update(changes, message, new)
    await chat.ws.db.commit(changes)


def test_a_full_stop_at_the_end_of_a_name_is_the_sentences(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, dotted = await chat.people("ann", "bob.")
        room = await chat.room(owner, dotted)
        message = await posting.post(chat.ws, owner, room, text("@bob. and @ann. and @Ann"))
        assert [one["username"] for one in message.mentions or ()] == ["bob.", "ann"]

    run(database_url, tmp_path, body)


def test_a_room_that_is_gone_takes_no_message(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        [owner] = await chat.people("owner")
        room = await chat.room(owner)
        message = await posting.post(chat.ws, owner, room, text("x"))
        changes = Changes()
        table.delete_of_room(changes, room.id)
        rooms.delete(changes, room, chat.ws.now())
        await chat.ws.db.commit(changes)
        with pytest.raises(Failure, match="No message found"):
            await editing.edit(chat.ws, owner, message, "y")
        with pytest.raises(HookroomError, match="error-not-allowed"):
            await reactions.react(chat.ws, owner, message, "smile")

    run(database_url, tmp_path, body)


def test_the_last_of_one_millisecond_is_the_rooms_last(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        (ann,) = await chat.people("ann")
        room = await chat.room(ann)
        now = chat.ws.now() + 1000
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(chat.ws), "now", lambda _self: now)
            posted = [await posting.post(chat.ws, ann, room, text(str(i))) for i in range(20)]
        assert {message.created_at for message in posted} == {iso(now)}
        assert (await rooms.activity(chat.ws.db, room.id)).last_message_id == posted[-1].id

    run(database_url, tmp_path, body)
