"""Discussions, unread threads and reports on each database, and what posting in a discussion costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.messages.test_messages import counting, text
from tests.rooms.chat import Chat, run

from hookroom.messages import discussions, editing, posting, reports, threads
from hookroom.messages.discussions import DiscussionDraft
from hookroom.rooms import room_life
from hookroom.rules.model import Message
from hookroom.storage.tables import messages, rooms
from hookroom.storage.tables import reports as reports_table


async def standing_for(chat: Chat, discussion_id: str) -> Message:
    """The message that stands for a discussion."""
    found = await messages.for_discussion(chat.ws.db, discussion_id)
    assert found is not None
    return found


def test_many_messages_are_counted_together(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ws = chat.ws
        (ann,) = await chat.people("ann")
        room = await chat.room(ann)
        discussion = await discussions.create(ws, ann, DiscussionDraft(name="plans", parent_id=room.id))
        await posting.post(ws, ann, discussion, text("the first"))
        await posting.post(ws, ann, room, text("elsewhere"))
        with counting(chat) as elsewhere:
            await posting.post(ws, ann, room, text("elsewhere"))
        with counting(chat) as there:
            await posting.post(ws, ann, discussion, text("there"))
        assert (there.reads, there.commits) == (elsewhere.reads, elsewhere.commits) == (0, 1)
        told: list[object] = []
        ws.db.on_told(told.extend)
        await asyncio.gather(*(posting.post(ws, ann, discussion, text(f"message {i}")) for i in range(100)))
        await ws.follow_ups.finish()
        rewritten = [one for one in told if isinstance(one, Message) and one.discussion_id]
        assert 1 <= len(rewritten) <= 5
        said = await standing_for(chat, discussion.id)
        activity = await rooms.activity(ws.db, discussion.id)
        assert said.discussion_count == activity.messages == 102

    run(database_url, tmp_path, body)


def test_what_belongs_to_a_room_goes_with_it(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ws = chat.ws
        (ann,) = await chat.people("ann")
        room = await chat.room(ann)
        one, two = [
            await discussions.create(ws, ann, DiscussionDraft(name=name, parent_id=room.id))
            for name in ("one", "two")
        ]
        assert [found.id for found in await rooms.of_parent(ws.db, room.id)] == [one.id, two.id]
        await editing.delete(ws, ann, await standing_for(chat, one.id))
        assert [found.id for found in await rooms.of_parent(ws.db, room.id)] == [two.id]
        await room_life.erase(ws, ann, room)
        assert await ws.directory.room(two.id) is None
        assert await messages.for_discussion(ws.db, two.id) is None

    run(database_url, tmp_path, body)


def test_unread_threads(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ws = chat.ws
        ann, ben = await chat.people("ann", "ben")
        room = await chat.room(ann, ben)
        first = await posting.post(ws, ann, room, text("first"))
        await posting.post(ws, ben, room, text("an answer", tmid=first.id))
        assert await threads.unread(ws, ann, room.id) == [first.id]
        assert await threads.unread(ws, ben, room.id) == []
        begun = await messages.by_id(ws.db, first.id)
        assert begun is not None
        await threads.read(ws, ann, begun)
        assert await threads.unread(ws, ann, room.id) == []
        await posting.post(ws, ben, room, text("another", tmid=first.id))
        await threads.read_all(ws, ann, room.id)
        assert await threads.unread(ws, ann, room.id) == []

    run(database_url, tmp_path, body)


def test_reports(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ws = chat.ws
        ann, ben = await chat.people("ann", "ben")
        room = await chat.room(ann, ben)
        said = await posting.post(ws, ben, room, text("rude"))
        await reports.report_message(ws, ann, said.id, "it is rude")
        await reports.report_user(ws, ann, ben.id, "they are rude")
        db = ws.db
        assert [one.description for one in await reports_table.open_between(db, "user")] == ["they are rude"]
        (one,) = await reports_table.open_of_message(db, said.id)
        assert list(await reports_table.open_of_user(db, "message", ben.id)) == [one]
        await reports.delete_reported(ws, ann, ben.id, None)
        assert await messages.by_id(db, said.id) is None
        assert not await reports_table.open_between(db, "message")
        closed = await reports_table.by_id(db, one.id)
        assert closed is not None
        assert closed.moderation_info is not None
        assert closed.moderation_info.action == reports.DELETED
        assert len(await reports_table.open_of_user(db, "user", ben.id)) == 1

    run(database_url, tmp_path, body)
