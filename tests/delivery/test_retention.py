"""What is removed of history, and what stays."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from tests.delivery.desk import NODE, Desk, now, run
from tests.storage.histories import Row, fill, write

from hookroom.delivery import removal
from hookroom.delivery import retention as retention_module
from hookroom.delivery.retention import DAY_MS, Retention
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import attempts, deliveries, events
from hookroom.storage.tables.attempts import Attempt, SentRequest
from hookroom.storage.tables.deliveries import Delivery, Progress

LEFT = {table: Statement(f"SELECT count(*) FROM {table}") for table in ("deliveries", "attempts", "events")}


async def left(db: Database) -> dict[str, int]:
    return {table: (await db.fetch(statement))[0][0] for table, statement in LEFT.items()}


async def ended(db: Database, delivery: Delivery, at: int, *, own_event: bool = True) -> None:
    changes = Changes()
    if own_event:
        events.insert(changes, delivery.event)
    deliveries.insert(changes, delivery, NODE)
    await db.commit(changes)
    changes = Changes()
    request = SentRequest(method="POST", url="http://a/", headers={}, body_size=2)
    attempts.insert(
        changes,
        Attempt(delivery_id=delivery.id, number=1, started_at=at, duration_ms=1, status=200, request=request),
    )
    deliveries.finish(changes, delivery, "succeeded", Progress(step="after-http-call"), at, attempts=1)
    await db.commit(changes)


def retention(db: Database, *, days: int = 30, entries: int = 1000) -> Retention:
    return Retention(db, now, days=days, entries=entries)


def test_what_is_too_old_goes_with_its_attempts_and_events(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        for age in (40, 31, 29, 0):
            await ended(db, desk.delivery("a"), now() - age * DAY_MS)
        assert await retention(db).sweep() == 2
        assert await left(db) == {"deliveries": 2, "attempts": 2, "events": 2}
        assert await retention(db).sweep() == 0

    run(database_url, body)


def test_what_is_still_to_be_delivered_stays_however_old(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        await desk.write("a", 3, at=now() - 100 * DAY_MS)
        assert await retention(db, entries=1).sweep() == 0
        assert (await left(db))["deliveries"] == 3

    run(database_url, body)


def test_an_event_stays_while_a_delivery_needs_it(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        old = desk.delivery("a")
        await ended(db, old, now() - 40 * DAY_MS)
        again = Delivery(
            id="again",
            integration_id="hook",
            url="http://a/",
            lane="a",
            trigger_word=None,
            event=old.event,
            attempts=0,
            created_at=now(),
            as_of=now(),
        )
        await ended(db, again, now(), own_event=False)
        assert await retention(db).sweep() == 1
        assert await left(db) == {"deliveries": 1, "attempts": 1, "events": 1}

    run(database_url, body)


def test_each_integration_keeps_its_newest(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        kept: list[str] = []
        for i in range(130):
            delivery = desk.delivery("a")
            await ended(db, delivery, now() - 1_000_000 + i)
            kept.append(delivery.id)
        assert await retention(db, entries=10).sweep() == 120
        assert set(await desk.states()) == set(kept[-10:])

    run(database_url, body)


def test_of_many_integrations_each_keeps_its_newest(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small ones, so that there are several of each.
    monkeypatch.setattr(retention_module, "STRIDE", 7)
    monkeypatch.setattr(removal, "GATHERED", 90)
    monkeypatch.setattr(removal, "LEAST", 20)

    async def body(db: Database) -> None:
        rows = [
            Row(
                id=f"{number:03}-{name}",
                integration=name,
                at=now() - 500_000 + number,
                state="waiting" if number == 3 else "failed",
            )
            for name, count in (("few", 5), ("some", 25), ("more", 26), ("many", 300))
            for number in range(count)
        ]
        random.Random(1).shuffle(rows)
        await write(db, rows)
        assert await retention(db, entries=25).sweep() == 1 + 274
        expected = {
            row.id
            for row in rows
            if row.integration in ("few", "some") or row.state == "waiting" or row.id > "275"
        } | {f"{number:03}-more" for number in range(1, 26)}
        assert set(await Desk(db).states()) == expected
        assert await left(db) == dict.fromkeys(LEFT, len(expected))

    run(database_url, body)


def test_events_that_no_delivery_names_go(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_module, "EVENTS_STRIDE", 4)
    monkeypatch.setattr(retention_module, "EVENTS_STRIDES", 2)

    async def body(db: Database) -> None:
        desk = Desk(db)
        changes = Changes()
        for number in range(21):
            delivery = desk.delivery("a")
            events.insert(changes, delivery.event)
            if number % 3 == 0:
                deliveries.insert(changes, delivery, NODE)
        await db.commit(changes)
        sweeper = retention(db)
        await sweeper.sweep()
        # Each sweep looks at some of them, and the next one goes on.
        assert (await left(db))["events"] == 21 - 5
        for _ in range(2):
            await sweeper.sweep()
        assert (await left(db))["events"] == (await left(db))["deliveries"] == 7

    run(database_url, body)


@pytest.mark.alone
def test_nobody_waits_for_a_sweep(database_url: str) -> None:
    async def body(db: Database) -> None:
        await fill(db, 30_000)
        sweep = asyncio.create_task(retention(db, days=1, entries=100).sweep())
        waited: list[float] = []
        while not sweep.done():
            start = time.perf_counter()
            changes = Changes()
            events.insert(changes, Desk(db).delivery("a").event)
            await db.commit(changes)
            waited.append(time.perf_counter() - start)
        assert await sweep == 30_000
        waited.sort()
        assert len(waited) > 30_000 // removal.MOST
        assert waited[len(waited) * 99 // 100] < 0.25

    run(database_url, body)
