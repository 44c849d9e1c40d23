"""What the statements on deliveries promise each other."""

from __future__ import annotations

from tests.delivery.desk import NODE, Desk, now, run

from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery


async def written(desk: Desk, owner: str = NODE) -> Delivery:
    await desk.write("a", 1, owner=owner, at=now())
    [delivery] = await deliveries.due(desk.db, owner, "a", now() + 1000, 10)
    return delivery


async def cancelled(db: Database, delivery: Delivery) -> None:
    changes = Changes()
    deliveries.cancel_of_integration(changes, delivery.integration_id, "It was disabled.", now())
    await db.commit(changes)


def test_a_cancelled_one_is_not_revived_for_a_retry(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        delivery = await written(desk)
        await cancelled(db, delivery)
        await desk.begin(delivery)
        await desk.wait(delivery, now())
        assert await desk.states() == {delivery.id: "cancelled"}
        assert not await deliveries.is_open(db, delivery.id)
        assert await deliveries.due(db, NODE, "a", now() + 1000, 10) == []

    run(database_url, body)


def test_a_call_that_was_under_way_is_told_as_it_ended(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        delivery = await written(desk)
        await cancelled(db, delivery)
        await desk.begin(delivery)
        await desk.succeed(delivery)
        assert await desk.states() == {delivery.id: "succeeded"}

    run(database_url, body)


def test_what_has_ended_is_not_cancelled(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        delivery = await written(desk)
        await desk.begin(delivery)
        await desk.succeed(delivery)
        await cancelled(db, delivery)
        changes = Changes()
        deliveries.cancel(changes, delivery, "It was disabled.", now())
        await db.commit(changes)
        assert await desk.states() == {delivery.id: "succeeded"}

    run(database_url, body)


def test_only_what_is_open_is_claimed(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        ended = await written(desk, "former")
        await desk.begin(ended)
        await desk.succeed(ended)
        await desk.write("a", 3, owner="former", at=now() + 5000)
        await desk.write("b", 2, owner="former", at=now())
        await desk.write("b", 2, owner="somebody", at=now())
        changes = Changes()
        deliveries.claim(changes, db.kind, "former", NODE, 4)
        lanes = sorted(row[0] for row in await db.commit(changes))
        assert lanes == ["a", "a", "a", "b"]
        assert dict(await deliveries.lanes(db, NODE)).keys() == {"a", "b"}
        assert len(await deliveries.due(db, NODE, "b", now() + 1000, 10)) == 1
        first = await deliveries.next_due(db, NODE, "a", now())
        assert first is not None
        assert first > now() + 1000

    run(database_url, body)
