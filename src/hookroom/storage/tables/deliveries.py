"""Deliveries as work to do: which are due, whose they are, and how they end.

::

    pending ──┬──────────────┬─▶ succeeded
       │      ▼              ├─▶ failed      (a final answer, or none and no retries wanted)
       │   waiting ──────────┼─▶ dead        (no retries left)
       │    │   ▲            └─▶ cancelled   (the integration was disabled or removed)
       │    └───┘ retried           ▲
       └────────────────────────────┘

A delivery is open while its state is ``pending`` (never tried) or ``waiting`` (for a retry), and then belongs to
the node ``owner``. ``lane`` names its receiver. Their use as history is in ``delivery_history``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from hookroom.storage.database import Database, Kind, fetch_one
from hookroom.storage.statement import Append, Changes, Column, Revise, Row, Statement
from hookroom.storage.tables.events import StoredEvent

State = Literal["pending", "waiting", "succeeded", "failed", "dead", "cancelled"]

End = Literal["succeeded", "failed", "dead", "cancelled"]

OPEN: Final = "state IN ('pending', 'waiting')"
"""As the partial index has it."""
ENDED: Final = f"NOT ({OPEN})"

_APPEND: Final = Append(
    "deliveries",
    {
        "id": "text",
        "integration_id": "text",
        "event_id": "text",
        "url": "text",
        "lane": "text",
        "trigger_word": "text",
        "state": "text",
        "attempts": "bigint",
        "next_at": "bigint",
        "owner": "text",
        "created_at": "bigint",
        "updated_at": "bigint",
        "doc": "text",
        "ordered": "bigint",
    },
)
_OUTCOME: Final[Mapping[str, Column]] = {
    "id": "text",
    "state": "text",
    "attempts": "bigint",
    "next_at": "bigint",
    "updated_at": "bigint",
    "doc": "text",
    "status": "bigint",
}
# Each delivery is written by its owner alone.
_FINISH: Final = Revise("deliveries", _OUTCOME)
# What was cancelled while its call was under way is not revived for a retry.
_WAIT: Final = Revise("deliveries", _OUTCOME, unless="deliveries.state = 'cancelled'")
# Only whoever has seen it as it is: the message that goes with this must not be posted twice.
_NOTE: Final = Statement(
    "UPDATE deliveries SET updated_at = :updated_at, doc = :doc"
    f" WHERE id = :id AND updated_at = :seen AND {OPEN}"
)
_CANCEL: Final = f"UPDATE deliveries SET state = 'cancelled', updated_at = :at, doc = :doc WHERE {OPEN}"
_CANCEL_ONE: Final = Statement(f"{_CANCEL} AND id = :id")
_CANCEL_OF: Final = Statement(f"{_CANCEL} AND integration_id = :integration_id")
_IS_OPEN: Final = Statement(f"SELECT id FROM deliveries WHERE id = :id AND {OPEN}")
_IS_AS_SEEN: Final = Statement(f"SELECT id FROM deliveries WHERE id = :id AND updated_at = :seen AND {OPEN}")
_WHOLE: Final = (
    "SELECT d.id, d.integration_id, d.url, d.lane, d.trigger_word, d.attempts, d.created_at,"
    " d.updated_at, d.doc, d.ordered, d.status, e.id, e.name, e.depth, e.created_at, e.data, d.next_at"
    " FROM deliveries d JOIN events e ON e.id = d.event_id"
)
_DUE: Final = Statement(
    f"{_WHOLE} WHERE d.owner = :owner AND d.lane = :lane AND d.{OPEN} AND d.next_at <= :now"
    " ORDER BY d.next_at, d.id LIMIT :count"
)
_IN_LINE: Final = Statement(
    f"{_WHOLE} WHERE d.lane = :lane AND d.{OPEN} AND d.ordered = 1 AND d.owner = :owner"
    " ORDER BY d.id LIMIT :count"
)
_BEFORE: Final = Statement(
    f"SELECT id FROM deliveries WHERE lane = :lane AND {OPEN} AND ordered = 1 AND id < :id LIMIT 1"
)
_NEXT: Final = Statement(
    "SELECT min(next_at) FROM deliveries"
    f" WHERE owner = :owner AND lane = :lane AND {OPEN} AND next_at > :after"
)
_LANES: Final = Statement(
    f"SELECT lane, min(next_at) FROM deliveries WHERE owner = :owner AND {OPEN} GROUP BY lane"
)
_CLAIM: Final = (
    "UPDATE deliveries SET owner = :owner WHERE id IN"
    f" (SELECT id FROM deliveries WHERE owner = :former AND {OPEN}"
    " ORDER BY lane, next_at LIMIT :count{lock}) RETURNING lane, next_at"
)
_CLAIMS: Final[Mapping[Kind, Statement]] = {
    "sqlite": Statement(_CLAIM.format(lock="")),
    # Two nodes that take over from the same one pass each other by.
    "postgresql": Statement(_CLAIM.format(lock=" FOR UPDATE SKIP LOCKED")),
}

_OF: Final = "FROM deliveries WHERE integration_id = :integration_id"
_REMOVE: Final = (
    Statement(f"DELETE FROM attempts WHERE delivery_id IN (SELECT id {_OF})"),
    # An event stays while a delivery of another integration needs it.
    Statement(
        f"DELETE FROM events WHERE id IN (SELECT event_id {_OF}) AND NOT EXISTS (SELECT 1 FROM deliveries o"
        f" WHERE o.event_id = events.id AND o.id NOT IN (SELECT id {_OF}))"
    ),
    Statement(f"DELETE {_OF}"),
    Statement("DELETE FROM failing WHERE integration_id = :integration_id"),
)


class Progress(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far a delivery has come, in the history's terms (contract, section 4, "History").

    ``message_settled`` says that the message that ``prepare_outgoing_request`` asked for was dealt with: posted
    (``prepared_message``) or refused (``message_refused`` says why). No further attempt posts one.
    """

    step: str
    error: bool = False
    error_stack: str | None = field(name="errorStack", default=None)
    result_message: list[dict[str, Any]] | None = field(name="resultMessage", default=None)
    ran_prepare: bool = field(name="ranPrepareScript", default=False)
    message_settled: bool = field(name="messageSettled", default=False)
    message_refused: str | None = field(name="messageRefused", default=None)
    prepared_message: list[dict[str, Any]] | None = field(name="prepareSentMessage", default=None)
    processed_message: list[dict[str, Any]] | None = field(name="processSentMessage", default=None)


