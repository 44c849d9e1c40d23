"""What is stored of calls that were answered, on both databases: written once, found again, forgotten in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from tests.integrations.test_registry import insert, new, with_nodes

from hookroom.errors import HookFailure, Overloaded
from hookroom.integrations import answered_calls, forgetting
from hookroom.integrations.answered_calls import HOUR_MS, Again, AnsweredCalls, Remember
from hookroom.integrations.forgetting import Forgetting
from hookroom.integrations.registry import Registry
from hookroom.rules.delivery_keys import DeliveryKey
from hookroom.rules.model import Integration
from hookroom.storage.database import Conflict, Database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import idempotency_keys

START = 1_767_323_045_000
COUNT = Statement("SELECT count(*) FROM idempotency_keys")


class Clock:
    """A time that only tests move on."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


class Node:
    """A server's answered calls."""

    def __init__(self, db: Database, registry: Registry, clock: Clock, hours: float = 24.0) -> None:
        self.db = db
        self.clock = clock
        self.answered = AnsweredCalls(db, registry, clock, hours)
        self.forgetting = Forgetting(db, self.answered, clock)
        self.runs = 0

    async def call(
        self,
        integration: Integration,
        key: str,
        body: bytes = b"x",
        *,
        exact: bool = False,
        look_first: bool = False,
        meanwhile: Callable[[], Awaitable[Any]] | None = None,
    ) -> Any:
        """A call that is answered with the number of its run; ``meanwhile`` happens while it is made."""

        async def work(remember: Remember) -> Any:
            self.runs += 1
            answer = {"run": self.runs}
            changes = Changes()
            remember(changes, answer)
            if meanwhile is not None:
                await meanwhile()
            await self.db.commit(changes)
            return answer

        named = DeliveryKey(("test", key), exact=exact)
        return await self.answered.once(integration, named, body, work, look_first=look_first, call_id="c")

    async def stored(self) -> int:
        count: int = (await self.db.fetch(COUNT))[0][0]
        return count


def on_nodes(
    url: str, count: int, body: Callable[[Sequence[Node], Integration], Awaitable[None]], **fields: Any
) -> None:
    """Run ``body`` with so many nodes, and an integration that all of them know."""

    async def run(nodes: Sequence[tuple[Database, Registry]]) -> None:
        clock = Clock()
        integration = new(type="webhook-incoming", **fields)
        await insert(*nodes[0], integration)
        for _, registry in nodes[1:]:
            await registry.load()
        await body([Node(db, registry, clock) for db, registry in nodes], integration)

    with_nodes(url, count, run)


def again(run: int) -> Again:
    return Again(b'{"run":%d,"success":true}' % run, "c")


@pytest.mark.parametrize("look_first", [False, True])
def test_another_node_gives_the_same_answer(postgres_url: str, look_first: bool) -> None:
    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        one, two = nodes
        assert await one.call(integration, "a") == {"run": 1}
        assert await one.call(integration, "a") == again(1)
        assert await two.call(integration, "a", look_first=look_first) == again(1)
        # Without a look it was tried, in vain.
        assert two.runs == (0 if look_first else 1)
        assert await two.call(integration, "a") == again(1)
        assert two.runs == (0 if look_first else 1)
        assert await one.stored() == 1

    on_nodes(postgres_url, 2, body)


def test_after_its_time_a_call_is_new(database_url: str) -> None:
    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        fresh = Node(node.db, node.answered._registry, node.clock)
        for look_first in (False, True):
            for one in (node, fresh):
                answer = await one.call(integration, "a", look_first=look_first)
                assert answer == {"run": one.runs}
                node.clock.now += HOUR_MS - 1
                assert await one.call(integration, "a") == again(one.runs)
                node.clock.now += 1
        assert await node.stored() == 1

    on_nodes(database_url, 1, body, idempotency_hours=1.0)


