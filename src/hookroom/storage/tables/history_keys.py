"""Looking through an integration's history: which entries a page shows, and how many there are.

A page is found by keyset, from the entry that the page before ended at, and never looks further than a bounded
number of entries: its cost does not grow with the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hookroom.rules.history_filter import HistoryFilter, Key
from hookroom.storage.database import Database
from hookroom.storage.tables.history_statements import Order, params_of, shape_of, statements_of

COUNTED: Final = 20_000
"""How far a history is counted: twice what is kept of it by default."""
LOOKED_AT: Final = 10_000
"""Entries looked at for one page: some milliseconds."""


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
    params = params_of(integration_id, wanted, order, after)
    shape = shape_of(wanted, order)
    statements, sieved = statements_of(shape), bool(shape.wanted)
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
    params = params_of(integration_id, wanted, "DESC", None)
    looked = 1 + (COUNTED // (1 + len(wanted.states)) if wanted.in_trouble else COUNTED)
    [row] = await db.fetch(statements_of(shape_of(wanted, "DESC")).total, **params, looked=looked)
    return min(row[1], COUNTED), row[0] >= looked
