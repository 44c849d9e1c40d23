"""Integrations whose calls have all failed for some time, and since when."""

from __future__ import annotations

from typing import Final

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

_BEGIN: Final = Statement(
    "INSERT INTO failing (integration_id, since) VALUES (:integration_id, :since)"
    " ON CONFLICT (integration_id) DO NOTHING"
)
_END: Final = Statement("DELETE FROM failing WHERE integration_id = :integration_id")
_SINCE: Final = Statement("SELECT since FROM failing WHERE integration_id = :integration_id")
_ALL: Final = Statement("SELECT integration_id, since FROM failing")
_SUCCEEDED: Final = Statement(
    "SELECT id FROM deliveries WHERE integration_id = :integration_id AND updated_at > :since"
    " AND state = 'succeeded' LIMIT 1"
)


def begin(changes: Changes, integration_id: str, since: int) -> None:
    """A call failed at ``since`` (epoch milliseconds); nothing changes for one that is failing already."""
    changes.run(_BEGIN, integration_id=integration_id, since=since)


def end(changes: Changes, integration_id: str) -> None:
    """It is not failing any longer."""
    changes.run(_END, integration_id=integration_id)


async def since(db: Database, integration_id: str) -> int | None:
    """Since when all calls of an integration failed (epoch milliseconds); ``None`` when they do not."""
    row = await fetch_one(db, _SINCE, integration_id=integration_id)
    return row[0] if row else None


async def succeeded_after(db: Database, integration_id: str, at: int) -> bool:
    """Whether a delivery of an integration succeeded later than ``at``, as far as its history goes."""
    return await fetch_one(db, _SUCCEEDED, integration_id=integration_id, since=at) is not None


async def everything(db: Database) -> dict[str, int]:
    """All integrations that are failing, and since when."""
    return {row[0]: row[1] for row in await db.fetch(_ALL)}
