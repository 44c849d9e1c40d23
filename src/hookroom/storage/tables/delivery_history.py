"""Deliveries as history: what an integration did, newest first, and the end of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Row, Statement
from hookroom.storage.tables.deliveries import ENDED, Progress, State
from hookroom.storage.tables.events import StoredEvent

_COLUMNS: Final = (
    "d.id, d.url, d.trigger_word, d.state, d.next_at, d.created_at, d.updated_at, d.doc,"
    " e.id, e.name, e.depth, e.created_at, e.data"
)
_FROM: Final = "FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.integration_id = :integration_id"
_PAGES: Final = {
    order: Statement(
        f"SELECT {_COLUMNS} {_FROM} ORDER BY d.updated_at {order}, d.id {order} LIMIT :count OFFSET :offset"
    )
    for order in ("ASC", "DESC")
}
_ONE: Final = Statement(f"SELECT {_COLUMNS} {_FROM} AND d.id = :id")
_COUNT: Final = Statement("SELECT count(*) FROM deliveries WHERE integration_id = :integration_id")

_INTEGRATION_AFTER: Final = Statement(
    "SELECT min(integration_id) FROM deliveries WHERE integration_id > :after"
)
_NTH: Final = Statement(
    "SELECT updated_at FROM deliveries WHERE integration_id = :integration_id"
    " ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :kept"
)
_ENDED_BY: Final = Statement(
    "SELECT id, event_id FROM deliveries WHERE integration_id = :integration_id"
    f" AND updated_at <= :before AND {ENDED} ORDER BY updated_at, id LIMIT :count"
)
_DELETE: Final = Statement(f"DELETE FROM deliveries WHERE id = :id AND {ENDED}")
_DELETE_ATTEMPTS: Final = Statement("DELETE FROM attempts WHERE delivery_id = :id")
_DELETE_EVENT: Final = Statement(
    "DELETE FROM events WHERE id = :id AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = :id)"
)


class Entry(Struct, frozen=True, kw_only=True):
    """A delivery as its history tells it. Times are epoch milliseconds."""

    id: str
    url: str
    trigger_word: str | None
    state: State
    next_at: int
    created_at: int
    updated_at: int
    progress: Progress
    event: StoredEvent


async def page(
    db: Database, integration_id: str, *, count: int, offset: int, order: Literal["ASC", "DESC"] = "DESC"
) -> Sequence[Entry]:
    """Entries of an integration by the time of their last change."""
    rows = await db.fetch(_PAGES[order], integration_id=integration_id, count=count, offset=offset)
    return [_entry(row) for row in rows]


async def total(db: Database, integration_id: str) -> int:
    """How many entries ``page`` ranges over."""
    row = await fetch_one(db, _COUNT, integration_id=integration_id)
    return int(row[0]) if row else 0


async def one(db: Database, integration_id: str, delivery_id: str) -> Entry | None:
    """One entry of an integration."""
    row = await fetch_one(db, _ONE, integration_id=integration_id, id=delivery_id)
    return _entry(row) if row else None


async def integration_after(db: Database, after: str) -> str | None:
    """The next integration, in the order of ids, that has a history."""
    row = await fetch_one(db, _INTEGRATION_AFTER, after=after)
    return row[0] if row else None


async def time_of_nth(db: Database, integration_id: str, kept: int) -> int | None:
    """When the newest entry was changed that is not among the newest ``kept``."""
    row = await fetch_one(db, _NTH, integration_id=integration_id, kept=kept)
    return row[0] if row else None


async def ended_by(db: Database, integration_id: str, before: int, count: int) -> Sequence[tuple[str, str]]:
    """Ids of deliveries and their events that ended at or before a time, the oldest first."""
    rows = await db.fetch(_ENDED_BY, integration_id=integration_id, before=before, count=count)
    return [(row[0], row[1]) for row in rows]


def delete(changes: Changes, delivery_id: str, event_id: str) -> None:
    """Remove one that has ended, and its event if no other delivery is of it."""
    changes.run(_DELETE_ATTEMPTS, id=delivery_id)
    changes.run(_DELETE, id=delivery_id)
    changes.run(_DELETE_EVENT, id=event_id)


def _entry(row: Row) -> Entry:
    return Entry(
        id=row[0],
        url=row[1],
        trigger_word=row[2],
        state=row[3],
        next_at=row[4],
        created_at=row[5],
        updated_at=row[6],
        progress=_progress(row[7]),
        event=StoredEvent(
            id=row[8], name=row[9], depth=row[10], at=row[11], data=msgspec.json.decode(row[12])
        ),
    )


_progress: Final = msgspec.json.Decoder(Progress).decode
