"""What the statements on recorded calls promise."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace
from tests.delivery.desk import now, run

from hookroom.delivery.retention import DAY_MS, Retention
from hookroom.integrations.call_records import BURST, CallRecords
from hookroom.rules.ids import timed_id
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import incoming_calls
from hookroom.storage.tables.incoming_calls import KEPT, ReceivedCall, RecordedCall
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

REQUEST = ReceivedCall(
    path="/hooks/a/***", headers={"x": "y"}, user={"_id": "u"}, size=2, body="{}", is_json=True
)


def a_call(integration: str = "a", at: int | None = None, **fields: Any) -> RecordedCall:
    made_at = now() if at is None else at
    return RecordedCall(
        id=timed_id(made_at), integration_id=integration, at=made_at, status=200, request=REQUEST, **fields
    )


async def write(db: Database, *calls: RecordedCall) -> None:
    changes = Changes()
    for call in calls:
        incoming_calls.insert(changes, call)
    await db.commit(changes)


async def ids(db: Database, integration: str = "a") -> list[str]:
    return [call.id for call in await incoming_calls.page(db, integration, count=1000)]


def test_a_call_comes_back_as_it_was(database_url: str) -> None:
    async def body(db: Database) -> None:
        call = a_call(
            error="error-running-script",
            failure=ScriptFailure(method="m", kind="throw", name="E", message="oh\0", line=3),
            message_ids=["x", "y"],
            warnings=["w"],
            console=[ConsoleLine("log", "hi"), ConsoleLine("warn", "é\0")],
            console_dropped=4,
            duration_ms=1.5,
            memory_bytes=1 << 40,
        )
        await write(db, call)
        assert await incoming_calls.one(db, "a", call.id) == call
        assert await incoming_calls.one(db, "b", call.id) is None
        assert await incoming_calls.page(db, "a", count=5) == [call]

    run(database_url, body)


def test_pages_are_newest_first(database_url: str) -> None:
    async def body(db: Database) -> None:
        calls = [a_call(at=1000 + number) for number in range(5)]
        await write(db, *reversed(calls), a_call("b"))
        newest = [call.id for call in reversed(calls)]
        assert await ids(db) == newest
        page = await incoming_calls.page(db, "a", count=2, offset=1)
        assert [call.id for call in page] == newest[1:3]
        assert await incoming_calls.total(db, "a") == 5
        assert await incoming_calls.total(db, "nobody") == 0

    run(database_url, body)


def test_trimming_commutes(database_url: str) -> None:
    async def body(db: Database) -> None:
        calls = [a_call(at=1000 + number) for number in range(10)]
        await write(db, *calls, a_call("b", at=1))

        async def trim(number: int) -> None:
            changes = Changes()
            incoming_calls.trim(changes, "a", calls[number].id)
            assert changes.commutes
            await db.commit(changes)

        await asyncio.gather(*(trim(number) for number in (3, 7, 5)))
        assert await ids(db) == [call.id for call in reversed(calls[7:])]
        assert len(await ids(db, "b")) == 1

    run(database_url, body)


def test_those_of_an_integration_go_with_it(database_url: str) -> None:
    async def body(db: Database) -> None:
        await write(db, a_call(), a_call(), a_call("b"))
        changes = Changes()
        incoming_calls.delete_of_integration(changes, "a")
        await db.commit(changes)
        assert await ids(db) == []
        assert len(await ids(db, "b")) == 1

    run(database_url, body)


def test_the_newest_stay_while_they_come_in(database_url: str) -> None:
    async def body(db: Database) -> None:
        records = CallRecords()
        written: list[str] = []
        for number in range(3 * KEPT + 7):
            changes = Changes()
            call = a_call(at=1000 * number)
            records.add(changes, call)
            await db.commit(changes)
            written.append(call.id)
            kept = await ids(db)
            assert len(kept) <= 2 * KEPT
            assert kept[:KEPT] == written[-KEPT:][::-1]

    run(database_url, body)


def test_of_a_burst_not_every_call_is_written() -> None:
    records = CallRecords()

    def written(count: int, at: int, **fields: Any) -> int:
        return sum(records.add(Changes(), replace(a_call(at=at), **fields)) for _ in range(count))

    assert written(100, 1000) == BURST
    assert written(100, 1000, status=400) == BURST
    assert written(100, 1000, integration_id="b") == BURST
    assert written(100, 4500) == 3
    assert written(100, 4000) == 0
    assert written(100, 10_000_000) == BURST


def test_retention_leaves_the_newest_that_are_not_too_old(database_url: str) -> None:
    async def body(db: Database) -> None:
        many = [a_call(at=now() - 10_000 + number) for number in range(KEPT + 20)]
        old = [a_call("b", at=now() - age * DAY_MS) for age in (40, 31)]
        new = a_call("b", at=now() - 29 * DAY_MS)
        await write(db, *many, *old, new, a_call("c"))
        retention = Retention(db, now, days=30, entries=10)
        assert await retention.sweep() == 22
        assert await ids(db) == [call.id for call in reversed(many[20:])]
        assert await ids(db, "b") == [new.id]
        assert len(await ids(db, "c")) == 1
        assert await retention.sweep() == 0

    run(database_url, body)
