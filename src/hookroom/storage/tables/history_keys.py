"""Looking through an integration's history: which entries a page shows, and how many there are.

A page is found by keyset, from the entry that the page before ended at, and never looks further than a bounded
number of entries: its cost does not grow with the history. Everything here reads an index alone
(``deliveries_history_idx``, or ``deliveries_trouble_idx`` where only entries in trouble are wanted).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct

from hookroom.rules.history_filter import MAX_STATUSES, STATES, TROUBLE, HistoryFilter, Key
from hookroom.storage.database import Database
from hookroom.storage.statement import Statement

Order = Literal["ASC", "DESC"]

COUNTED: Final = 20_000
"""How far a history is counted: twice what is kept of it by default."""
LOOKED_AT: Final = 10_000
"""Entries looked at for one page: some milliseconds."""

_COLUMNS: Final = "updated_at, id, state, status"
_WITHIN: Final[Mapping[Order, str]] = {
    "DESC": "integration_id = :integration_id AND (updated_at, id) < (:time, :id) AND updated_at >= :bound",
    "ASC": "integration_id = :integration_id AND (updated_at, id) > (:time, :id) AND updated_at <= :bound",
}
_IN_TROUBLE: Final = f"state IN ({', '.join(repr(state) for state in TROUBLE)})"
"""As the partial index has it: SQLite uses it only where it is said in the same words."""
_RANGES: Final = "abcdef"[:MAX_STATUSES]
_NONE: Final = (1, 0)
"""A range without anything in it."""
_WANTED: Final = (
    f"({' OR '.join(f'(state = {state!r} AND :{state} = 1)' for state in STATES)})"
    " AND (:any_status = 1 OR (:no_status = 1 AND status IS NULL AND state <> 'pending')"
    + "".join(f" OR status BETWEEN :low_{one} AND :high_{one}" for one in _RANGES)
    + ")"
)


class _Statements(NamedTuple):
    keys: Statement
    last: Statement
    total: Statement


@functools.cache
def _statements(order: Order, states: tuple[str, ...]) -> _Statements:
    """Over the stretches of the index of trouble that ``states`` are, or over the whole history without any."""
    by = f"ORDER BY updated_at {order}, id {order}"
    rest = f"{_WITHIN[order]} {by} LIMIT :looked"
    if states:
        stretches = (
            f"SELECT * FROM (SELECT {_COLUMNS} FROM deliveries WHERE {_IN_TROUBLE} AND state = '{state}'"
            f" AND {rest}) AS {state}"
            for state in states
        )
        source = " UNION ALL ".join(stretches)
    else:
        source = f"SELECT {_COLUMNS} FROM deliveries WHERE {rest}"
    merged = f"SELECT * FROM ({source}) AS stretches {by} LIMIT :looked" if len(states) > 1 else source
    looked = f"FROM ({merged}) AS looked"
    return _Statements(
        keys=Statement(f"SELECT updated_at, id {looked} WHERE {_WANTED} {by} LIMIT :count OFFSET :skipped"),
        last=Statement(f"SELECT updated_at, id {looked} {by} LIMIT 1 OFFSET :skipped"),
        total=Statement(f"SELECT count(*), count(CASE WHEN {_WANTED} THEN 1 END) FROM ({source}) AS looked"),
    )


class Found(Struct, frozen=True):
    """Keys of entries, in order. ``end`` is where looking went no further; ``None``: to the end of the history."""

    keys: Sequence[Key]
    end: Key | None


async def find(
    db: Database,
    integration_id: str,
    wanted: HistoryFilter,
    order: Order = "DESC",
    *,
    after: Key | None = None,
    count: int,
    skipped: int = 0,
    looked: int = LOOKED_AT,
) -> Found:
    """The next ``count`` wanted entries after a key, leaving out ``skipped`` of them.

    By state, status and time alone. Where an entry is wanted or not by its status or by a common state, only the
    next ``looked`` entries are looked at, fewer where several states of trouble have to be brought into one order.
    """
    params = _params(integration_id, wanted, order, after)
    statements = _source(wanted, order)
    sieved = _sieved(wanted)
    if not sieved:
        looked = skipped + count + 1
    elif wanted.in_trouble:
        looked //= 1 + len(wanted.states)
    rows = await db.fetch(statements.keys, **params, looked=looked, count=count + 1, skipped=skipped)
    keys = [Key(row[0], row[1]) for row in rows]
    if len(keys) > count:
        return Found(keys[:count], keys[count - 1])
    if not sieved:
        return Found(keys, None)
    rows = await db.fetch(statements.last, **params, looked=looked, skipped=looked - 1)
    return Found(keys, Key(rows[0][0], rows[0][1]) if rows else None)


async def count(db: Database, integration_id: str, wanted: HistoryFilter) -> tuple[int, bool]:
    """How many wanted entries there are, and whether there may be more.

    Exact while no more than ``COUNTED`` entries are to be looked at (where only trouble is wanted: 5,000);
    beyond, those among the newest so many, and never more than ``COUNTED``.
    """
    params = _params(integration_id, wanted, "DESC", None)
    looked = 1 + (COUNTED // (1 + len(wanted.states)) if wanted.in_trouble else COUNTED)
    [row] = await db.fetch(_source(wanted, "DESC").total, **params, looked=looked)
    return min(row[1], COUNTED), row[0] >= looked


def _source(wanted: HistoryFilter, order: Order) -> _Statements:
    return _statements(order, tuple(sorted(wanted.states)) if wanted.in_trouble else ())


def _sieved(wanted: HistoryFilter) -> bool:
    """Whether some of what is looked at is not wanted."""
    return wanted.by_status or (bool(wanted.states) and not wanted.in_trouble)


def _params(integration_id: str, wanted: HistoryFilter, order: Order, after: Key | None) -> dict[str, Any]:
    start = Key(wanted.until + 1, "") if order == "DESC" else Key(wanted.since, "")
    if after is not None:
        start = min(start, after) if order == "DESC" else max(start, after)
    ranges = [*wanted.statuses, *([_NONE] * len(_RANGES))]
    return {
        "integration_id": integration_id,
        "time": start.time,
        "id": start.id,
        "bound": wanted.since if order == "DESC" else wanted.until,
        "any_status": int(not wanted.by_status),
        "no_status": int(wanted.no_answer),
        **{state: int(not wanted.states or state in wanted.states) for state in STATES},
        **{f"low_{one}": low for one, (low, _) in zip(_RANGES, ranges, strict=False)},
        **{f"high_{one}": high for one, (_, high) in zip(_RANGES, ranges, strict=False)},
    }
