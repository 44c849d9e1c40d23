"""Incoming and outgoing integrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.model import Integration
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_decode: Final = msgspec.json.Decoder(Integration).decode

_INSERT: Final = Statement(
    "INSERT INTO integrations (id, type, user_id, created_by, created_at, updated_at, doc)"
    " VALUES (:id, :type, :user_id, :created_by, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE integrations SET user_id = :user_id, created_by = :created_by, updated_at = :updated_at, doc = :doc"
    " WHERE id = :id AND updated_at = :seen"
)
_DELETE: Final = Statement("DELETE FROM integrations WHERE id = :id")
_BY_ID: Final = Statement("SELECT doc FROM integrations WHERE id = :id")
_VERSIONS: Final = Statement("SELECT id, updated_at FROM integrations")
_ALL: Final = Statement("SELECT doc FROM integrations ORDER BY created_at, id")


def insert(changes: Changes, integration: Integration) -> None:
    """A new integration."""
    changes.run(
        _INSERT,
        id=integration.id,
        type=integration.type,
        created_at=millis(integration.created_at),
        **_columns(integration),
    )
    changes.touch("integration", integration.id)


def update(changes: Changes, old: Integration, new: Integration) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, id=new.id, seen=millis(old.updated_at), **_columns(new))
    changes.touch("integration", new.id)


def delete(changes: Changes, integration: Integration) -> None:
    """Remove an integration; ``Stale`` when it is gone already."""
    changes.run(_DELETE, expect=1, id=integration.id)
    changes.touch("integration", integration.id)


async def by_id(db: Database, integration_id: str) -> Integration | None:
    """The integration with that id."""
    row = await fetch_one(db, _BY_ID, id=integration_id)
    return _decode(row[0]) if row else None


async def everything(db: Database) -> Sequence[Integration]:
    """All integrations, oldest first: every node keeps them in memory."""
    return [_decode(row[0]) for row in await db.fetch(_ALL)]


async def versions(db: Database) -> Mapping[str, int]:
    """When each integration was last changed, in epoch milliseconds, by its id."""
    return {row[0]: row[1] for row in await db.fetch(_VERSIONS)}


def _columns(integration: Integration) -> dict[str, Any]:
    return {
        "user_id": integration.user_id,
        "created_by": integration.created_by.id,
        "updated_at": millis(integration.updated_at),
        "doc": msgspec.json.encode(integration).decode(),
    }
