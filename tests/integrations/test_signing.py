"""Keys are in memory on every node, as they are stored; requests are signed with those of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.integrations.house import OUTGOING, House, body_of, run
from tests.integrations.nodes import Node, until, with_nodes
from tests.rules.values import an_integration

from hookroom.delivery.exchange import NotReached, OutgoingRequest
from hookroom.integrations import manage_outgoing
from hookroom.integrations.registry import Registry
from hookroom.integrations.signing import NO_KEY, Signing
from hookroom.rules.ids import integration_id
from hookroom.rules.key_rotation import KeptKey, rotated
from hookroom.rules.model import Integration
from hookroom.rules.signatures import verify
from hookroom.rules.times import iso, millis
from hookroom.rules.webhook_keys import new_key, verifying_key
from hookroom.storage.database import Stale
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables.deliveries import Delivery
from hookroom.storage.tables.events import StoredEvent
from hookroom.storage.tables.kept_keys import KeptKeys
from hookroom.storage.tables.signing_keys import SIGNING_KEYS

NOW = 1_767_323_045_678
OVERLAP = 3_600_000
ROWS = Statement("SELECT integration_id FROM signing_keys")
OLD, NEW = (new_key("v1", fill * 32).text for fill in (b"o", b"n"))


def new(**fields: Any) -> Integration:
    return an_integration(**{"id": integration_id(), "signing": "v1", "updated_at": iso(NOW), **fields})


def later(integration: Integration, **fields: Any) -> Integration:
    return replace(integration, updated_at=iso(millis(integration.updated_at) + 1), **fields)


async def insert(node: Node, integration: Integration, *keys: KeptKey) -> None:
    db, registry = node
    changes = Changes()
    registry.insert(changes, integration)
    registry.keyring.put(changes, integration, keys)
    await db.commit(changes)


async def update(
    node: Node, old: Integration, new: Integration, keys: Sequence[KeptKey] | None = None
) -> None:
    db, registry = node
    changes = Changes()
    registry.update(changes, old, new)
    if keys is not None:
        registry.keyring.put(changes, new, keys)
    elif new.signing is None:
        registry.keyring.delete(changes, new.id)
    await db.commit(changes)


def known(node: Node, integration: Integration, now: int = NOW) -> list[str]:
    return [one.key for one in node[1].keyring.of(integration.id, now)]


class TestKeys:
    def test_apply_with_their_commit_and_outlive_a_restart(self, database_url: str) -> None:
        one = new()

        async def write(nodes: Sequence[Node]) -> None:
            [node] = nodes
            await insert(node, one, KeptKey(OLD, NOW))
            assert known(node, one) == [OLD]

        async def read(nodes: Sequence[Node]) -> None:
            [node] = nodes
            assert known(node, one) == [OLD]
            changed = later(one)
            await update(node, one, changed, rotated((KeptKey(OLD, NOW),), NEW, NOW, OVERLAP))
            assert known(node, one) == [NEW, OLD]
            assert known(node, one, NOW + OVERLAP) == [NEW]
            stored = await SIGNING_KEYS.of(node[0], one.id)
            assert stored is not None
            assert [key.key for key in stored.keys] == [NEW, OLD]
            await update(node, changed, later(changed, signing=None))
            assert known(node, one) == []
            assert not await node[0].fetch(ROWS)

        with_nodes(database_url, 1, write)
        with_nodes(database_url, 1, read)

    def test_go_with_the_integration(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [(db, registry)] = nodes
            stays, goes = new(), new()
            for one in (stays, goes):
                await insert(nodes[0], one, KeptKey(OLD, NOW))
            changes = Changes()
            registry.delete(changes, goes)
            await db.commit(changes)
            assert known(nodes[0], goes) == []
            assert [row[0] for row in await db.fetch(ROWS)] == [stays.id]

        with_nodes(database_url, 1, body)

    def test_leave_nothing_behind_when_signing_is_switched_off(
        self, database_url: str, tmp_path: Path
    ) -> None:
        async def body(house: House) -> None:
            ws, registry, host, master = house.ws, house.registry, house.host, house.users["master"]
            made = await manage_outgoing.create(ws, registry, host, master, body_of(OUTGOING, signing="v1"))
            assert [row[0] for row in await ws.db.fetch(ROWS)] == [made.id]
            change = {"integrationId": made.id, "signing": ""}
            await manage_outgoing.update(ws, registry, host, master, body_of(OUTGOING, **change))
            assert not await ws.db.fetch(ROWS)

        run(database_url, tmp_path, body)

    def test_that_were_not_written_do_not_apply(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new()
            await insert(node, one, KeptKey(OLD, NOW))
            await update(node, one, later(one))
            with pytest.raises(Stale):
                await update(node, one, later(one), [KeptKey(NEW, NOW)])
            assert known(node, one) == [OLD]
            stored = await SIGNING_KEYS.of(node[0], one.id)
            assert stored is not None
            assert [key.key for key in stored.keys] == [OLD]

        with_nodes(database_url, 1, body)

    def test_other_nodes_follow_and_never_know_the_integration_without_them(self, postgres_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            here, there = nodes
            many = [new() for _ in range(50)]
            for one in many:
                await insert(here, one, KeptKey(OLD, NOW))
                assert there[1].get(one.id) is None or known(there, one) == [OLD]

            def all_there() -> bool:
                found = [one for one in many if there[1].get(one.id) is not None]
                assert all(known(there, one) == [OLD] for one in found)
                return len(found) == len(many)

            await until(all_there)
            first, second, third = many[:3]
            changed = later(first)
            await update(here, first, changed, [KeptKey(NEW, NOW)])
            await update(here, second, later(second, signing=None))
            await until(lambda: known(there, first) == [NEW])
            await until(lambda: known(there, second) == [])
            changes = Changes()
            here[1].delete(changes, third)
            await here[0].commit(changes)
            await until(lambda: known(there, third) == [])
            # And back: what was written there is known here.
            await update(there, changed, later(changed), [KeptKey(OLD, NOW)])
            await until(lambda: known(here, first) == [OLD])

        with_nodes(postgres_url, 2, body)

    def test_a_node_that_was_cut_off_catches_up(self, postgres_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            here, there = nodes
            one = new()
            await insert(here, one, KeptKey(OLD, NOW))
            await until(lambda: known(there, one) == [OLD])
            quiet = await open_database(postgres_url)
            try:
                # Written past the registries: nobody is told which one it was.
                changes = Changes()
                Registry(quiet).update(changes, one, later(one))
                Registry(quiet).keyring.put(changes, later(one), [KeptKey(NEW, NOW)])
                changes.touched.clear()
                changes.touch("*", "")
                await quiet.commit(changes)
            finally:
                await quiet.close()
            await until(lambda: known(there, one) == known(here, one) == [NEW])

        with_nodes(postgres_url, 2, body)

    def test_what_was_read_before_a_change_does_not_undo_it(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new()
            await insert(node, one, KeptKey(OLD, NOW))
            await update(node, one, later(one), [KeptKey(NEW, NOW)])
            await node[1].keyring.read(replace(one, signing=None))
            assert known(node, one) == [NEW]
            changes = Changes()
            SIGNING_KEYS.put(changes, one.id, KeptKeys(NOW - 1, (KeptKey(OLD, NOW),)))
            await node[0].commit(changes)
            await node[1].keyring.read(one)
            assert known(node, one) == [NEW]

        with_nodes(database_url, 1, body)


def a_delivery(integration: Integration) -> Delivery:
    event = StoredEvent(id="event", name="sendMessage", depth=0, at=NOW, data={})
    return Delivery(
        id="delivery",
        integration_id=integration.id,
        url="http://a/",
        lane="a",
        trigger_word=None,
        event=event,
        attempts=0,
        created_at=NOW,
        as_of=NOW,
    )


REQUEST = OutgoingRequest(
    url="http://a/",
    headers=(("Content-Type", "x/y"), ("Webhook-Signature", "v1,Zm9yZ2Vk"), ("webhook-id", "delivery")),
    body=b"\xff{}",
)


class TestSigning:
    def test_is_with_the_keys_of_the_moment(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new()
            keys = rotated((KeptKey(OLD, NOW - 9),), NEW, NOW, OVERLAP)
            await insert(node, one, *keys)
            clock = NOW
            sign = Signing(node[1], lambda: clock)
            for now, signing in (
                (NOW, [NEW, OLD]),
                (NOW + OVERLAP - 1, [NEW, OLD]),
                (NOW + OVERLAP, [NEW]),
                (NOW + 1000 * OVERLAP, [NEW]),
            ):
                clock = now
                sent = sign(one, a_delivery(one), REQUEST)
                assert (sent.url, sent.method, sent.body) == (REQUEST.url, REQUEST.method, REQUEST.body)
                headers = dict(sent.headers)
                assert len(headers) == len(sent.headers)
                assert headers.pop("Content-Type") == "x/y"
                assert headers.keys() == {"webhook-id", "webhook-timestamp", "webhook-signature"}
                assert headers["webhook-timestamp"] == str(now // 1000)
                assert len(headers["webhook-signature"].split(" ")) == len(signing)
                for key in signing:
                    verify([verifying_key(key)], headers, REQUEST.body, now / 1000)

        with_nodes(database_url, 1, body)

    def test_is_left_out_where_it_is_off(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new(signing=None)
            changes = Changes()
            node[1].insert(changes, one)
            await node[0].commit(changes)
            assert Signing(node[1], lambda: NOW)(one, a_delivery(one), REQUEST) is REQUEST

        with_nodes(database_url, 1, body)

    def test_goes_by_what_the_integration_is_now(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new(signing=None)
            changes = Changes()
            node[1].insert(changes, one)
            await node[0].commit(changes)
            sign = Signing(node[1], lambda: NOW)
            on = later(one, signing="v1")
            await update(node, one, on, [KeptKey(OLD, NOW)])
            assert sign(one, a_delivery(one), REQUEST) == sign(on, a_delivery(one), REQUEST) != REQUEST
            await update(node, on, later(on, signing=None))
            assert sign(on, a_delivery(one), REQUEST) is REQUEST

        with_nodes(database_url, 1, body)

    def test_without_a_key_nothing_is_sent_yet(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new()
            changes = Changes()
            node[1].insert(changes, one)
            await node[0].commit(changes)
            with pytest.raises(NotReached, match=NO_KEY) as caught:
                Signing(node[1], lambda: NOW)(one, a_delivery(one), REQUEST)
            assert caught.value.kind == "connect"

        with_nodes(database_url, 1, body)
