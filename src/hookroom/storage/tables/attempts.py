"""Attempts: each call of a delivery, with what its script did, what was sent and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field

from hookroom.storage.database import Database, Kind
from hookroom.storage.statement import Append, Changes, Row, Statement
from hookroom.storage.tables.id_list import AMONG, id_list
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

SHOWN: Final = 5
"""Attempts of a delivery that are shown with all that is known of them: the last ones."""

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
_OF_IDS: Final[Mapping[Kind, Statement]] = {
    kind: Statement(
        "SELECT a.delivery_id, a.number, a.started_at, a.duration_ms, a.status,"
        " CASE WHEN a.number > d.attempts - :whole THEN a.doc END"
        f" FROM deliveries d JOIN attempts a ON a.delivery_id = d.id WHERE d.id {among}"
        " ORDER BY a.delivery_id, a.number"
    )
    for kind, among in AMONG.items()
}


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
    methods. ``started_at`` is in epoch milliseconds. ``request`` and all that follows is missing as well where the
    attempt was read without its document.
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


class StoredAttempt(Struct, frozen=True):
    """An attempt as it is stored; ``doc`` is JSON, ``None`` where it was not read."""

    row: Row

    @property
    def delivery_id(self) -> str:
        """The delivery that it was made for."""
        return str(self.row[0])

    @property
    def number(self) -> int:
        """Which attempt of its delivery it is, from 1 on."""
        return int(self.row[1])

    @property
    def doc(self) -> str | None:
        """What was sent, what came back and what a script said."""
        return None if self.row[5] is None else str(self.row[5])

    def attempt(self) -> Attempt:
        """What it says."""
        row = self.row
        doc = _Doc() if row[5] is None else _decode(row[5])
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


async def stored(db: Database, delivery_ids: Sequence[str], *, whole: int) -> Sequence[StoredAttempt]:
    """All attempts of deliveries, in order; of each delivery the documents of the last ``whole``."""
    rows = await db.fetch(_OF_IDS[db.kind], ids=id_list(delivery_ids), whole=whole)
    return [StoredAttempt(row) for row in rows]


async def of_deliveries(db: Database, delivery_ids: Sequence[str]) -> Sequence[Attempt]:
    """The attempts of deliveries, in order; of each delivery at most the last ``SHOWN``."""
    found = await stored(db, delivery_ids, whole=SHOWN)
    return [one.attempt() for one in found if one.doc is not None]