START: Final = Progress(step="mapped-args-to-data")


class Delivery(Struct, frozen=True, kw_only=True):
    """One receiver to be told of one event. Times are epoch milliseconds.

    ``attempts`` have been made and recorded, ``status`` is what the last one was answered; ``as_of`` is when this
    was known to be open, ``updated_at`` when ``progress`` was written, if ever since it was made.
    """

    id: str
    integration_id: str
    url: str
    lane: str
    trigger_word: str | None
    event: StoredEvent
    attempts: int
    created_at: int
    as_of: int
    ordered: bool = False
    status: int | None = None
    updated_at: int | None = None
    progress: Progress = START


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Progress).decode
_START: Final = _encode(START).decode()


def insert(changes: Changes, delivery: Delivery, owner: str) -> None:
    """A new delivery, due now. Commutes: many are written together."""
    changes.append(
        _APPEND,
        id=delivery.id,
        integration_id=delivery.integration_id,
        event_id=delivery.event.id,
        url=delivery.url,
        lane=delivery.lane,
        trigger_word=delivery.trigger_word,
        state="pending",
        attempts=0,
        next_at=delivery.created_at,
        owner=owner,
        created_at=delivery.created_at,
        updated_at=delivery.created_at,
        doc=_START,
        ordered=int(delivery.ordered),
    )


def finish(
    changes: Changes,
    delivery: Delivery,
    state: End,
    progress: Progress,
    at: int,
    *,
    attempts: int,
    status: int | None = None,
) -> None:
    """The delivery has ended; ``status`` is the last answer's. Commutes."""
    changes.revise(_FINISH, state=state, next_at=at, **_written(delivery, progress, at, attempts, status))


def wait(
    changes: Changes,
    delivery: Delivery,
    until: int,
    progress: Progress,
    at: int,
    *,
    attempts: int,
    status: int | None = None,
) -> None:
    """The delivery is tried again at ``until``, unless it was cancelled meanwhile. Commutes."""
    changes.revise(
        _WAIT, state="waiting", next_at=until, **_written(delivery, progress, at, attempts, status)
    )


