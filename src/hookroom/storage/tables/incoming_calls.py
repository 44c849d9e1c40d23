"""Calls of incoming webhooks that went through a script: what came, what the script did, what was answered.

A bounded number of each integration's newest is kept; they are the history of incoming calls, and what scripts
are tried on. Rows are written with the message that a call posted, and never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from hookroom.rules.times import LAST_MS
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.statement import Append, Changes, Merge, Params, Row, Statement
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

KEPT: Final = 50
"""Calls kept of each integration; while they come in, up to as many again."""

_APPEND: Final = Append(
    "incoming_calls",
    {"id": "text", "integration_id": "text", "created_at": "bigint", "status": "bigint", "doc": "text"},
)


def _last_of_each(params: Sequence[Params]) -> list[Params]:
    last: dict[str, str] = {}
    for one in params:
        last[one["integration_id"]] = max(one["before"], last.get(one["integration_id"], ""))
    # In order, so that two nodes lock rows in the same one.
    return [{"integration_id": key, "before": last[key]} for key in sorted(last)]


_TRIM: Final = Merge(
    Statement("DELETE FROM incoming_calls WHERE integration_id = :integration_id AND id < :before"),
    _last_of_each,
)
_COLUMNS: Final = "id, integration_id, created_at, status, doc"
_OF: Final = f"SELECT {_COLUMNS} FROM incoming_calls WHERE integration_id = :integration_id"
_PAGE: Final = Statement(f"{_OF} ORDER BY id DESC LIMIT :count OFFSET :offset")
_ONE: Final = Statement(f"{_OF} AND id = :id")
_COUNT: Final = Statement("SELECT count(*) FROM incoming_calls WHERE integration_id = :integration_id")
_DELETE_OF: Final = Statement("DELETE FROM incoming_calls WHERE integration_id = :integration_id")
_AFTER: Final = Statement("SELECT min(integration_id) FROM incoming_calls WHERE integration_id > :after")
_NTH: Final = Statement(
    "SELECT id FROM incoming_calls WHERE integration_id = :integration_id"
    " ORDER BY id DESC LIMIT 1 OFFSET :kept"
)
_OLDEST: Final = Statement(
    "SELECT created_at FROM incoming_calls WHERE integration_id = :integration_id ORDER BY id LIMIT 1"
)
_OVER: Final = Statement(
    "DELETE FROM incoming_calls WHERE integration_id = :integration_id"
    " AND (created_at <= :before OR id <= :beyond) RETURNING id"
)


class ReceivedCall(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A request as the script saw it: secrets in URL and headers are masked.

    ``body`` is the text of the request's body, in which nothing is masked; ``None`` when it was too large to be
    kept. ``content`` is what was read from it, where that is not the JSON or the text that ``body`` is.
    ``size`` is the body's, in bytes.
    """

    path: str
    query: str = ""
    user_id: str | None = field(name="userId", default=None)
    headers: dict[str, str]
    user: dict[str, str]
    size: int
    body: str | None = None
    content: Any | UnsetType = UNSET
    is_json: bool = field(name="json", default=False)
    is_form: bool = field(name="form", default=False)


class RecordedCall(Struct, frozen=True, kw_only=True):
    """One call. ``status`` and ``error`` are what the caller was answered; ``at`` is in epoch milliseconds.

    ``message_ids`` are those of the messages that it posted. ``warnings`` say what of the script's result was
    passed over. ``failure`` says more than the answer of what went wrong inside the script.
    """

    id: str
    integration_id: str
    at: int
    status: int
    request: ReceivedCall
    error: str | None = None
    failure: ScriptFailure | None = None
    message_ids: Sequence[str] = ()
    warnings: Sequence[str] = ()
    console: Sequence[ConsoleLine] = ()
    console_dropped: int = 0
    duration_ms: float = 0.0
    memory_bytes: int = 0


class _Doc(Struct, frozen=True, omit_defaults=True, kw_only=True):
    request: ReceivedCall
    error: str | None = None
    failure: ScriptFailure | None = None
    message_ids: Sequence[str] = field(name="messageIds", default=())
    warnings: Sequence[str] = ()
    console: Sequence[ConsoleLine] = ()
    console_dropped: int = field(name="consoleDropped", default=0)
    duration_ms: float = field(name="durationMs", default=0.0)
    memory_bytes: int = field(name="memoryBytes", default=0)


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode
_FIELDS: Final = _Doc.__struct_fields__


def insert(changes: Changes, call: RecordedCall) -> None:
    """A new call. Commutes: many are written together."""
    changes.append(
        _APPEND,
        id=call.id,
        integration_id=call.integration_id,
        created_at=call.at,
        status=call.status,
        doc=_encode(_Doc(**{name: getattr(call, name) for name in _FIELDS})).decode(),
    )


def trim(changes: Changes, integration_id: str, before: str) -> None:
    """Remove an integration's calls with an id under ``before``: ids sort by time. Commutes."""
    changes.merge(_TRIM, integration_id=integration_id, before=before)


async def page(db: Database, integration_id: str, *, count: int, offset: int = 0) -> Sequence[RecordedCall]:
    """An integration's calls, newest first."""
    rows = await db.fetch(_PAGE, integration_id=integration_id, count=count, offset=offset)
    return [_call(row) for row in rows]


async def total(db: Database, integration_id: str) -> int:
    """How many calls ``page`` ranges over."""
    row = await fetch_one(db, _COUNT, integration_id=integration_id)
    return int(row[0]) if row else 0


async def one(db: Database, integration_id: str, call_id: str) -> RecordedCall | None:
    """One call of an integration."""
    row = await fetch_one(db, _ONE, integration_id=integration_id, id=call_id)
    return _call(row) if row else None


def delete_of_integration(changes: Changes, integration_id: str) -> None:
    """Remove all calls of an integration."""
    changes.run(_DELETE_OF, integration_id=integration_id)


async def integration_after(db: Database, after: str) -> str | None:
    """The next integration, in the order of ids, that has calls."""
    row = await fetch_one(db, _AFTER, after=after)
    return row[0] if row else None


async def nth_newest(db: Database, integration_id: str, kept: int) -> str | None:
    """The id of the newest call that is not among the newest ``kept``."""
    row = await fetch_one(db, _NTH, integration_id=integration_id, kept=kept)
    return row[0] if row else None


async def oldest(db: Database, integration_id: str) -> int:
    """When the oldest call came that is kept, in epoch milliseconds; the end of time without one."""
    row = await fetch_one(db, _OLDEST, integration_id=integration_id)
    return row[0] if row else LAST_MS


def delete_over(changes: Changes, integration_id: str, *, before: int, beyond: str) -> None:
    """Remove calls up to ``before`` (epoch milliseconds) and up to the id ``beyond``; returns their ids."""
    changes.run(_OVER, integration_id=integration_id, before=before, beyond=beyond)


def _call(row: Row) -> RecordedCall:
    doc = _decode(row[4])
    return RecordedCall(
        id=row[0],
        integration_id=row[1],
        at=row[2],
        status=row[3],
        **{name: getattr(doc, name) for name in _FIELDS},
    )
