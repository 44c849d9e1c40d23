"""What lanes share: places of hosts and integrations, the order of a lane, and receivers that are down."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.delivery.desk import Desk, now, run

from hookroom.delivery.lane import Lane, lane_of, parts_of
from hookroom.delivery.turns import Allowance, Found, Turns
from hookroom.rules.breaker import FIRST_MS, THRESHOLD
from hookroom.storage.database import Database
from hookroom.storage.tables.deliveries import Delivery


def test_the_name_of_a_lane_says_what_it_shares() -> None:
    host, receiver, integration, ordered = parts_of(lane_of("https://a.example/x?y", "hook-1"))
    assert (host, integration, ordered) == ("a.example:443", "hook-1", False)
    assert parts_of(lane_of("https://a.example/x?y", "hook-2", ordered=True)) == (
        host,
        receiver,
        "hook-2",
        True,
    )
    assert parts_of(lane_of("https://a.example/x?z", "hook-1"))[1] != receiver
    assert parts_of("a.example:443") == ("a.example:443", "a.example:443", "a.example:443", False)


def lane(host: str, integration: str, path: str = "", *, ordered: bool = False) -> str:
    return lane_of(f"http://{host}/{path}", integration, ordered=ordered)


class Slow:
    """Receivers that answer when they are told to."""

    def __init__(self, desk: Desk, is_slow: Callable[[Delivery], bool]) -> None:
        self._desk = desk
        self._is_slow = is_slow
        self._release = asyncio.Event()

    async def attempt(self, delivery: Delivery) -> None:
        await self._desk.begin(delivery)
        if self._is_slow(delivery):
            await self._release.wait()
        await self._desk.succeed(delivery)

    def release(self) -> None:
        self._release.set()


def test_a_host_has_so_many_calls_and_one_slow_integration_leaves_some_to_others(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=100, per_host=8)
        slow, quick = lane("a.example", "slow"), lane("a.example", "quick")
        receivers = Slow(desk, lambda one: one.lane == slow)
        desk.start(receivers.attempt)
        await desk.write(slow, 50)
        await desk.until(lambda: desk.running.get(slow, 0) == 4)
        await desk.write(quick, 50)
        await desk.ended(50)
        receivers.release()
        await desk.ended(100)
        assert desk.most[slow] == 4
        assert desk.most["*"] <= 8
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_an_integration_has_so_many_calls_and_its_slow_url_leaves_some_to_the_others(
    database_url: str,
) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=100, per_integration=4, urls=2)
        slow, quick = lane("a.example", "hook"), lane("b.example", "hook")
        receivers = Slow(desk, lambda one: one.lane == slow)
        desk.start(receivers.attempt)
        await desk.write(slow, 20)
        await desk.until(lambda: desk.running.get(slow, 0) == 2)
        await desk.write(quick, 20)
        await desk.ended(20)
        receivers.release()
        await desk.ended(40)
        assert desk.most["*"] <= 4
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_one_call_at_a_time_when_an_integration_asks_for_that(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=100, per_integration=1)
        desk.start(desk.quick)
        lanes = [lane(f"{name}.example", "hook") for name in "abc"]
        await asyncio.gather(*(desk.write(one, 20) for one in lanes))
        await desk.ended(60)
        assert desk.most["*"] == 1
        await desk.dispatcher.stop(1)

    run(database_url, body)


@pytest.mark.parametrize("lane_size", [3, 256])
def test_in_order_a_delivery_waits_for_the_one_before_it(database_url: str, lane_size: int) -> None:
    """Retries included, whatever is written meanwhile; other lanes go on."""

    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=16, lane_size=lane_size)
        chance = random.Random(3)
        ended: dict[str, list[str]] = defaultdict(list)

        async def attempt(delivery: Delivery) -> int | None:
            await desk.begin(delivery)
            await asyncio.sleep(chance.random() * 0.003)
            if chance.random() < 0.4:
                return await desk.wait(delivery, now() + chance.randrange(15))
            ended[delivery.lane].append(delivery.id)
            await desk.succeed(delivery)
            return None

        desk.start(attempt)
        lanes = [lane("a.example", f"hook-{n}", ordered=True) for n in range(3)]
        written: dict[str, list[str]] = defaultdict(list)

        async def writer(name: str) -> None:
            for _ in range(12):
                written[name] += await desk.write(name, chance.randrange(1, 5))
                await asyncio.sleep(chance.random() * 0.004)

        await asyncio.gather(*(writer(name) for name in lanes))
        await desk.ended(sum(len(ids) for ids in written.values()))
        assert ended == written
        assert all(desk.most[name] == 1 for name in lanes)
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_in_order_across_nodes(database_url: str) -> None:
    """What another node has before is waited for, where another node can be."""

    async def body(db: Database) -> None:
        if db.kind == "sqlite":
            return
        desk = Desk(db)
        name = lane("a.example", "hook", ordered=True)
        [first] = await desk.write(name, 1, owner="another-node")
        desk.start(desk.quick)
        await desk.write(name, 2)
        other = Desk(db, owner="another-node")
        other.start(other.quick)
        assert desk.sent == []
        other.dispatcher.look(name, now())
        await desk.ended(3)
        assert [one.id for one in other.sent] == [first]
        assert len(desk.sent) == 2
        for one in (desk, other):
            await one.dispatcher.stop(1)

    run(database_url, body)


def test_a_receiver_that_is_down_is_left_alone_and_then_probed(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db, concurrency=16)
        desk.verdict = "down"
        down, fine = lane("a.example", "one"), lane("a.example", "one", "fine")
        same = lane("a.example", "two")
        up = False

        async def attempt(delivery: Delivery) -> int | None:
            await desk.begin(delivery)
            if not up and delivery.lane != fine:
                return await desk.wait(delivery, now())
            await desk.succeed(delivery)
            return None

        desk.start(attempt)
        await desk.write(down, 30)
        receiver = desk.turns.lane(down).receiver
        await desk.until(lambda: receiver.breaker.is_open)
        opened = receiver.breaker.open_until
        sent = len(desk.sent)
        assert THRESHOLD <= sent <= THRESHOLD + 16
        # Its other lanes wait as well, nothing of them is in memory, and another URL of the host goes on.
        await desk.write(same, 5)
        await desk.write(fine, 5)
        await desk.ended(5)
        assert desk.dispatcher.ready <= 2
        await desk.until(lambda: receiver.breaker.openings == 2)
        assert now() >= opened
        assert len([one for one in desk.sent if one.lane != fine]) <= sent + 16 + 1
        up = True
        await desk.ended(40)
        assert not receiver.breaker.is_open
        await desk.dispatcher.stop(1)

    run(database_url, body)


def test_a_probe_that_calls_nobody_is_followed_by_another(database_url: str) -> None:
    async def body(db: Database) -> None:
        desk = Desk(db)
        desk.verdict = "down"
        name = lane("a.example", "hook")
        calls = 0

        async def attempt(delivery: Delivery) -> int | None:
            nonlocal calls
            calls += 1
            await desk.begin(delivery)
            if calls > THRESHOLD:
                desk.verdict = None
            if calls < THRESHOLD + 3:
                return await desk.wait(delivery, now())
            await desk.succeed(delivery)
            return None

        desk.start(attempt)
        await desk.write(name, 1)
        began = now()
        await desk.ended(1)
        assert now() - began >= FIRST_MS
        await desk.dispatcher.stop(1)

    run(database_url, body)


class Model:
    """Turns with made-up deliveries, and everything that must hold about them."""

    def __init__(self, places: int, per_host: int, per_integration: int) -> None:
        self.limits = places, per_host, per_integration
        self.turns = Turns(places, per_host, lambda _: Allowance(per_integration, urls=2))
        self.running: list[tuple[Lane, bool]] = []
        self.now = 0

    def put(self, name: str) -> None:
        one = self.turns.lane(name)
        one.ready.append(name)  # type: ignore[arg-type]  # any value will do
        one.held.add(f"{name} {len(one.held)}")
        self.turns.offer(one)

    def pump(self) -> None:
        while (found := self.turns.next(self.now)) is not None:
            assert found.ready
            found.ready.popleft()
            self.running.append((found, self.turns.begin(found)))
        self.check()

    def end(self, which: int, told: Found | None) -> None:
        if self.running:
            one, probe = self.running.pop(which % len(self.running))
            self.turns.end(one, self.now, probe=probe, found=told)

    def check(self) -> None:
        places, per_host, per_integration = self.limits
        assert len(self.running) <= places
        assert max(Counter(one.host.name for one, _ in self.running).values(), default=0) <= per_host
        shares = Counter(one.share.integration_id for one, _ in self.running)
        assert max(shares.values(), default=0) <= per_integration
        for one, _ in self.running:
            assert one.running == sum(other is one for other, _ in self.running)
            assert not one.ordered or one.running == 1
        probes = Counter(one.receiver.name for one, probe in self.running if probe)
        assert all(count == 1 for count in probes.values())


_NAMES = st.builds(
    lane,
    st.sampled_from(["a.example", "b.example"]),
    st.sampled_from(["one", "two"]),
    st.sampled_from(["x", "y"]),
    ordered=st.booleans(),
)
_STEPS = st.lists(
    st.tuples(st.just("put"), _NAMES)
    | st.tuples(st.just("end"), st.integers(0, 20), st.sampled_from(["up", "down", None]))
    | st.tuples(st.just("later"), st.integers(0, 5000)),
    max_size=120,
)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), _STEPS)
def test_limits_hold_and_nothing_is_forgotten(
    places: int, per_host: int, per_integration: int, steps: list[tuple[object, ...]]
) -> None:
    model = Model(places, per_host, per_integration)
    for step in steps:
        match step:
            case ("put", str(name)):
                model.put(name)
            case ("end", int(which), told):
                model.end(which, told)  # type: ignore[arg-type]  # one of the three
            case ("later", int(ms)):
                model.now += ms
        model.pump()
    # Once every receiver is well, everything is sent.
    for _ in range(500):
        model.now += 100_000
        for known in model.turns.lanes:
            model.turns.retry(known.receiver)
        model.pump()
        if not model.running:
            break
        model.end(0, "up")
    assert not model.running
    assert all(not known.ready for known in model.turns.lanes)
