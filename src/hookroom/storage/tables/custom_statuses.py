"""Statuses that the server offers beside the four that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.custom_status import CustomStatus
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_decode: Final = msgspec.json.Decoder(CustomStatus).decode

_INSERT: Final = Statement(
    "INSERT INTO custom_user_statuses (id, name_key, updated_at, doc)"
    " VALUES (:id, :name_key, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE custom_user_statuses SET name_key = :name_key, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM custom_user_statuses WHERE id = :id AND updated_at = :seen")
_ALL: Final = Statement("SELECT doc FROM custom_user_statuses ORDER BY name_key")
_BY_ID: Final = Statement("SELECT doc FROM custom_user_statuses WHERE id = :id")


def insert(changes: Changes, status: CustomStatus) -> None:
    """A new status. Conflict: ``custom_user_statuses_name_key_key`` (the name is taken; case does not count)."""
    changes.run(_INSERT, **_columns(status))


def update(changes: Changes, old: CustomStatus, new: CustomStatus) -> None:
    """Put ``new`` in the place of ``old``; ``Stale``, and Conflict as above."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))


def delete(changes: Changes, status: CustomStatus) -> None:
    """Remove one; ``Stale`` when it is another by now."""
    changes.run(_DELETE, expect=1, id=status.id, seen=millis(status.updated_at))


async def everything(db: Database) -> Sequence[CustomStatus]:
    """All of them, by name: a server has a few."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


async def by_id(db: Database, status_id: str) -> CustomStatus | None:
    """The status with that id."""
    row = await fetch_one(db, _BY_ID, id=status_id)
    return _decode(row[0]) if row else None


def _columns(status: CustomStatus) -> dict[str, Any]:
    return {
        "id": status.id,
        "name_key": status.name.casefold(),
        "updated_at": millis(status.updated_at),
        "doc": msgspec.json.encode(status).decode(),
    }
