"""A server's parts on a database, in this process: people, a room, and files that come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.rooms.chat import Chat, Recorder

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.rules.ids import random_id
from hookroom.rules.model import Message, Room, User
from hookroom.rules.upload import Upload
from hookroom.storage.statement import Changes, Statement
from hookroom.uploads import sharing
from hookroom.uploads.receiving import receiving
from hookroom.uploads.removal import Removal

_ROWS = Statement("SELECT count(*) FROM uploads")


async def sent(*pieces: bytes) -> AsyncIterator[bytes]:
    """A body as it comes in."""
    for piece in pieces:
        yield piece


class Onlooker(Recorder):
    """Sees users go, too."""

    def user_gone(self, changes: Changes, user: User) -> None:
        """Nobody posts as them."""


class Hall(Chat):
    """A chat with files. ``late`` milliseconds are added to the clock of ``removal``."""

    def __init__(self, services: Any, data: Path) -> None:
        super().__init__(services.ws)
        self.seen = services.ws.observer = Onlooker()
        self.files = services.files
        self._data = data
        self.late = 0
        self.removal = Removal(self.ws.db, self.files, lambda: self.ws.now() + self.late)

    async def media(self, user: User, room: Room, content: bytes = b"abc", name: str = "a.txt") -> Upload:
        """What ``rooms.media`` does."""
        async with receiving(self.ws, self.files, user, room) as reception:
            taken = await reception.take(name, None, sent(content))
            await reception.keep(taken)
        return taken

    async def post(self, user: User, room: Room, content: bytes = b"abc", **words: Any) -> Message:
        """What ``rooms.upload`` does."""
        async with receiving(self.ws, self.files, user, room) as reception:
            taken = await reception.take("a.txt", None, sent(content))
            return await sharing.share(self.ws, user, room, taken, words)

    async def confirm(self, user: User, room: Room, file_id: str, **words: Any) -> Message:
        """What ``rooms.mediaConfirm`` does."""
        return await sharing.confirm(self.ws, user, room, file_id, words)

    def stored(self) -> list[str]:
        """Names of all files on the disk, whole or not."""
        return sorted(path.name for path in (self._data / "files").rglob("*") if path.is_file())

    async def rows(self) -> int:
        """How many files the database knows of."""
        return int((await self.ws.db.fetch(_ROWS))[0][0])


def run(url: str, data: Path, body: Callable[[Hall], Awaitable[None]]) -> None:
    """Run ``body`` in the hall of a new server on the database at ``url``."""

    async def main() -> None:
        config = load(database_url=url, data=data, test_mode=True)
        async with assemble(config, "http://127.0.0.1:3000") as started:
            await body(Hall(started.services, data))

    asyncio.run(main())


def unknown() -> str:
    """An id that no file has."""
    return random_id()
