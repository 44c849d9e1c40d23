"""Histories for tests of storage: a few entries of every kind, or hundreds of thousands by SQL."""

from __future__ import annotations

from collections.abc import Sequence

from bench.history_filling import BIG, fill_statements
from msgspec import Struct

from hookroom.storage.database import Database
from hookroom.storage.statement import Append, Changes, Statement
from hookroom.storage.tables import attempts, events
from hookroom.storage.tables.attempts import Attempt, SentRequest
from hookroom.storage.tables.events import StoredEvent

NEWEST_AT = 1767225600000

_ROW = Append(
    "deliveries",
    {
        **dict.fromkeys(("id", "integration_id", "event_id", "url", "lane", "state", "owner", "doc"), "text"),
        **dict.fromkeys(("attempts", "next_at", "created_at", "updated_at", "status"), "bigint"),
    },
)


class Row(Struct, frozen=True, kw_only=True):
    """An entry, as far as it matters to who looks for it."""

    id: str
    integration: str = "hook"
    state: str = "succeeded"
    status: int | None = 200
    at: int = NEWEST_AT
    event: str = ""
    doc: str = '{"step":"after-http-call"}'
    text: str = "hello"


async def write(db: Database, rows: Sequence[Row], *, step: int = 500) -> None:
    """Write entries, each with an attempt and, unless it names one, an event of its own."""
    for first in range(0, len(rows), step):
        changes = Changes()
        for row in rows[first : first + step]:
            if not row.event:
                event = StoredEvent(
                    id=f"e{row.id}",
                    name="sendMessage",
                    depth=0,
                    at=row.at,
                    data={"bot": False, "text": row.text},
                )
                events.insert(changes, event)
            changes.append(
                _ROW,
                id=row.id,
                integration_id=row.integration,
                event_id=row.event or f"e{row.id}",
                url="http://a/",
                lane="a",
                state=row.state,
                owner="somebody",
                doc=row.doc,
                attempts=1,
                next_at=row.at,
                created_at=row.at,
                updated_at=row.at,
                status=row.status,
            )
            request = SentRequest(method="POST", url="http://a/", headers={}, body_size=2)
            attempts.insert(
                changes,
                Attempt(
                    delivery_id=row.id,
                    number=1,
                    started_at=row.at,
                    duration_ms=1,
                    status=row.status,
                    request=request,
                ),
            )
        await db.commit(changes)


async def fill(db: Database, entries: int, *, big: str = BIG, newest_at: int = NEWEST_AT) -> None:
    """Write a long history, as ``bench.history_filling`` does, and have the database know it."""
    for texts in fill_statements(db.kind, entries, newest_at, big=big):
        changes = Changes()
        for text in texts:
            changes.run(Statement(text))
        await db.commit(changes)
    if db.kind == "postgresql":
        await db.fetch(Statement("ANALYZE"))
