"""Whose turn it is: lanes, shares, what is left on disk, and what comes back from there."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest
from tests.delivery.desk import NODE, Desk, now, run

from hookroom.delivery.dispatcher import Dispatcher
from hookroom.delivery.lane import UNREADABLE, host_of
from hookroom.delivery.turns import Allowance, Turns
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Example.com/a?b", "example.com:80"),
        ("https://example.com", "example.com:443"),
        ("https://user:password@example.com:8443/x", "example.com:8443"),
        ("http://[::1]:3000/", "::1:3000"),
        (" http://127.0.0.1:1 ", "127.0.0.1:1"),
        ("ftp://example.com", UNREADABLE),
        ("http://[", UNREADABLE),
        ("http://example.com:99999", UNREADABLE),
        ("nonsense", UNREADABLE),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


def test_all_are_sent_once_and_no_more_at_a_time_than_allowed(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=6)

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            await asyncio.sleep(0)
            await desk.succeed(delivery)

        desk.start(attempt)
        ids = [one for lane in "abcdefgh" for one in await desk.write(lane, 20)]
        await desk.ended(len(ids))
        assert sorted(one.id for one in desk.sent) == sorted(ids)
        assert desk.most["*"] <= 6
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_what_is_put_before_the_start_is_sent_after_it(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        await desk.write("a", 3)
        assert desk.sent == []
        desk.start(desk.quick)
        await desk.ended(3)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_a_slow_receiver_leaves_room_for_others(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=8)
        release = asyncio.Event()

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            if delivery.lane == "slow":
                await release.wait()
            await desk.succeed(delivery)

        desk.start(attempt)
        slow = await desk.write("slow", 50)
        await desk.until(lambda: desk.running.get("slow", 0) == 4)
        # Half of the places are taken; a second slow receiver would get a share of the rest.
        quick = await desk.write("quick", 50)
        await desk.ended(len(quick))
        assert desk.most["slow"] == 4
        release.set()
        await desk.ended(len(slow) + len(quick))
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_several_slow_receivers_leave_room_too(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=12)
        release = asyncio.Event()

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            if delivery.lane.startswith("slow"):
                await release.wait()
            await desk.succeed(delivery)

        desk.start(attempt)
        for lane in ("slow-1", "slow-2", "slow-3"):
            await desk.write(lane, 40)
        await desk.write("quick", 10)
        await desk.ended(10)
        assert sum(desk.running[lane] for lane in ("slow-1", "slow-2", "slow-3")) < 12
        release.set()
        await desk.ended(130)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_a_lane_is_in_order_and_bounded_in_memory(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=1, lane_size=8)
        desk.start(desk.quick)
        ids: list[str] = []
        for _ in range(10):
            ids += await desk.write("a", 20)
        await desk.ended(len(ids))
        assert Counter(one.id for one in desk.sent) == Counter(ids)
        assert desk.most_ready <= 8
        made = [one.created_at for one in desk.sent]
        assert made == sorted(made)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_a_full_lane_does_not_fill_the_memory_of_others(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=2)
        desk.dispatcher = Dispatcher(
            db, NODE, now, Turns(2, 1000, lambda _: Allowance(1000)), lane_size=10, memory_size=10
        )
        release = asyncio.Event()

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            if delivery.lane == "slow":
                await release.wait()
            await desk.succeed(delivery)

        desk.start(attempt)
        await desk.write("slow", 100)
        quick = await desk.write("quick", 30)
        await desk.ended(len(quick))
        assert desk.most_ready <= 10 + 4
        release.set()
        await desk.ended(130)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_a_retry_comes_when_it_is_due(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        times: list[int] = []

        async def attempt(delivery: Delivery) -> int | None:
            times.append(now())
            await desk.begin(delivery)
            if delivery.attempts < 3:
                return await desk.wait(delivery, now() + 40)
            await desk.succeed(delivery)
            return None

        desk.start(attempt)
        await desk.write("a", 1)
        await desk.ended(1)
        assert [one.attempts for one in desk.sent] == [0, 1, 2, 3]
        assert all(later - earlier >= 40 for earlier, later in pairwise(times))
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_what_is_due_later_on_disk_is_found_at_its_time(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        desk.start(desk.quick)
        due = now() + 150
        await desk.write("a", 1, at=due)
        desk.dispatcher.look("a", now())
        await desk.until(lambda: len(desk.sent) == 1)
        assert now() >= due
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_nothing_is_lost_or_sent_twice_under_load(database_url: str) -> None:
    """Small lanes, so that memory overflows all the time; calls that end in any order, retries among them."""

    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=16, lane_size=5)
        chance = random.Random(7)

        async def attempt(delivery: Delivery) -> int | None:
            await desk.begin(delivery)
            await asyncio.sleep(chance.random() * 0.004)
            if delivery.attempts < 3 and chance.random() < 0.3:
                return await desk.wait(delivery, now() + chance.randrange(30))
            await desk.succeed(delivery)
            return None

        desk.start(attempt)
        ids: list[str] = []

        async def writer() -> None:
            for _ in range(40):
                ids.extend(await desk.write(chance.choice("abcd"), chance.randrange(1, 10)))
                await asyncio.sleep(chance.random() * 0.004)

        await asyncio.gather(*(writer() for _ in range(4)))
        await desk.ended(len(ids))
        attempts = Counter((one.id, one.attempts) for one in desk.sent)
        assert set(attempts.values()) == {1}
        assert {one for one, _ in attempts} == set(ids)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_an_attempt_that_breaks_is_made_again(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            if len(desk.sent) == 1:
                raise RuntimeError("a bug")
            await desk.succeed(delivery)

        desk.start(attempt)
        await desk.write("a", 1)
        await desk.ended(1)
        assert len(desk.sent) == 2
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_stopping_lets_calls_end_and_cuts_off_those_that_do_not(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=4)
        release = asyncio.Event()

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            await (release.wait() if delivery.lane == "ends" else asyncio.Event().wait())
            await desk.succeed(delivery)

        desk.start(attempt)
        [ends] = await desk.write("ends", 1)
        [hangs] = await desk.write("hangs", 1)
        await desk.until(lambda: len(desk.sent) == 2)
        stopping = asyncio.create_task(desk.dispatcher.stop(0.3))
        await asyncio.sleep(0)
        release.set()
        [late] = await desk.write("ends", 1)
        await stopping
        assert await desk.states() == {ends: "succeeded", hangs: "pending", late: "pending"}
        assert len(desk.sent) == 2

    run(database_url, body)


def test_forgetting_sends_only_what_is_still_ours(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=2)
        release = asyncio.Event()

        async def attempt(delivery: Delivery) -> None:
            await desk.begin(delivery)
            await release.wait()
            await desk.succeed(delivery)

        desk.start(attempt)
        await desk.write("a", 4)
        await desk.until(lambda: len(desk.sent) == 1)
        changes = Changes()
        deliveries.claim(changes, db.kind, NODE, "another-node", 10)
        assert len(await db.commit(changes)) == 4
        desk.dispatcher.forget()
        release.set()
        await desk.ended(1)
        [ours] = await desk.write("a", 1)
        await desk.ended(2)
        assert [one.id for one in desk.sent][1:] == [ours]
        await desk.dispatcher.stop(1)

    run(database_url, body)