def test_what_failed_leaves_nothing(database_url: str) -> None:
    async def fails() -> None:
        raise HookFailure("no")

    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        for _ in range(2):
            with pytest.raises(HookFailure):
                await node.call(integration, "a", meanwhile=fails)
        assert await node.stored() == 0
        assert await node.call(integration, "a") == {"run": 3}

    on_nodes(database_url, 1, body)


def test_another_body(database_url: str) -> None:
    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        await node.call(integration, "a", b"1", exact=True)
        with pytest.raises(HookFailure) as refused:
            await node.call(integration, "a", b"2", exact=True)
        assert refused.value.status == 422
        assert await node.call(integration, "a", b"2") == again(1)

    on_nodes(database_url, 1, body)


def test_other_conflicts_are_told(database_url: str) -> None:
    async def conflict() -> None:
        raise Conflict("messages_pk")

    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        with pytest.raises(Conflict):
            await node.call(integration, "a", meanwhile=conflict)

    on_nodes(database_url, 1, body)


def test_keys_that_are_taken_and_forgotten_over_and_over(database_url: str) -> None:
    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        other = Node(node.db, node.answered._registry, node.clock)

        async def taken_and_over() -> None:
            await other.call(integration, "a")
            node.clock.now += HOUR_MS

        with pytest.raises(Overloaded):
            await node.call(integration, "a", meanwhile=taken_and_over)

    on_nodes(database_url, 1, body, idempotency_hours=1.0)


def test_waiting_calls_take_turns(database_url: str) -> None:
    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        answers = await asyncio.gather(*(node.call(integration, "a") for _ in range(20)))
        assert answers.count({"run": 1}) == 1
        assert answers.count(again(1)) == 19
        assert node.runs == 1

    on_nodes(database_url, 1, body)


def test_few_are_held_in_memory(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answered_calls, "KEPT", 5)

    async def body(nodes: Sequence[Node], integration: Integration) -> None:
        (node,) = nodes
        for number in range(12):
            await node.call(integration, f"{number}")
        assert len(node.answered._known) == 5
        assert await node.call(integration, "0") == again(1)

    on_nodes(database_url, 1, body)


def test_what_is_over_is_forgotten(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "STEP", 3)
    monkeypatch.setattr(forgetting, "PAUSE_S", 0)

    async def body(nodes: Sequence[Node], usual: Integration) -> None:
        (node,) = nodes
        registry = node.answered._registry
        long, short, never = (
            new(type="webhook-incoming", idempotency_hours=hours) for hours in (72.0, 1.0, 0.0)
        )
        await insert(node.db, registry, long, short, never)
        # Many of one time, more than a step takes.
        for number in range(8):
            for integration in (usual, long, short):
                await node.call(integration, f"{number}")
        assert await node.forgetting.sweep() == 0
        node.clock.now += HOUR_MS
        assert await node.forgetting.sweep() == 8
        node.clock.now += 23 * HOUR_MS - 1
        await node.call(usual, "late")
        assert await node.forgetting.sweep() == 0
        node.clock.now += 1
        assert await node.forgetting.sweep() == 8
        node.clock.now += 48 * HOUR_MS
        assert await node.forgetting.sweep() == 9
        assert await node.stored() == 0

    on_nodes(database_url, 1, body)


def test_statements_use_the_index(database_url: str) -> None:
    async def body(nodes: Sequence[Node], _: Integration) -> None:
        db = nodes[0].db
        if db.kind == "sqlite":
            plan = await db.fetch(
                Statement(
                    "EXPLAIN QUERY PLAN SELECT key FROM idempotency_keys WHERE created_at >= :start"
                    " AND created_at < :end ORDER BY created_at LIMIT 5"
                ),
                start=0,
                end=1,
            )
            assert "idempotency_keys_created_at_idx" in str(plan[0][3])
        found = await idempotency_keys.oldest(db, 0, START, 10)
        assert found == []

    on_nodes(database_url, 1, body)
