"""What is removed of history, and what stays."""

from __future__ import annotations

from tests.delivery.desk import NODE, Desk, now, run

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
