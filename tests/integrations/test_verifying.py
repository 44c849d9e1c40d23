"""Secrets are in memory on every node, as they are stored; calls are verified with those of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.integrations.house import INCOMING, House, body_of, run
from tests.integrations.nodes import Node, until, with_nodes
from tests.rules.senders import NOW, SENDERS, b64, mac
from tests.rules.values import an_integration

from hookroom.errors import NotVerified, Refused
from hookroom.integrations import manage_incoming, removal, verification_secrets
from hookroom.integrations.registry import Registry
from hookroom.integrations.verification_failures import LINES, WINDOW_MS
from hookroom.integrations.verifying import CallToVerify, Verifying
from hookroom.rules.client_address import networks
from hookroom.rules.ids import integration_id
from hookroom.rules.key_rotation import KeptKey, rotated
from hookroom.rules.model import Integration, Verification
from hookroom.rules.times import iso, millis
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement

NOW_MS = NOW * 1000
HOUR = 3_600_000
OLD, NEW = "the-old-secret", "the-new-secret"
SITE = "https://chat.example.com"
ROWS = Statement("SELECT integration_id, doc FROM verification_secrets")
DOCS = Statement("SELECT doc FROM integrations")
GITHUB = Verification(scheme="github")


def new(verification: Verification | None = GITHUB, **fields: Any) -> Integration:
    given = {"id": integration_id(), "type": "webhook-incoming", "event": None, "updated_at": iso(NOW_MS)}
    return an_integration(**{**given, "verification": verification, **fields})


def later(integration: Integration, **fields: Any) -> Integration:
    return msgspec.structs.replace(integration, updated_at=iso(millis(integration.updated_at) + 1), **fields)


async def insert(node: Node, integration: Integration, *keys: KeptKey) -> None:
    changes = Changes()
    node[1].insert(changes, integration)
    if keys:
        node[1].secrets.put(changes, integration, keys)
    await node[0].commit(changes)


async def update(
    node: Node, old: Integration, new: Integration, keys: Sequence[KeptKey] | None = None
) -> None:
    changes = Changes()
    node[1].update(changes, old, new)
    if keys is not None:
        node[1].secrets.put(changes, new, keys)
    elif new.verification is None:
        node[1].secrets.delete(changes, new.id)
    await node[0].commit(changes)


def a_call(
    headers: Sequence[tuple[str, str]],
    body: bytes = b"{}",
    target: bytes = b"/hooks/x",
    peer: str = "192.0.2.1",
) -> CallToVerify:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers]
    return CallToVerify(method="POST", target=target, headers=lines, body=body, peer=peer)


def of_github(secret: str, body: bytes = b"{}") -> CallToVerify:
    return a_call([("X-Hub-Signature-256", "sha256=" + mac(secret, body).hex())], body)


def accepted(node: Node, integration: Integration, now: int = NOW_MS) -> list[str]:
    """Which of the two secrets a node takes."""
    verifying = Verifying(node[1], lambda: now, SITE)
    taken = []
    for secret in (NEW, OLD):
        try:
            verifying.check(integration, of_github(secret))
        except NotVerified:
            continue
        taken.append(secret)
    return taken


class TestSecrets:
    def test_apply_with_their_commit_and_outlive_a_restart(self, database_url: str) -> None:
        one = new()

        async def write(nodes: Sequence[Node]) -> None:
            await insert(nodes[0], one, KeptKey(OLD, NOW_MS))
            assert accepted(nodes[0], one) == [OLD]

        async def read(nodes: Sequence[Node]) -> None:
            [node] = nodes
            assert accepted(node, one) == [OLD]
            changed = later(one)
            await update(node, one, changed, rotated((KeptKey(OLD, NOW_MS),), NEW, NOW_MS, HOUR))
            assert accepted(node, changed) == [NEW, OLD]
            assert accepted(node, changed, NOW_MS + HOUR - 1) == [NEW, OLD]
            assert accepted(node, changed, NOW_MS + HOUR) == [NEW]

        with_nodes(database_url, 1, write)
        with_nodes(database_url, 1, read)

    def test_other_nodes_follow_and_never_know_the_integration_without_them(self, postgres_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            here, there = nodes
            many = [new() for _ in range(30)]
            for one in many:
                await insert(here, one, KeptKey(OLD, NOW_MS))

            def all_there() -> bool:
                found = [one for one in many if there[1].get(one.id) is not None]
                assert all(accepted(there, one) == [OLD] for one in found)
                return len(found) == len(many)

            await until(all_there)
            first, second, third = many[:3]
            changed = later(first)
            await update(here, first, changed, rotated((KeptKey(OLD, NOW_MS),), NEW, NOW_MS, HOUR))
            await update(here, second, later(second, verification=None))
            await until(lambda: accepted(there, first) == [NEW, OLD])
            await until(lambda: there[1].secrets.of(second.id, NOW_MS) == ())
            changes = Changes()
            here[1].delete(changes, third)
            await here[0].commit(changes)
            await until(lambda: there[1].get(third.id) is None)
            assert accepted(there, third) == accepted(here, third) == []
            # And back: what was written there is known here.
            await update(there, changed, later(changed), [KeptKey(NEW, NOW_MS)])
            await until(lambda: accepted(here, first) == [NEW])

        with_nodes(postgres_url, 2, body)

    def test_a_node_that_was_cut_off_catches_up(self, postgres_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            here, there = nodes
            one = new()
            await insert(here, one, KeptKey(OLD, NOW_MS))
            await until(lambda: accepted(there, one) == [OLD])
            quiet = await open_database(postgres_url)
            try:
                changes = Changes()
                Registry(quiet).update(changes, one, later(one))
                Registry(quiet).secrets.put(changes, later(one), [KeptKey(NEW, NOW_MS)])
                changes.touched.clear()
                changes.touch("*", "")
                await quiet.commit(changes)
            finally:
                await quiet.close()
            await until(lambda: accepted(there, one) == accepted(here, one) == [NEW])

        with_nodes(postgres_url, 2, body)


class TestSettling:
    """What a request leaves in the table, and that it leaves no secret in the integration's document."""

    def test_from_creation_to_removal(self, database_url: str, tmp_path: Path) -> None:
        async def body(house: House) -> None:
            desk = _Desk(house)
            assert await desk.made() == []
            one = await desk.create({"scheme": "github", "secret": OLD})
            assert await desk.made() == [OLD]
            # Not sent, and sent as it is shown: it stays.
            for verification in (..., {"scheme": "github"}, {"scheme": "github", "secret": OLD}):
                await desk.update(one, verification)
                assert await desk.made() == [OLD]
            # With the old one still right, the new one sent again ends nothing.
            await desk.rotate(one, NEW)
            await desk.update(one, {"scheme": "github", "secret": NEW})
            assert await desk.made() == [NEW, OLD]
            # A secret that is brought is the only one, at once.
            await desk.update(one, {"scheme": "github", "secret": "a-third-secret"})
            assert await desk.made() == ["a-third-secret"]
            # So it is with another scheme.
            await desk.update(one, {"scheme": "bitbucket"})
            [random] = await desk.made()
            assert len(random) == 64
            await desk.update(one, {"scheme": "slack", "secret": OLD})
            assert await desk.made() == [OLD]
            await desk.update(one, None)
            assert await desk.made() == []
            await desk.update(one, {"scheme": "basic", "secret": "ann:password"})
            await removal.remove_incoming(
                house.ws, house.registry, house.users["master"], {"integrationId": one.id}
            )
            assert await desk.made() == []
            assert house.registry.secrets.of(one.id, house.ws.now()) == ()

        run(database_url, tmp_path, body)

    def test_what_is_refused_leaves_nothing(self, database_url: str, tmp_path: Path) -> None:
        async def body(house: House) -> None:
            desk = _Desk(house)
            for wrong in ({"scheme": "slack"}, {"scheme": "github", "secret": "short"}, {"scheme": "hmac"}):
                with pytest.raises(Refused) as caught:
                    await desk.create(wrong)
                assert caught.value.code == "error-invalid-verification"
            assert await desk.made() == []
            one = await desk.create({"scheme": "github", "secret": OLD})
            for other in ({"scheme": "twilio"}, {"scheme": "stripe", "secret": 1}):
                with pytest.raises(Refused) as caught:
                    await desk.update(one, other)
                assert caught.value.code == "error-invalid-verification"
            assert await desk.made() == [OLD]
            assert house.registry.get(one.id) == one
            for secret in ("short", " spaces around "):
                with pytest.raises(Refused) as caught:
                    await desk.rotate(one, secret)
                assert caught.value.code == "error-invalid-verification"
            assert await desk.made() == [OLD]

        run(database_url, tmp_path, body)