def note(changes: Changes, delivery: Delivery, progress: Progress, at: int) -> Delivery:
    """The delivery has come further, and an attempt is still under way; answers it as it is then.

    ``Stale`` when it was written since it was read: cancelled, or tried by another node.
    """
    seen = delivery.created_at if delivery.updated_at is None else delivery.updated_at
    now = max(at, seen + 1)
    changes.run(_NOTE, expect=1, id=delivery.id, seen=seen, updated_at=now, doc=_encode(progress).decode())
    return replace(delivery, progress=progress, updated_at=now)


def cancel(changes: Changes, delivery: Delivery, reason: str, at: int) -> None:
    """No (further) attempt is made, if the delivery is still open."""
    changes.run(_CANCEL_ONE, id=delivery.id, doc=_cancelled(reason), at=at)


def cancel_of_integration(changes: Changes, integration_id: str, reason: str, at: int) -> None:
    """``cancel`` for all that an integration has open."""
    changes.run(_CANCEL_OF, integration_id=integration_id, doc=_cancelled(reason), at=at)


async def is_open(db: Database, delivery_id: str) -> bool:
    """Whether the delivery exists and has not ended."""
    return await fetch_one(db, _IS_OPEN, id=delivery_id) is not None


async def is_as_seen(db: Database, delivery: Delivery) -> bool:
    """Whether the delivery is open and was not written since it was read."""
    seen = delivery.created_at if delivery.updated_at is None else delivery.updated_at
    return await fetch_one(db, _IS_AS_SEEN, id=delivery.id, seen=seen) is not None


async def due(db: Database, owner: str, lane: str, now: int, count: int) -> Sequence[Delivery]:
    """What ``owner`` has to deliver in ``lane`` by ``now``, the longest due first."""
    rows = await db.fetch(_DUE, owner=owner, lane=lane, now=now, count=count)
    return [_delivery(row, now) for row in rows]


async def in_line(
    db: Database, owner: str, lane: str, now: int, count: int
) -> tuple[Sequence[Delivery], int | None]:
    """The first that ``owner`` has to deliver in a lane that keeps its order, up to one that is not due.

    Also when that one is due, if there is one (epoch milliseconds).
    """
    found: list[Delivery] = []
    for row in await db.fetch(_IN_LINE, owner=owner, lane=lane, count=count):
        if row[16] > now:
            return found, row[16]
        found.append(_delivery(row, now))
    return found, None


async def has_turn(db: Database, delivery: Delivery) -> bool:
    """Whether nothing in its lane is still open that was made before it, on whatever node."""
    return await fetch_one(db, _BEFORE, lane=delivery.lane, id=delivery.id) is None


async def next_due(db: Database, owner: str, lane: str, after: int) -> int | None:
    """When the next one in ``lane`` is due that is not by ``after``."""
    row = await fetch_one(db, _NEXT, owner=owner, lane=lane, after=after)
    return row[0] if row else None


async def lanes(db: Database, owner: str) -> Sequence[tuple[str, int]]:
    """The lanes in which ``owner`` has open deliveries, with the time when the first is due."""
    return [(row[0], row[1]) for row in await db.fetch(_LANES, owner=owner)]


def claim(changes: Changes, kind: Kind, former: str, owner: str, count: int) -> None:
    """Take over at most ``count`` open deliveries of ``former``; returns rows of lane and due time."""
    changes.run(_CLAIMS[kind], former=former, owner=owner, count=count)


def delete_of_integration(changes: Changes, integration_id: str) -> None:
    """Remove everything of an integration, also what is still to be delivered."""
    for statement in _REMOVE:
        changes.run(statement, integration_id=integration_id)


def _written(
    delivery: Delivery, progress: Progress, at: int, attempts: int, status: int | None
) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "attempts": attempts,
        "updated_at": at,
        "doc": _encode(progress).decode(),
        "status": status,
    }


def _cancelled(reason: str) -> str:
    return _encode(Progress(step="cancelled", error=True, error_stack=reason)).decode()


def _delivery(row: Row, now: int) -> Delivery:
    return Delivery(
        id=row[0],
        integration_id=row[1],
        url=row[2],
        lane=row[3],
        trigger_word=row[4],
        attempts=row[5],
        created_at=row[6],
        as_of=now,
        updated_at=row[7],
        progress=_decode(row[8]),
        ordered=bool(row[9]),
        status=row[10],
        event=StoredEvent(
            id=row[11], name=row[12], depth=row[13], at=row[14], data=msgspec.json.decode(row[15])
        ),
    )
