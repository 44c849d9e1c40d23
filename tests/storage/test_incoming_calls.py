"""What the statements on recorded calls promise."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace
from tests.delivery.desk import now, run

from hookroom.delivery.retention import DAY_MS, Retention
from hookroom.integrations.call_ledger import BURST, STEP, CallLedger
from hookroom.rules.call_filter import CallState, call_filter
from hookroom.rules.history_filter import LAST_KEY
from hookroom.rules.ids import timed_id
from hookroom.rules.model import UserRef
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import incoming_call_pages, incoming_calls
from hookroom.storage.tables.incoming_calls import KEPT, ReceivedCall, RecordedCall, Verified
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
            took_ms=2.5,
            address="192.0.2.1",
            verification=Verified(scheme="hmac", ok=False, reason="no signature is right"),
            stage="verification",
            replay_of="r",
            rerun_of="o",
            rerun_by=UserRef(id="u", username="ann"),
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
        page = await incoming_calls.page(db, "a", count=2)
        assert [call.id for call in page] == newest[:2]
        assert await incoming_calls.page(db, "nobody", count=2) == []
        rows = await incoming_calls.of_ids(db, [calls[1].id, calls[3].id, "gone"])
        assert [incoming_calls.call_of(row) for row in rows] == [calls[3], calls[1]]

    run(database_url, body)


def test_trimming_commutes(database_url: str) -> None:
    async def body(db: Database) -> None:
        calls = [a_call(at=1000 + number) for number in range(10)]
        refused = replace(a_call(at=1), status=404)
        await write(db, *calls, a_call("b", at=1), refused)

        async def trim(number: int) -> None:
            changes = Changes()
            incoming_calls.trim(changes, "a", "well", calls[number].id)
            assert changes.commutes
            await db.commit(changes)

        await asyncio.gather(*(trim(number) for number in (3, 7, 5)))
        assert await ids(db) == [call.id for call in (*reversed(calls[7:]), refused)]
        assert len(await ids(db, "b")) == 1
        changes = Changes()
        incoming_calls.trim(changes, "a", "refused", calls[0].id)
        incoming_calls.trim(changes, "a", "well", calls[8].id)
        await db.commit(changes)
        assert await ids(db) == [call.id for call in reversed(calls[8:])]

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
        ledger = CallLedger()
        written: list[str] = []
        refused = replace(a_call(at=1), status=400)
        await write(db, refused)
        for number in range(2 * KEPT + STEP + 7):
            changes = Changes()
            call = a_call(at=1000 * number)
            incoming_calls.insert(changes, call)
            if before := ledger.trim_before("well", call.id):
                incoming_calls.trim(changes, "a", "well", before)
            await db.commit(changes)
            written.append(call.id)
            if number % 10 == 7 or number % STEP == 0:
                kept = [one for one in await ids(db) if one != refused.id]
                assert len(kept) <= KEPT + STEP
                assert kept[:KEPT] == written[-KEPT:][::-1]
        assert refused.id in await ids(db)

    run(database_url, body)


def test_of_a_burst_not_every_call_is_written() -> None:
    ledgers: dict[str, CallLedger] = {}

    def written(count: int, at: int, state: CallState = "posted", of: str = "a") -> int:
        ledger = ledgers.setdefault(of, CallLedger())
        return sum(ledger.allows(state, at) for _ in range(count))

    assert written(100, 1000) == BURST
    assert written(100, 1000, "refused") == BURST
    assert written(100, 1000, "nothing") == BURST
    assert written(100, 1000, of="b") == BURST
    assert written(100, 4500) == 3
    assert written(100, 4000) == 0
    assert written(100, 10_000_000) == BURST


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [5, 4, 3, 2, 1, 0]),
    ({"state": "posted"}, [4, 1]),
    ({"state": "nothing"}, [5, 0]),
    ({"state": "refused"}, [3, 2]),
    ({"state": "posted, refused"}, [4, 3, 2, 1]),
    ({"status": "200"}, [5, 4, 1, 0]),
    ({"status": "4xx"}, [2]),
    ({"status": "4xx,503"}, [3, 2]),
    ({"status": "4xx,500"}, [2]),
    ({"status": "5xx", "state": "posted"}, []),
    ({"from": "1002"}, [5, 4, 3, 2]),
    ({"until": "1002"}, [2, 1, 0]),
    ({"from": "1001", "until": "1004", "state": "posted"}, [4, 1]),
    ({"text": "found by others"}, [5, 4, 3, 2, 1, 0]),
]


def test_filters(database_url: str) -> None:
    async def body(db: Database) -> None:
        calls = [
            a_call(at=1000),
            a_call(at=1001, message_ids=["x"]),
            replace(a_call(at=1002), status=401),
            replace(a_call(at=1003), status=503),
            a_call(at=1004, message_ids=["x", "y"]),
            a_call(at=1005),
        ]
        await write(db, *calls, a_call("b", at=1003))
        for query, expected in FILTERS:
            wanted = call_filter(query)
            keys = await incoming_call_pages.find(db, "a", wanted, count=100)
            assert [key.time - 1000 for key in keys] == expected, query
            assert [key.id for key in keys] == [calls[one].id for one in expected]
            assert await incoming_call_pages.total(db, "a", wanted) == len(expected), query
            # From page to page.
            seen: list[int] = []
            after = LAST_KEY
            while page := await incoming_call_pages.find(db, "a", wanted, after=after, count=2):
                seen += [key.time - 1000 for key in page]
                after = page[-1]
            assert seen == expected, query
            skipped = await incoming_call_pages.find(db, "a", wanted, count=100, skipped=1)
            assert [key.time - 1000 for key in skipped] == expected[1:]

    run(database_url, body)


def test_retention_leaves_the_newest_that_are_not_too_old(database_url: str) -> None:
    async def body(db: Database) -> None:
        many = [a_call(at=now() - 10_000 + number) for number in range(KEPT + 20)]
        refused = [replace(a_call(at=now() - 20_000 + number), status=400) for number in range(KEPT + 5)]
        old = [a_call("b", at=now() - age * DAY_MS) for age in (40, 31)]
        new = a_call("b", at=now() - 29 * DAY_MS)
        await write(db, *many, *refused, *old, new, a_call("c"))
        retention = Retention(db, now, days=30, entries=10)
        assert await retention.sweep() == 27
        assert await ids(db) == [call.id for call in (*reversed(many[20:]), *reversed(refused[5:]))]
        assert await ids(db, "b") == [new.id]
        assert len(await ids(db, "c")) == 1
        assert await retention.sweep() == 0

    run(database_url, body)
