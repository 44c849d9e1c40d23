"""A workspace in which everything goes its usual way and nothing is written.

Posting, joining a channel and opening a direct room follow the rules of the real thing because they are the real
thing. Only the database under them takes writes without keeping them, and nobody observes: no integration fires.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import Any

from hookroom.rules.model import Message, Room, Subscription, User
from hookroom.rules.times import iso
from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Changes, Row, Statement, Touch
from hookroom.storage.tables.subscriptions import member_key
from hookroom.workspace.directory import Directory
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace


class Unwritten:
    """A ``Database`` that is read as it is, and whose commits go nowhere. ``members`` would be changed by them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.members: set[str] = set()

    @property
    def kind(self) -> Kind:
        """See ``Database``."""
        return self._db.kind

    async def commit(self, changes: Changes) -> list[Row]:
        """Write nothing, and call nobody that waits for the write."""
        self.members.update(key for kind, key in changes.touched if kind == "member")
        return []

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """See ``Database``."""
        return await self._db.fetch(statement, **params)

    def on_touched(
        self, listener: Callable[[Sequence[Touch], bool], None], kinds: Collection[str] = ()
    ) -> None:
        """Nothing is ever touched."""

    def on_told(self, listener: Callable[[Sequence[object]], None]) -> None:
        """Nothing is ever told."""

    async def close(self) -> None:
        """It is not this one's to close."""


class _Directory(Directory):
    """Also knows the memberships that would have begun."""

    def __init__(self, db: Unwritten, now: Callable[[], int]) -> None:
        super().__init__(db)
        self._unwritten = db
        self._now = now

    async def subscription(self, room_id: str, user_id: str) -> Subscription | None:
        found = await super().subscription(room_id, user_id)
        key = member_key(room_id, user_id)
        if found is not None or key not in self._unwritten.members:
            return found
        at = iso(self._now())
        return Subscription(id=key, room_id=room_id, user_id=user_id, open=True, created_at=at, updated_at=at)


class Posts:
    """The observer of such a workspace: gathers the messages that would be posted, with their rooms."""

    def __init__(self) -> None:
        self.made: list[tuple[Room, Message]] = []

    def observe(self, event: Event, changes: Changes) -> None:
        """See ``Observer``."""
        if event.name == "sendMessage" and event.message is not None and event.room is not None:
            self.made.append((event.room, event.message))

    def room_renamed(self, changes: Changes, old_name: str, new_name: str) -> None:
        """See ``Observer``."""

    def user_gone(self, changes: Changes, user: User) -> None:
        """See ``Observer``."""


def unwritten(ws: Workspace) -> tuple[Workspace, Posts]:
    """``ws`` as it is now, so that nothing that is done there is kept; and what would be posted."""
    db, posts = Unwritten(ws.db), Posts()
    return dataclasses.replace(ws, db=db, directory=_Directory(db, ws.now), observer=posts), posts
