"""Every node has every integration in memory, as it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.rules.values import LATER, a_message, an_integration

from hookroom.integrations.registry import Registry
from hookroom.rules.ids import integration_id, timed_id
from hookroom.rules.model import Integration, UserRef
from hookroom.rules.triggers import match
from hookroom.storage.database import Database, Kind, Stale
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Row, Statement, Touch
from hookroom.storage.tables import deliveries, delivery_history, events
from hookroom.storage.tables.deliveries import Delivery
from hookroom.storage.tables.events import StoredEvent

EVENTS = Statement("SELECT id FROM events")


def new(**fields: Any) -> Integration:
    return an_integration(**{"id": integration_id(), **fields})


async def insert(db: Database, registry: Registry, *integrations: Integration) -> None:
    changes = Changes()
    for integration in integrations:
        registry.insert(changes, integration)
    await db.commit(changes)


async def update(db: Database, registry: Registry, old: Integration, **fields: Any) -> Integration:
    changed = replace(old, **{"updated_at": LATER, **fields})
    changes = Changes()
    registry.update(changes, old, changed)
    await db.commit(changes)
    return changed


async def delete(db: Database, registry: Registry, integration: Integration) -> None:
    changes = Changes()
    registry.delete(changes, integration)
    await db.commit(changes)


def with_nodes(
    url: str, count: int, body: Callable[[Sequence[tuple[Database, Registry]]], Awaitable[None]]
) -> None:
    """Run ``body`` with that many nodes on one database."""

    async def main() -> None:
        nodes = []
        for _ in range(count):
            db = await open_database(url)
            registry = Registry(db)
            await registry.load()
            nodes.append((db, registry))
        try:
            await body(nodes)
        finally:
            for db, _ in nodes:
                await db.close()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_changes_made_here_apply_with_their_commit(database_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        [(db, registry)] = nodes
        one = new(channel=("#general", "#GENERAL"), urls=("http://a", "http://b"))
        await insert(db, registry, one)
        assert registry.get(one.id) == one
        assert list(registry.all()) == [one]
        assert registry.outgoing("sendMessage", ("#GENERAL", "#general", "@x")) == [one]
        assert registry.calling("http://b") == one

        changed = await update(db, registry, one, channel=("#other",), urls=("http://c",), user_id="ann")
        assert registry.get(one.id) == changed
        assert registry.outgoing("sendMessage", ("#general", "#GENERAL")) == []
        assert registry.outgoing("sendMessage", ("#other",)) == [changed]
        assert registry.on_channel("#other") == [changed]
        assert registry.on_channel("#general") == []
        assert registry.calling("http://b") is None
        assert registry.posting_as("ann") == [changed]
        assert registry.posting_as(one.user_id) == []

        await delete(db, registry, changed)
        assert registry.get(one.id) is None
        assert not registry.all()
        assert registry.outgoing("sendMessage", ("#other",)) == []
        assert registry.calling("http://c") is None

    with_nodes(database_url, 1, body)


def test_only_enabled_outgoing_integrations_of_the_event_are_found(database_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        [(db, registry)] = nodes
        keys = {"channel": ("#general",)}
        wanted = new(**keys)
        await insert(
            db,
            registry,
            wanted,
            new(**keys, enabled=False),
            new(**keys, type="webhook-incoming", event=None),
            new(**keys, event="roomJoined"),
            new(event="sendMessage", channel=("#other",)),
        )
        assert registry.outgoing("sendMessage", ("all_public_channels", "#general")) == [wanted]
        disabled = await update(db, registry, wanted, enabled=False)
        assert registry.outgoing("sendMessage", ("#general",)) == []
        await update(db, registry, disabled, enabled=True, updated_at="2026-02-01T00:00:00.000Z")
        assert [one.id for one in registry.outgoing("sendMessage", ("#general",))] == [wanted.id]

    with_nodes(database_url, 1, body)


def test_what_was_not_written_does_not_apply(database_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        [(db, registry)] = nodes
        one = new()
        await insert(db, registry, one)
        current = await update(db, registry, one, name="current")
        for attempt in (
            update(db, registry, one, name="too late"),
            delete(db, registry, replace(one, id="unknown")),
        ):
            try:
                await attempt
            except Stale:
                continue
            raise AssertionError("must be stale")
        assert list(registry.all()) == [current]

    with_nodes(database_url, 1, body)


def waiting(integration: Integration, event: StoredEvent, url: str) -> Delivery:
    return Delivery(
        id=timed_id(event.at),
        integration_id=integration.id,
        url=url,
        lane=url,
        trigger_word=None,
        event=event,
        attempts=0,
        created_at=event.at,
        as_of=event.at,
    )


def test_a_disabled_one_delivers_nothing_more_and_a_removed_one_leaves_nothing(database_url: str) -> None:
    event = StoredEvent(id=timed_id(1), name="sendMessage", depth=0, at=1, data={})

    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        [(db, registry)] = nodes
        one, other = new(), new()
        await insert(db, registry, one, other)
        changes = Changes()
        events.insert(changes, event)
        pending = [
            waiting(one, event, "http://a"),
            waiting(one, event, "http://b"),
            waiting(other, event, "http://a"),
        ]
        for delivery in pending:
            deliveries.insert(changes, delivery, "node")
        await db.commit(changes)

        async def states(integration: Integration) -> list[str]:
            entries = await delivery_history.newest(db, integration.id, 9)
            return [entry.state for entry in entries]

        renamed = await update(db, registry, one, name="renamed")
        assert await states(one) == ["pending", "pending"]
        off = await update(db, registry, renamed, enabled=False, updated_at="2026-03-01T00:00:00.000Z")
        assert await states(one) == ["cancelled", "cancelled"]
        assert await states(other) == ["pending"]
        await delete(db, registry, off)
        assert await states(one) == []
        # The event is the other's too.
        assert await states(other) == ["pending"]
        await delete(db, registry, other)
        assert not await db.fetch(EVENTS)

    with_nodes(database_url, 1, body)


def test_the_oldest_with_a_url_is_found(database_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        [(db, registry)] = nodes
        younger, older = new(urls=("http://a",), created_at=LATER), new(urls=("http://a",))
        await insert(db, registry, younger, older)
        assert registry.calling("http://a") == older

    with_nodes(database_url, 1, body)


def test_a_start_loads_everything(database_url: str) -> None:
    one = new(created_by=UserRef(id="ann", username="ann"), trigger_words=("a", "b"), retry_count=3)

    async def write(nodes: Sequence[tuple[Database, Registry]]) -> None:
        await insert(*nodes[0], one)

    async def read(nodes: Sequence[tuple[Database, Registry]]) -> None:
        registry = nodes[0][1]
        assert list(registry.all()) == [one]
        assert registry.outgoing("sendMessage", one.channel) == [one]

    with_nodes(database_url, 1, write)
    with_nodes(database_url, 1, read)


def test_every_node_hears_of_a_removal_and_of_nothing_else(postgres_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        (db, here), (_, there) = nodes
        heard: list[tuple[str, str]] = []
        here.on_removed(lambda gone: heard.append(("here", gone)))
        there.on_removed(lambda gone: heard.append(("there", gone)))
        stays, goes = new(), new()
        await insert(db, here, stays, goes)
        changed = await update(db, here, goes, name="changed")
        await until(lambda: there.get(goes.id) == changed)
        assert heard == []
        await delete(db, here, changed)
        await until(lambda: len(heard) == 2)
        assert heard == [("here", goes.id), ("there", goes.id)]
        assert there.get(stays.id) == stays

    with_nodes(postgres_url, 2, body)


def test_other_nodes_follow(postgres_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        (db, registry), (_, other) = nodes
        one = new(channel=("#a",))
        await insert(db, registry, one)
        await until(lambda: other.get(one.id) == one)
        changed = await update(db, registry, one, channel=("#b",))
        await until(lambda: other.get(one.id) == changed)
        assert other.outgoing("sendMessage", ("#a",)) == []
        assert other.outgoing("sendMessage", ("#b",)) == [changed]
        await delete(db, registry, changed)
        await until(lambda: not other.all())
        assert other.outgoing("sendMessage", ("#b",)) == []

    with_nodes(postgres_url, 2, body)


def test_other_nodes_follow_in_who_fires(postgres_url: str) -> None:
    """Many that share a key, each with its word: changed on one node, fired on the other."""

    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        (db, here), (_, there) = nodes
        everywhere = {"channel": ("all_public_channels",)}
        many = [
            new(**everywhere, trigger_words=(f"word-{i}.",), trigger_word_anywhere=i >= 50)
            for i in range(100)
        ]
        await insert(db, here, *many)

        def hear(text: str, **message: Any) -> list[str]:
            said = a_message(text=text, **message)
            found = there.outgoing("sendMessage", ("all_public_channels", "#general"), said)
            return [one.id for one in found if match(one, "sendMessage", said)]

        await until(lambda: len(there.all()) == 100)
        assert hear("word-7. and word-77.") == [many[7].id, many[77].id]
        other_word = await update(db, here, many[7], trigger_words=("hello",))
        await until(lambda: hear("hello") == [many[7].id])
        assert hear("word-7. and more") == []
        moved = await update(db, here, many[77], channel=("#elsewhere",))
        await until(lambda: hear("word-77.") == [])
        edits = await update(db, here, other_word, run_on_edits=True, updated_at="2026-02-01T00:00:00.000Z")
        await until(lambda: hear("hello", edited_at=LATER) == [many[7].id])
        off = await update(db, here, edits, enabled=False, updated_at="2026-03-01T00:00:00.000Z")
        await until(lambda: hear("hello") == [])
        await update(db, here, off, enabled=True, updated_at="2026-04-01T00:00:00.000Z")
        await until(lambda: hear("hello", edited_at=LATER) == [many[7].id])
        await delete(db, here, moved)
        await delete(db, here, many[99])
        await until(lambda: len(there.all()) == 98)
        assert hear("word-99. word-98.") == [many[98].id]

    with_nodes(postgres_url, 2, body)


def test_other_nodes_follow_more_than_a_notice_holds(postgres_url: str) -> None:
    async def body(nodes: Sequence[tuple[Database, Registry]]) -> None:
        (db, registry), (_, other) = nodes
        many = [new(channel=(f"#room-{i}",)) for i in range(500)]
        await insert(db, registry, *many)
        await until(lambda: len(other.all()) == 500)
        assert other.outgoing("sendMessage", ("#room-321",)) == [many[321]]

    with_nodes(postgres_url, 2, body)


class Slow:
    """A database whose answers to queries are held back until ``release``, and that says what it likes."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.kind: Kind = db.kind
        self.say: Callable[[Sequence[Touch], bool], None]
        self.release = asyncio.Event()
        self.asked = asyncio.Event()

    def on_touched(
        self, listener: Callable[[Sequence[Touch], bool], None], kinds: Collection[str] = ()
    ) -> None:
        self.say = listener
        self._db.on_touched(listener, kinds)

    def on_told(self, listener: Callable[[Sequence[object]], None]) -> None:
        self._db.on_told(listener)

    async def commit(self, changes: Changes) -> list[Row]:
        return await self._db.commit(changes)

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        rows = await self._db.fetch(statement, **params)
        self.asked.set()
        await self.release.wait()
        return rows

    async def close(self) -> None:
        await self._db.close()


