"""Attempts: each call of a delivery, with what its script did, what was sent and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct, field

from hookroom.storage.database import Database
from hookroom.storage.statement import Append, Changes, Row, Statement
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

_APPEND: Final = Append(
    "attempts",
    {
        "delivery_id": "text",
        "number": "bigint",
        "started_at": "bigint",
        "duration_ms": "bigint",
        "status": "bigint",
        "doc": "text",
    },
)
_COLUMNS: Final = "a.delivery_id, a.number, a.started_at, a.duration_ms, a.status, a.doc"
_OF_SPAN: Final = Statement(
    f"SELECT {_COLUMNS} FROM deliveries d JOIN attempts a ON a.delivery_id = d.id"
    " WHERE d.integration_id = :integration_id AND d.updated_at BETWEEN :oldest AND :newest"
    " ORDER BY a.delivery_id, a.number"
)


class SentRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was sent; secrets in URL and headers are masked.

    ``body`` is what a script made of it, cut to a bounded size; without one it is the event's data.
    """

    method: str
    url: str
    headers: dict[str, str]
    body_size: int = field(name="bodySize")
    body: str | None = None


class ReceivedResponse(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What came back, cut to a bounded size. ``body_size`` counts the bytes that were read."""

    headers: dict[str, str]
    body: str
    body_size: int = field(name="bodySize")
    truncated: bool = False


class Attempt(Struct, frozen=True, kw_only=True):
    """One call, or a script that wanted none: ``request`` is ``None`` then.

    ``status`` is ``None`` when no answer came; ``error`` then says why. ``failures`` are those of the script's
    methods. ``started_at`` is in epoch milliseconds.
    """

    delivery_id: str
    number: int
    started_at: int
    duration_ms: int
    status: int | None
    request: SentRequest | None
    response: ReceivedResponse | None = None
    error: str | None = None
    console: Sequence[ConsoleLine] = ()
    failures: Sequence[ScriptFailure] = ()


class _Doc(Struct, frozen=True, omit_defaults=True):
    request: SentRequest | None = None
    response: ReceivedResponse | None = None
    error: str | None = None
    console: Sequence[ConsoleLine] = ()
    failures: Sequence[ScriptFailure] = ()


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Doc).decode


def insert(changes: Changes, attempt: Attempt) -> None:
    """A new attempt. Commutes. Conflict on ``attempts_pk``: another node has recorded this attempt."""
    changes.append(
        _APPEND,
        delivery_id=attempt.delivery_id,
        number=attempt.number,
        started_at=attempt.started_at,
        duration_ms=attempt.duration_ms,
        status=attempt.status,
        doc=_encode(
            _Doc(attempt.request, attempt.response, attempt.error, attempt.console, attempt.failures)
        ).decode(),
    )


async def of_span(db: Database, integration_id: str, oldest: int, newest: int) -> Sequence[Attempt]:
    """Attempts of an integration's deliveries that were updated from ``oldest`` to ``newest``, in order."""
    rows = await db.fetch(_OF_SPAN, integration_id=integration_id, oldest=oldest, newest=newest)
    return [_attempt(row) for row in rows]


def _attempt(row: Row) -> Attempt:
    doc = _decode(row[5])
    return Attempt(
        delivery_id=row[0],
        number=row[1],
        started_at=row[2],
        duration_ms=row[3],
        status=row[4],
        request=doc.request,
        response=doc.response,
        error=doc.error,
        console=doc.console,
        failures=doc.failures,
    )
