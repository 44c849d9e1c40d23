"""Whose deliveries are whose, when nodes die and when they only seem to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from tests.delivery.desk import Desk, now, run

from hookroom.delivery import lease as module
from hookroom.delivery.dispatcher import Dispatcher
from hookroom.delivery.lease import Lease
from hookroom.delivery.turns import Allowance, Turns
from hookroom.storage.database import Database
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import deliveries, nodes

OWNERS = Statement("SELECT owner, count(*) FROM deliveries WHERE state = 'pending' GROUP BY owner")
NODES = Statement("SELECT id, lease_until FROM nodes")


async def owners(db: Database) -> dict[str, int]:
    return {row[0]: row[1] for row in await db.fetch(OWNERS)}


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await look():
            await asyncio.sleep(0.01)


async def register(db: Database, node: str, lease_until: int) -> None:
    changes = Changes()
    nodes.renew(changes, db.kind, node, now(), lease_until - now())
    await db.commit(changes)


def nothing(*_: object) -> None:
    """For who takes over nothing."""


def test_what_a_dead_node_left_is_sent_by_its_successor(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLAIM_SIZE", 7)

    async def body(db: Database) -> None:
        await register(db, "dead", now() - 1)
        desk = Desk(db)
        ids = await desk.write("a", 20, owner="dead") + await desk.write("b", 5, owner="dead")
        lease = Lease(db, now, lease_s=60)
        desk.dispatcher = Dispatcher(db, lease.node, now, Turns(4, 1000, lambda _: Allowance(1000)))
        await lease.start(desk.dispatcher.look, desk.dispatcher.forget)
        desk.start(desk.quick)
        await desk.ended(25)
        assert Counter(one.id for one in desk.sent) == Counter(ids)
        await desk.dispatcher.stop(1)
        await lease.stop()

    run(database_url, body)


def test_a_new_process_on_an_embedded_database_takes_over_at_once(database_url: str) -> None:
    async def body(db: Database) -> None:
        await register(db, "killed", now() + 60_000)
        desk = Desk(db)
        await desk.write("a", 3, owner="killed")
        lease = Lease(db, now, lease_s=60)
        found: list[str] = []
        await lease.start(lambda lane, _: found.append(lane), nothing)
        if db.kind == "sqlite":
            await until(lambda: owned(db, {lease.node: 3}))
            assert found == ["a"]
        else:
            # Elsewhere it might live.
            assert await owners(db) == {"killed": 3}
        await lease.stop()

    run(database_url, body)


async def owned(db: Database, wanted: dict[str, int]) -> bool:
    return await owners(db) == wanted


def test_two_nodes_share_what_a_dead_one_left(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLAIM_SIZE", 5)

    async def body(db: Database) -> None:
        other = await open_database(postgres_url)
        desk = Desk(db)
        await desk.write("a", 400, owner="dead")
        await register(db, "dead", now() - 1)
        leases = [Lease(db, now, lease_s=60), Lease(other, now, lease_s=60)]
        await asyncio.gather(*(lease.start(nothing, nothing) for lease in leases))

        async def taken() -> bool:
            return "dead" not in await owners(db)

        await until(taken)
        assert sum((await owners(db)).values()) == 400
        for lease in leases:
            await lease.stop()
        await other.close()

    run(postgres_url, body)


def test_no_delivery_is_claimed_by_two(postgres_url: str) -> None:
    async def body(db: Database) -> None:
        other = await open_database(postgres_url)
        await Desk(db).write("a", 600, owner="dead")

        async def claim_all(mine: Database, node: str) -> int:
            claimed = 0
            while True:
                changes = Changes()
                deliveries.claim(changes, mine.kind, "dead", node, 3)
                rows = await mine.commit(changes)
                if not rows:
                    return claimed
                claimed += len(rows)

        assert sum(await asyncio.gather(claim_all(db, "one"), claim_all(other, "two"))) == 600
        await other.close()

    run(postgres_url, body)


def test_a_node_that_lives_keeps_what_it_has(postgres_url: str) -> None:
    async def body(db: Database) -> None:
        alive, other = Lease(db, now, lease_s=0.2), Lease(db, now, lease_s=0.2)
        await alive.start(nothing, nothing)
        desk = Desk(db)
        await desk.write("a", 2, owner=alive.node)
        await other.start(nothing, nothing)
        first = await leases(db)

        async def renewed() -> bool:
            # Several times longer than the lease.
            return (await leases(db))[alive.node] > first[alive.node] + 600

        await until(renewed)
        assert await owners(db) == {alive.node: 2}
        await alive.stop()
        await until(lambda: owned(db, {other.node: 2}))
        await other.stop()

    run(postgres_url, body)


async def leases(db: Database) -> dict[str, int]:
    return {row[0]: row[1] for row in await db.fetch(NODES)}


def test_a_node_that_stood_still_is_told(postgres_url: str) -> None:
    async def body(db: Database) -> None:
        ahead = 0
        lapsed = asyncio.Event()
        lease = Lease(db, lambda: now() + ahead, lease_s=0.3)
        await lease.start(nothing, lapsed.set)
        first = await leases(db)

        async def renewed() -> bool:
            return (await leases(db))[lease.node] > first[lease.node]

        await until(renewed)
        assert not lapsed.is_set()
        ahead = 10_000
        async with asyncio.timeout(10):
            await lapsed.wait()
        await lease.stop()

    run(postgres_url, body)


def test_ended_leases_are_forgotten_in_time(database_url: str) -> None:
    async def body(db: Database) -> None:
        await register(db, "long ago", now() - module.REMEMBERED_MS - 1000)
        await register(db, "lately", now() - 1000)
        lease = Lease(db, now, lease_s=60)
        await lease.start(nothing, nothing)
        assert set(await leases(db)) == {"lately", lease.node}
        await lease.stop()

    run(database_url, body)