def test_a_slow_reading_does_not_undo_changes_made_meanwhile(tmp_path: Path) -> None:
    async def one_round(kind: str) -> None:
        slow = Slow(await open_database(f"sqlite:///{tmp_path / f'{kind[0]}.db'}"))
        registry = Registry(slow)
        changed, gone = new(), new()
        await insert(slow, registry, changed, gone)
        slow.say([(kind, changed.id if kind != "*" else "*"), (kind, gone.id)], False)
        await slow.asked.wait()
        late = new()
        newer = await update(slow, registry, changed, name="newer")
        await delete(slow, registry, gone)
        await insert(slow, registry, late)
        slow.release.set()
        await until(lambda: not registry._reading)
        assert {one.id: one for one in registry.all()} == {newer.id: newer, late.id: late}
        await slow.close()

    asyncio.run(one_round("integration"))
    asyncio.run(one_round("*"))


def test_a_slow_start_misses_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        slow = Slow(await open_database(f"sqlite:///{tmp_path / 'hookroom.db'}"))
        registry = Registry(slow)
        start = asyncio.create_task(registry.load())
        await slow.asked.wait()
        late = new()
        await insert(slow, registry, late)
        slow.release.set()
        await start
        await until(lambda: not registry._reading)
        assert list(registry.all()) == [late]
        await slow.close()

    asyncio.run(main())
