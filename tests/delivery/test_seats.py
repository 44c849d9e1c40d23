"""Who is served when connections are few."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookroom.delivery.wire.seats import Dismissed, Seats


async def turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_in_the_order_of_coming() -> None:
    async def check() -> None:
        seats, served = Seats[str](2, 1), list[int]()

        async def wait(number: int) -> None:
            await seats.wait("a")
            served.append(number)

        assert seats.take("a")
        tasks = [asyncio.create_task(wait(number)) for number in range(5)]
        await turns()
        tasks[2].cancel()
        for _ in range(4):
            seats.free("a")
            await turns()
        assert served == [0, 1, 3, 4]

    asyncio.run(check())


def test_hosts_take_turns() -> None:
    async def check() -> None:
        seats, served = Seats[str](1, 1), list[str]()

        async def wait(host: str) -> None:
            await seats.wait(host)
            served.append(host)

        assert seats.take("busy")
        tasks = [asyncio.create_task(wait("busy")) for _ in range(3)]
        await turns()
        tasks += [asyncio.create_task(wait(host)) for host in ("b", "c")]
        await turns()
        last = "busy"
        for _ in tasks:
            seats.free(last)
            await turns()
            last = served[-1]
        assert served == ["b", "c", "busy", "busy", "busy"] or served == ["b", "busy", "c", "busy", "busy"]

    asyncio.run(check())


def test_dismissing_ends_all_waiting() -> None:
    async def check() -> None:
        seats = Seats[str](1, 1)
        assert seats.take("a")
        tasks = [asyncio.create_task(seats.wait(host)) for host in "aabb"]
        await turns()
        seats.dismiss()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in ends] == [Dismissed] * 4
        seats.free("a")
        assert seats.take("b")

    asyncio.run(check())


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.randoms(use_true_random=False))
def test_bounds_hold_and_everybody_is_served(limit: int, per_host: int, chance: random.Random) -> None:
    async def check() -> None:
        seats, taken, ends = Seats[str](limit, per_host), list[str](), list[int]()

        async def call(host: str) -> None:
            if not seats.take(host):
                await seats.wait(host)
            taken.append(host)
            try:
                assert len(taken) <= limit
                assert taken.count(host) <= per_host
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                taken.remove(host)
                seats.free(host)
            ends.append(1)

        tasks = [asyncio.create_task(call(chance.choice("abc"))) for _ in range(30)]
        for _ in range(10):
            await asyncio.sleep(0)
            chance.choice(tasks).cancel()
        async with asyncio.timeout(5):
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError) for one in results)
        assert len(ends) == results.count(None)
        for host in "abc" * limit:
            if seats.take(host):
                taken.append(host)
        assert len(taken) == min(limit, 3 * per_host)

    asyncio.run(check())


@pytest.mark.parametrize("host", ["a", "b"])
def test_a_seat_that_is_given_to_who_has_just_left_goes_on(host: str) -> None:
    async def check() -> None:
        seats = Seats[str](1, 1)
        assert seats.take("a")
        left = asyncio.create_task(seats.wait(host))
        await turns()
        seats.free("a")
        left.cancel()
        await asyncio.wait([left])
        assert seats.take("a")

    asyncio.run(check())
