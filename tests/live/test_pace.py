"""What it costs to tell those who listen, and that nothing is lost for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.live.waiting import until
from tests.rooms.chat import Chat

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.live.event import Event
from hookroom.messages import posting
from hookroom.rooms import membership, room_marks
from hookroom.rules.hook_message import draft
from hookroom.services import Services
from hookroom.storage.statement import Changes, Row, Statement

MEMBERS = 40


class Ear:
    """Listens, and keeps the last that it heard of each event."""

    def __init__(self, services: Services) -> None:
        self.hub = services.hub
        self.last: dict[str, Any] = {}
        self.count: Counter[str] = Counter()

    def listen(self, user_id: str, *events: str) -> None:
        for event in events:
            self.hub.listen("stream-notify-user", f"{user_id}/{event}", self)

    def leave(self, user_id: str, *events: str) -> None:
        for event in events:
            self.hub.leave("stream-notify-user", f"{user_id}/{event}", self)

    def hear(self, event: Event) -> None:
        fields = msgspec.json.decode(event.text)["fields"]
        self.last[fields["eventName"]] = fields["args"]
        self.count[fields["eventName"]] += 1

    async def has(self, name: str, fits: Callable[[Any], bool]) -> None:
        async def fitting() -> bool:
            return name in self.last and fits(self.last[name])

        await until(fitting)


def test_a_busy_room(tmp_path: Path) -> None:
    async def main() -> None:
        async with assemble(load(data=tmp_path, test_mode=True), "http://127.0.0.1:3000") as started:
            services = started.services
            ws, chat, ear = services.ws, Chat(services.ws), Ear(started.services)
            owner, *others = await chat.people(*(f"user{i}" for i in range(MEMBERS + 1)))
            room = await chat.room(owner, *others)
            reader = others[0]
            names = [f"{one.id}/subscriptions-changed" for one in others]

            async def say(text: str) -> None:
                await posting.post(ws, owner, room, draft({"text": text}))

            reads: Counter[str] = Counter()
            fetch = ws.db.fetch

            async def counted(statement: Statement, **params: Any) -> Sequence[Row]:
                reads[statement.sql] += 1
                return await fetch(statement, **params)

            for one in others:
                ear.listen(one.id, "subscriptions-changed", "rooms-changed")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(ws.db, "fetch", counted)
                for n in range(200):
                    await say(str(n))
                for name in names:
                    await ear.has(name, lambda args: args[1]["alert"])
                await ear.has(
                    f"{reader.id}/rooms-changed", lambda args: args[1]["lastMessage"]["msg"] == "199"
                )
            assert max(reads.values()) < 30, reads.most_common(1)
            assert all(ear.count[name] <= 3 for name in names), ear.count

            # Who reads, here or while they do not listen, hears of the next message again.
            await room_marks.read(ws, reader, room.id)
            await ear.has(names[0], lambda args: not args[1]["alert"])
            await say("again")
            await ear.has(names[0], lambda args: args[1]["alert"])
            ear.leave(reader.id, "subscriptions-changed")
            await room_marks.read(ws, reader, room.id)
            ear.last.clear()
            ear.listen(reader.id, "subscriptions-changed")
            await say("and again")
            await ear.has(names[0], lambda args: args[1]["alert"])

            # Who left hears nothing more; what was not heard is told again.
            await membership.leave(ws, reader, room)
            await ear.has(names[0], lambda args: args[0] == "removed")
            ear.last.clear()
            changes = Changes()
            changes.touch("*", "0")
            await ws.db.commit(changes)
            for name in names[1:]:
                await ear.has(name, lambda args: args[0] == "updated")
            assert names[0] not in ear.last

    asyncio.run(main())
