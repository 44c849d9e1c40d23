"""The outcome of a call is written once, whatever the database or another node does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integrations.house import House, run
from tests.receivers import Behaviour, Receiver, reply, reply_json
from tests.rules.values import an_integration

from hookroom.delivery.client import GuardedClient, Judge
from hookroom.integrations.calling import Caller
from hookroom.integrations.health import Health
from hookroom.integrations.outgoing import Outgoing
from hookroom.rules.addresses import Policy
from hookroom.rules.egress import egress
from hookroom.rules.ids import timed_id
from hookroom.rules.model import Integration
from hookroom.storage.database import Database, Kind, Unavailable
from hookroom.storage.statement import Changes, Row, Statement, Touch
from hookroom.storage.tables import deliveries, events
from hookroom.storage.tables.deliveries import Delivery
from hookroom.storage.tables.events import StoredEvent
from hookroom.workspace.workspace import Workspace

MESSAGES = Statement("SELECT doc FROM messages WHERE type IS NULL")
ATTEMPTS = Statement("SELECT number, status FROM attempts ORDER BY number")
DELIVERIES = Statement("SELECT state, attempts, doc FROM deliveries")


def attempting(ws: Workspace, house: House, out: GuardedClient) -> Outgoing:
    """What makes attempts on ``ws`` through ``out``."""
    return Outgoing(ws, house.registry, Health(ws.db, ws.now, 0), Caller(ws, out), house.host)


def unheard(_: object) -> None:
    """For whom nobody waits."""


class Failing:
    """A database whose commits fail: before they are written, or after, as when the connection breaks."""

    def __init__(self, db: Database, failures: Sequence[str]) -> None:
        self._db = db
        self._failures = list(failures)

    @property
    def kind(self) -> Kind:
        return self._db.kind

    async def commit(self, changes: Changes) -> list[Row]:
        failure = self._failures.pop(0) if self._failures else ""
        if failure == "before":
            raise Unavailable("gone")
        if failure == "bug":
            raise RuntimeError("a bug")
        rows = await self._db.commit(changes)
        if failure == "after":
            raise Unavailable("gone")
        return rows

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        return await self._db.fetch(statement, **params)

    def on_touched(
        self, listener: Callable[[Sequence[Touch], bool], None], kinds: Collection[str] = ()
    ) -> None:
        self._db.on_touched(listener, kinds)

    def on_told(self, listener: Callable[[Sequence[object]], None]) -> None:
        self._db.on_told(listener)

    async def close(self) -> None:
        await self._db.close()


def workspace(house: House, failures: Sequence[str] = ()) -> Workspace:
    ws = house.ws
    return Workspace(
        db=Failing(ws.db, failures),
        directory=ws.directory,
        authority=ws.authority,
        settings=ws.settings,
        observer=ws.observer,
        site_url=ws.site_url,
    )


async def one_delivery(house: House, integration: Integration) -> Delivery:
    """A delivery of a message in ``#here`` that this server's own dispatcher does not know of."""
    changes = Changes()
    house.registry.insert(changes, integration)
    at = house.ws.now()
    room = house.rooms["here"]
    data = {"bot": False, "channel_id": room.id, "user_id": house.users["keeper"].id, "text": "hello"}
    event = StoredEvent(id=timed_id(at), name="sendMessage", depth=0, at=at, data=data)
    assert integration.urls is not None
    delivery = Delivery(
        id=timed_id(at),
        integration_id=integration.id,
        url=integration.urls[0],
        lane="receiver",
        trigger_word=None,
        event=event,
        attempts=0,
        created_at=at,
        as_of=at,
    )
    events.insert(changes, event)
    deliveries.insert(changes, delivery, "nobody")
    await house.ws.db.commit(changes)
    return delivery


def hook(house: House, url: str, **fields: Any) -> Integration:
    return an_integration(
        channel=("#here",), urls=(url,), username="poster", user_id=house.users["poster"].id, **fields
    )


def client() -> GuardedClient:
    rules = egress(Policy(allow_loopback=True))
    return GuardedClient(
        Judge(lambda: rules),
        connect_timeout_s=5,
        timeout_s=5,
        max_response_bytes=10_000,
        user_agent="test",
    )


def attempted(
    database_url: str,
    data: Path,
    behaviour: Behaviour,
    body: Callable[[House, Receiver, GuardedClient], Awaitable[None]],
) -> None:
    async def go(house: House) -> None:
        with Receiver([behaviour]) as receiver:
            async with client() as out:
                await body(house, receiver, out)

    run(database_url, data, go)