class _Desk:
    """Changes of one integration, and what the tables have then."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.by = house.users["master"]

    async def create(self, verification: Any) -> Integration:
        body = body_of(INCOMING, verification=verification)
        return await manage_incoming.create(
            self.house.ws, self.house.registry, self.house.host, self.by, body
        )

    async def update(self, one: Integration, verification: Any) -> Integration:
        body = body_of(INCOMING, integrationId=one.id, verification=verification)
        return await manage_incoming.update(
            self.house.ws, self.house.registry, self.house.host, self.by, body
        )

    async def rotate(self, one: Integration, secret: str) -> Any:
        return await verification_secrets.rotate(
            self.house.ws, self.house.registry, self.by, one.id, secret, HOUR
        )

    async def made(self) -> list[str]:
        """The secrets of the one integration that has any, newest first."""
        rows = await self.house.ws.db.fetch(ROWS)
        assert len(rows) <= 1
        found = [key["key"] for row in rows for key in msgspec.json.decode(row[1])["keys"]]
        documents = [row[0] for row in await self.house.ws.db.fetch(DOCS)]
        assert not any(secret in document for secret in found for document in documents)
        for row in rows:
            held = self.house.registry.secrets.of(row[0], self.house.ws.now())
            assert [one.key for one in held] == found
        return found


class TestChecking:
    @pytest.mark.parametrize("name", SENDERS)
    def test_every_scheme(self, database_url: str, name: str) -> None:
        sender = SENDERS[name]

        async def body(nodes: Sequence[Node]) -> None:
            one = new(sender.verification)
            await insert(nodes[0], one, KeptKey(sender.secrets[0], NOW_MS))
            verifying = Verifying(nodes[0][1], lambda: NOW_MS, SITE)
            target = b"/hooks/id/token"
            verifying.check(one, a_call(sender.headers(), sender.body, target))
            with pytest.raises(NotVerified) as caught:
                verifying.check(one, a_call(sender.headers(1), sender.body, target))
            assert caught.value.status == 401
            assert caught.value.wire() == {"success": False, "error": "Unauthorized"}

        with_nodes(database_url, 1, body)

    def test_where_nothing_is_verified_nothing_is_looked_at(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            verifying = Verifying(nodes[0][1], _no_clock, SITE)
            verifying.check(new(None), None)  # type: ignore[arg-type]
            assert verifying.failures == {}

        with_nodes(database_url, 1, body)

    def test_twilio_signs_the_address_that_a_trusted_proxy_names(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            one = new(Verification(scheme="twilio"))
            await insert(nodes[0], one, KeptKey(OLD, NOW_MS))
            verifying = Verifying(
                nodes[0][1], lambda: NOW_MS, "http://localhost:3000", networks("10.0.0.0/8")
            )
            target = b"/hooks/x?a=%2F"
            signed = "https://chat.example.com" + target.decode()
            headers = [
                ("X-Twilio-Signature", b64(mac(OLD, signed.encode(), "sha1"))),
                ("X-Forwarded-Host", "chat.example.com"),
                ("X-Forwarded-Proto", "https"),
            ]
            verifying.check(one, a_call(headers, b"", target, "10.1.2.3"))
            with pytest.raises(NotVerified):
                verifying.check(one, a_call(headers, b"", target, "192.0.2.1"))

        with_nodes(database_url, 1, body)

    def test_goes_by_what_the_integration_is_now(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one = new()
            await insert(node, one, KeptKey(OLD, NOW_MS))
            verifying = Verifying(node[1], lambda: NOW_MS, SITE)
            changed = later(one, verification=Verification(scheme="header", header="X-Key"))
            await update(node, one, changed, [KeptKey(NEW, NOW_MS)])
            verifying.check(one, a_call([("X-Key", NEW)]))
            with pytest.raises(NotVerified):
                verifying.check(one, of_github(OLD))
            await update(node, changed, later(changed, verification=None))
            verifying.check(one, a_call([]))

        with_nodes(database_url, 1, body)

    def test_without_its_secrets_nothing_is_let_through(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            one = new()
            await insert(nodes[0], one)
            verifying = Verifying(nodes[0][1], lambda: NOW_MS, SITE)
            with pytest.raises(NotVerified) as caught:
                verifying.check(one, of_github(""))
            assert caught.value.reason == "no-secret"

        with_nodes(database_url, 1, body)


def _no_clock() -> int:
    raise AssertionError("nobody asks what time it is")


class TestFailures:
    def test_are_counted_by_reason_and_forgotten_with_the_integration(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one, other = new(), new()
            for integration in (one, other):
                await insert(node, integration, KeptKey(OLD, NOW_MS))
            verifying = Verifying(node[1], lambda: NOW_MS, SITE)
            for call in (of_github(NEW), of_github(NEW), a_call([])):
                with pytest.raises(NotVerified):
                    verifying.check(one, call)
            verifying.check(one, of_github(OLD))
            failures = verifying.failures[one.id]
            assert (failures.total, failures.last_at) == (3, NOW_MS)
            assert failures.by_reason == {"no-match": 2, "missing": 1}
            assert verifying.failures.keys() == {one.id}
            assert verifying.failures_of(other.id).total == 0
            changes = Changes()
            node[1].delete(changes, one)
            await node[0].commit(changes)
            assert verifying.failures == {}

        with_nodes(database_url, 1, body)

    def test_are_in_the_log_but_not_each_of_a_flood(self, database_url: str) -> None:
        async def body(nodes: Sequence[Node]) -> None:
            [node] = nodes
            one, other = new(), new()
            for integration in (one, other):
                await insert(node, integration, KeptKey(OLD, NOW_MS))
            clock = NOW_MS
            verifying = Verifying(node[1], lambda: clock, SITE)

            def lines(integration: Integration, count: int) -> list[Any]:
                with capture_logs() as logged:
                    for _ in range(count):
                        with pytest.raises(NotVerified):
                            verifying.check(integration, of_github(NEW, b"what was sent"))
                return list(logged)

            first = lines(one, 100)
            assert len(first) == LINES
            assert {line["integration"] for line in first} == {one.id}
            assert {line["reason"] for line in first} == {"no-match"}
            assert not any(text in str(first) for text in (OLD, NEW, "what was sent", "sha256="))
            assert len(lines(other, 1)) == 1
            clock += WINDOW_MS - 1
            assert lines(one, 1) == []
            clock += 1
            [again] = lines(one, 1)
            assert again["unlogged"] == 100 - LINES + 1
            assert "unlogged" not in lines(one, 1)[0]
            assert verifying.failures[one.id].total == 103

        with_nodes(database_url, 1, body)
