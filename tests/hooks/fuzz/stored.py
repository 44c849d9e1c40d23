"""What a server has stored, read from its database behind its back."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg

NEW = "SELECT id, room_id, doc FROM messages WHERE created_at >= {}"


@dataclass(frozen=True)
class Stored:
    """A message."""

    id: str
    room: str
    doc: dict[str, Any]

    @property
    def integration(self) -> str | None:
        """The id of the integration that posted it."""
        found: str | None = (self.doc.get("bot") or {}).get("i")
        return found


class Database(Protocol):
    """Reads messages that were created since a time (epoch milliseconds)."""

    async def since(self, at: int) -> list[tuple[str, str, str]]:
        """Id, room, document of each."""


class Sqlite:
    """An SQLite file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    async def since(self, at: int) -> list[tuple[str, str, str]]:
        return self._db.execute(NEW.format("?"), (at,)).fetchall()


class Postgres:
    """A PostgreSQL database. Connects anew each time: event loops come and go."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def since(self, at: int) -> list[tuple[str, str, str]]:
        db = await asyncpg.connect(self._url)
        try:
            return [(row[0], row[1], row[2]) for row in await db.fetch(NEW.format("$1"), at)]
        finally:
            await db.close()


class News:
    """The messages that are new each time one asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: set[str] = set()
        self._since = 0

    async def read(self) -> list[Stored]:
        """Those that were not there when it was last asked."""
        rows = [row for row in await self._database.since(self._since) if row[0] not in self._seen]
        found = [Stored(row[0], row[1], json.loads(row[2])) for row in rows]
        self._seen.update(one.id for one in found)
        return found

    def forget(self, before: int) -> None:
        """Look no more at what was created before that time (epoch milliseconds)."""
        self._since = before


def reader(database_url: str, data: Path) -> News:
    """Of the server with that database."""
    if database_url.startswith("sqlite"):
        return News(Sqlite(data / "hookroom.db"))
    return News(Postgres(database_url))


def read_now(news: News) -> list[Stored]:
    """``read`` where no event loop runs."""
    return asyncio.run(news.read())