@pytest.mark.parametrize("failures", [["before"], ["after"], ["before", "before", "after"]])
def test_a_database_that_fails_for_a_moment(database_url: str, tmp_path: Path, failures: list[str]) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, hook(house, receiver.url))
        await attempting(workspace(house, failures), house, out).attempt(delivery, unheard)
        assert len(receiver.requests) == 1
        assert len(await house.ws.db.fetch(MESSAGES)) == 1
        assert [tuple(row) for row in await house.ws.db.fetch(ATTEMPTS)] == [(1, 200)]
        [(state, attempts, _)] = await house.ws.db.fetch(DELIVERIES)
        assert (state, attempts) == ("succeeded", 1)

    attempted(database_url, tmp_path / "data", reply_json({"text": "thanks"}), body)


def test_two_nodes_that_make_the_same_attempt(database_url: str, tmp_path: Path) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, hook(house, receiver.url))
        nodes = [attempting(workspace(house), house, out) for _ in range(2)]
        answers = await asyncio.gather(*(node.attempt(delivery, unheard) for node in nodes))
        # One of them is to look again how it went on.
        assert sorted(answer is None for answer in answers) == [False, True]
        assert len(receiver.requests) == 2
        assert len(await house.ws.db.fetch(MESSAGES)) == 1
        assert len(await house.ws.db.fetch(ATTEMPTS)) == 1

    attempted(database_url, tmp_path / "data", reply_json({"text": "thanks"}), body)


def test_a_bug_ends_the_delivery_and_says_so(database_url: str, tmp_path: Path) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, hook(house, receiver.url))
        assert await attempting(workspace(house, ["bug"]), house, out).attempt(delivery, unheard) is None
        [(state, _, doc)] = await house.ws.db.fetch(DELIVERIES)
        assert state == "failed"
        assert "its log has it as" in doc
        assert "a bug" not in doc

    attempted(database_url, tmp_path / "data", reply(), body)


def test_removed_while_the_call_is_under_way(database_url: str, tmp_path: Path) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        integration = hook(house, receiver.url)
        delivery = await one_delivery(house, integration)
        outgoing = attempting(workspace(house), house, out)

        async def remove() -> None:
            await asyncio.to_thread(receiver.wait_for, 1)
            changes = Changes()
            house.registry.delete(changes, integration)
            await house.ws.db.commit(changes)
            go.set()

        await asyncio.gather(outgoing.attempt(delivery, unheard), remove())
        for statement in (MESSAGES, ATTEMPTS, DELIVERIES):
            assert list(await house.ws.db.fetch(statement)) == []

    go = asyncio.Event()

    async def late(peer: Any) -> bool:
        while not go.is_set():
            await asyncio.sleep(0.01)
        return await reply_json({"text": "too late"})(peer)

    attempted(database_url, tmp_path / "data", late, body)


def test_disabled_while_the_call_is_under_way(database_url: str, tmp_path: Path) -> None:
    """What was called is told, but nothing is posted any more, and nothing tried again."""

    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        integration = hook(house, receiver.url, retry_failed_calls=True)
        delivery = await one_delivery(house, integration)
        outgoing = attempting(workspace(house), house, out)

        async def disable() -> None:
            await asyncio.to_thread(receiver.wait_for, 1)
            changes = Changes()
            off = replace(integration, enabled=False, updated_at=house.ws.stamp(integration.updated_at))
            house.registry.update(changes, integration, off)
            await house.ws.db.commit(changes)
            go.set()

        made, _ = await asyncio.gather(outgoing.attempt(delivery, unheard), disable())
        assert made is None
        [(state, _, doc)] = await house.ws.db.fetch(DELIVERIES)
        assert state == "cancelled"
        assert "The integration was disabled." in doc
        assert len(await house.ws.db.fetch(ATTEMPTS)) == 1

    go = asyncio.Event()

    async def late(peer: Any) -> bool:
        while not go.is_set():
            await asyncio.sleep(0.01)
        return await reply(500)(peer)

    attempted(database_url, tmp_path / "data", late, body)


def test_disabled_and_enabled_again_while_it_waits_its_turn(database_url: str, tmp_path: Path) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        integration = hook(house, receiver.url)
        delivery = await one_delivery(house, integration)
        for enabled in (False, True):
            changes = Changes()
            stamp = house.ws.stamp(integration.updated_at)
            new = replace(integration, enabled=enabled, updated_at=stamp)
            house.registry.update(changes, integration, new)
            await house.ws.db.commit(changes)
            integration = new
        assert await attempting(workspace(house), house, out).attempt(delivery, unheard) is None
        assert receiver.requests == []
        [(state, _, _)] = await house.ws.db.fetch(DELIVERIES)
        assert state == "cancelled"

    attempted(database_url, tmp_path / "data", reply(), body)
