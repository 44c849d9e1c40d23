"""A server's rooms on a database, in this process, for use cases that race with each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.rules.values import a_user

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.rooms import room_creation
from hookroom.rooms.room_creation import RoomDraft
from hookroom.rules.ids import user_id
from hookroom.rules.model import Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace


class Recorder:
    """Keeps what was observed and then really written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.renamed: list[tuple[str, str]] = []

    def observe(self, event: Event, changes: Changes) -> None:
        changes.then(lambda: self.events.append(event))

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        changes.then(lambda: self.renamed.append((old_name, new_name)))

    def user_gone(self, changes: Changes, user: User) -> None:
        raise AssertionError("nobody goes here")

    def names(self) -> list[tuple[str, str]]:
        """Events and whom they name."""
        return [(event.name, event.user.username) for event in self.events]


class Chat:
    """A workspace whose events are recorded."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.seen = Recorder()
        ws.observer = self.seen

    async def people(self, *names: str, roles: Sequence[str] = ("user",)) -> list[User]:
        """New users of these names."""
        changes, made = Changes(), []
        for name in names:
            at = self.ws.stamp()
            user = a_user(
                id=user_id(), username=name, name=name, roles=tuple(roles), created_at=at, updated_at=at
            )
            users.insert(changes, user)
            made.append(user)
        await self.ws.db.commit(changes)
        return made

    async def room(self, owner: User, *members: User, name: str = "ops") -> Room:
        """A channel of ``owner`` with these members."""
        draft = RoomDraft(type="c", name=name, members=[member.username for member in members])
        return await room_creation.create(self.ws, owner, draft)


def run(url: str, data: Path, body: Callable[[Chat], Awaitable[None]]) -> None:
    """Run ``body`` with the rooms of a new server on the database at ``url``."""

    async def main() -> None:
        config = load(database_url=url, data=data, test_mode=True)
        async with assemble(config, "http://127.0.0.1:3000") as started:
            await body(Chat(started.services.ws))

    asyncio.run(main())
