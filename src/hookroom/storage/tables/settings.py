"""Settings that were changed from their defaults, and the server's notes to itself."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_PUT: Final = Statement(
    "INSERT INTO settings (id, value, updated_at) VALUES (:id, :value, :updated_at)"
    " ON CONFLICT (id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
)
_ALL: Final = Statement("SELECT id, value, updated_at FROM settings")
_NOTE: Final = Statement(
    "INSERT INTO notes (id, value) VALUES (:id, :value) ON CONFLICT (id) DO UPDATE SET value = excluded.value"
)
_NOTED: Final = Statement("SELECT value FROM notes WHERE id = :id")


def put(changes: Changes, setting: str, value: Any, now: int) -> None:
    """Store a setting's value."""
    changes.run(_PUT, id=setting, value=msgspec.json.encode(value).decode(), updated_at=now)
    changes.touch("setting", setting)


async def changed(db: Database) -> dict[str, tuple[Any, int]]:
    """Values that differ from the defaults, with the time of change in epoch milliseconds."""
    return {row[0]: (msgspec.json.decode(row[1]), row[2]) for row in await db.fetch(_ALL)}


def note(changes: Changes, name: str, value: str) -> None:
    """Remember a small fact."""
    changes.run(_NOTE, id=name, value=value)


async def noted(db: Database, name: str) -> str | None:
    """A remembered fact."""
    row = await fetch_one(db, _NOTED, id=name)
    return row[0] if row else None
