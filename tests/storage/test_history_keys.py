"""Which entries a page of history shows: against a model, and how the databases find them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence

import pytest
from bench.history_filling import BIG
from tests.delivery.desk import run
from tests.storage.histories import NEWEST_AT, Row, fill, write

from hookroom.rules.history_filter import STATES, HistoryFilter, Key, history_filter
from hookroom.storage.database import Database
from hookroom.storage.postgres import PostgresDatabase
from hookroom.storage.statement import Statement
from hookroom.storage.tables import history_keys
from hookroom.storage.tables.history_statements import Order, params_of, shape_of, statements_of

QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"state": "failed"},
    {"state": "pending"},
    {"state": "waiting,dead,cancelled"},
    {"state": "failed,succeeded"},
    {"status": "500"},
    {"status": "4xx,5xx"},
    {"status": "none"},
    {"status": "none,404", "state": "failed,dead"},
    {"status": "2xx", "state": "succeeded,pending"},
    {"from": str(NEWEST_AT - 60), "until": str(NEWEST_AT - 20)},
    {"from": str(NEWEST_AT - 60), "until": str(NEWEST_AT - 20), "state": "failed"},
    {"from": str(NEWEST_AT + 1)},
    {"until": str(NEWEST_AT - 10**9)},
)


def some_rows(integration: str, count: int, seed: int) -> list[Row]:
    draw = random.Random(seed)
    return [
        Row(
            id=f"{integration}{number:04}",
            integration=integration,
            state=draw.choice(STATES),
            status=draw.choice((None, 200, 201, 404, 500, 503)),
            at=NEWEST_AT - draw.randrange(100),
        )
        for number in range(count)
    ]


def is_wanted(row: Row, wanted: HistoryFilter) -> bool:
    statuses = any(row.status is not None and low <= row.status <= high for low, high in wanted.statuses)
    unanswered = wanted.no_answer and row.status is None and row.state != "pending"
    return (
        wanted.since <= row.at <= wanted.until
        and (not wanted.states or row.state in wanted.states)
        and (not wanted.by_status or statuses or unanswered)
    )


def model(rows: Sequence[Row], wanted: HistoryFilter, order: Order) -> list[Key]:
    found = sorted(Key(row.at, row.id) for row in rows if is_wanted(row, wanted))
    return found if order == "ASC" else found[::-1]


def test_pages_of_any_filter_are_those_of_a_model(database_url: str) -> None:
    async def body(db: Database) -> None:
        rows = some_rows("hook", 300, 1)
        await write(db, rows + some_rows("other", 100, 2))
        orders: tuple[Order, ...] = ("ASC", "DESC")
        for query, order, count in itertools.product(QUERIES, orders, (1, 7, 300)):
            wanted = history_filter(query)
            expected = model(rows, wanted, order)
            seen: list[Key] = []
            after: Key | None = None
            while True:
                # So few are looked at that many pages are not full.
                found = await history_keys.find(
                    db, "hook", wanted, order, after=after, count=count, looked=20
                )
                assert len(found.keys) <= count
                seen += found.keys
                if found.end is None:
                    break
                assert after is None or (found.end > after if order == "ASC" else found.end < after)
                after = found.end
                if count == 1 and len(seen) > 20:
                    expected = expected[: len(seen)]
                    break
            assert seen == expected, (query, order, count)
            skipped = await history_keys.find(db, "hook", wanted, order, count=5, skipped=3)
            assert skipped.keys == model(rows, wanted, order)[3:8], (query, order)
            assert await history_keys.count(db, "hook", wanted) == (len(model(rows, wanted, order)), False)

    run(database_url, body)


ENTRIES = 200_000
SPEEDY: tuple[dict[str, str], ...] = (
    {},
    {"state": "failed"},
    {"state": "failed,dead,cancelled"},
    {"state": "succeeded"},
    {"state": "pending"},
    {"status": "5xx"},
    {"status": "404"},
    {"state": "failed,dead", "status": "404"},
)


async def plan(db: Database, statement: Statement, params: dict[str, object]) -> str:
    if isinstance(db, PostgresDatabase):
        text = Statement(f"EXPLAIN {statement.sql}")
    else:
        text = Statement(f"EXPLAIN QUERY PLAN {statement.sql}")
    return "\n".join(str(row[-1]) for row in await db.fetch(text, **params))


@pytest.mark.alone
def test_a_long_history_costs_what_a_short_one_does(database_url: str) -> None:
    async def best(db: Database, integration: str, wanted: HistoryFilter, after: Key | None) -> float:
        times: list[float] = []
        for _ in range(7):
            start = time.perf_counter()
            await history_keys.find(db, integration, wanted, after=after, count=50)
            await history_keys.count(db, integration, wanted)
            times.append(time.perf_counter() - start)
        return min(times)

    async def body(db: Database) -> None:
        await fill(db, ENTRIES)
        deep = Key(NEWEST_AT - ENTRIES * 10, "")
        for query in SPEEDY:
            wanted = history_filter(query)
            first, later = await best(db, BIG, wanted, None), await best(db, BIG, wanted, deep)
            assert later < 3 * first + 0.005, query
            assert max(first, later) < 0.100, query
            shape = shape_of(wanted, "DESC")
            params: dict[str, object] = {"looked": 100, "count": 50, "skipped": 0}
            params |= params_of(BIG, wanted, "DESC", deep)
            index = "deliveries_trouble_idx" if wanted.in_trouble else "deliveries_history_idx"
            for statement in statements_of(shape):
                told = await plan(db, statement, params)
                assert index in told, told
                assert "SCAN deliveries" not in told, told
                assert "Seq Scan" not in told, told

    run(database_url, body)
