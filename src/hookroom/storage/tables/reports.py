"""Reports to moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hookroom.rules.reports import Kind, Report
from hookroom.rules.times import millis
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Changes, Statement

MAX_READ: Final = 10_000
"""Most open reports that are looked at, the newest: moderators are to close the others one day."""

FOR_EVER: Final = 2**53

_decode: Final = msgspec.json.Decoder(Report).decode

_INSERT: Final = Statement(
    "INSERT INTO reports (id, kind, user_id, reporter_id, message_id, room_id, open, created_at, updated_at, doc)"
    " VALUES (:id, :kind, :user_id, :reporter_id, :message_id, :room_id, :open, :created_at, :updated_at, :doc)"
)
_UPDATE: Final = Statement(
    "UPDATE reports SET open = :open, updated_at = :updated_at, doc = :doc WHERE id = :id AND updated_at = :seen"
)
_BY_ID: Final = Statement("SELECT doc FROM reports WHERE id = :id")
_NEWEST: Final = f"ORDER BY created_at DESC, id DESC LIMIT {MAX_READ}"
_OPEN: Final = Statement(
    "SELECT doc FROM reports WHERE kind = :kind AND open = 1 AND created_at > :after AND created_at < :before"
    f" {_NEWEST}"
)
_OF_USER: Final = Statement(
    f"SELECT doc FROM reports WHERE user_id = :user_id AND kind = :kind AND open = 1 {_NEWEST}"
)
_OF_MESSAGE: Final = Statement(
    f"SELECT doc FROM reports WHERE message_id = :message_id AND open = 1 {_NEWEST}"
)


def insert(changes: Changes, report: Report) -> None:
    """A new report."""
    message = report.message or {}
    changes.run(
        _INSERT,
        kind=report.kind,
        user_id=report.user_id,
        reporter_id=report.reported_by.id,
        message_id=message.get("_id"),
        room_id=message.get("rid"),
        created_at=millis(report.created_at),
        **_columns(report),
    )


def update(changes: Changes, old: Report, new: Report) -> None:
    """Put ``new`` in the place of ``old``; ``Stale`` when that is no longer what is stored."""
    changes.run(_UPDATE, expect=1, seen=millis(old.updated_at), **_columns(new))


async def by_id(db: Database, report_id: str) -> Report | None:
    """The report with that id, open or not."""
    row = await fetch_one(db, _BY_ID, id=report_id)
    return _decode(row[0]) if row else None


async def open_between(db: Database, kind: Kind, after: int = -1, before: int = FOR_EVER) -> Sequence[Report]:
    """Open reports between two moments (epoch milliseconds, exclusive), newest first."""
    return [_decode(row[0]) for row in await db.fetch(_OPEN, kind=kind, after=after, before=before)]


async def open_of_user(db: Database, kind: Kind, user_id: str) -> Sequence[Report]:
    """Open reports of a user, or of their messages, newest first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_USER, kind=kind, user_id=user_id)]


async def open_of_message(db: Database, message_id: str) -> Sequence[Report]:
    """Open reports of a message, newest first."""
    return [_decode(row[0]) for row in await db.fetch(_OF_MESSAGE, message_id=message_id)]


def _columns(report: Report) -> dict[str, Any]:
    return {
        "id": report.id,
        "open": int(not report.hidden),
        "updated_at": millis(report.updated_at),
        "doc": msgspec.json.encode(report).decode(),
    }
