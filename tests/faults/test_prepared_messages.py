"""A message that a script posts before its call is posted once, whatever the database or another node does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.faults.test_recording import (
    ATTEMPTS,
    DELIVERIES,
    MESSAGES,
    attempted,
    attempting,
    hook,
    one_delivery,
    unheard,
    workspace,
)
from tests.integrations.house import House
from tests.receivers import Receiver, reply, reply_json

from hookroom.delivery.client import GuardedClient
from hookroom.rules.model import Integration
from hookroom.storage.statement import Changes
from hookroom.storage.tables import deliveries
from hookroom.storage.tables.deliveries import Delivery

AS_WELL = (
    "class Script { prepare_outgoing_request({ request }) {"
    " return { ...request, message: { text: 'x' } }; } }"
)
INSTEAD = "class Script { prepare_outgoing_request() { return { message: { text: 'x' } }; } }"


def scripted(house: House, url: str, source: str, **fields: object) -> Integration:
    return hook(
        house, url, script_enabled=True, script=source, script_compiled=source, skip_transpile=True, **fields
    )


async def still_open(house: House) -> list[Delivery]:
    """What is to be delivered, as it is on disk."""
    return list(await deliveries.due(house.ws.db, "nobody", "receiver", house.ws.now() + 10**9, 10))


@pytest.mark.parametrize(
    "failures", [["before"], ["after"], ["before", "after"], ["", "after"], ["", "before"]]
)
def test_a_database_that_fails_for_a_moment(database_url: str, tmp_path: Path, failures: list[str]) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, scripted(house, receiver.url, AS_WELL))
        made = await attempting(workspace(house, failures), house, out).attempt(delivery, unheard)
        while made is not None and (left := await still_open(house)):
            made = await attempting(house.ws, house, out).attempt(left[0], unheard)
        assert len(receiver.requests) == 1
        assert len(await house.ws.db.fetch(MESSAGES)) == 1
        assert [tuple(row) for row in await house.ws.db.fetch(ATTEMPTS)] == [(1, 200)]
        [(state, _, doc)] = await house.ws.db.fetch(DELIVERIES)
        assert state == "succeeded"
        assert '"prepareSentMessage":[{' in doc

    attempted(database_url, tmp_path / "data", reply(), body)


@pytest.mark.parametrize("source", [AS_WELL, INSTEAD])
def test_two_nodes_that_make_the_same_attempt(database_url: str, tmp_path: Path, source: str) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, scripted(house, receiver.url, source))
        nodes = [attempting(workspace(house), house, out) for _ in range(2)]
        answers = await asyncio.gather(*(node.attempt(delivery, unheard) for node in nodes))
        assert sorted(answer is None for answer in answers) == [False, True]
        assert len(await house.ws.db.fetch(MESSAGES)) == 1
        assert len(await house.ws.db.fetch(ATTEMPTS)) == 1
        assert await still_open(house) == []

    attempted(database_url, tmp_path / "data", reply(), body)


def test_a_node_that_comes_late(database_url: str, tmp_path: Path) -> None:
    """It holds the delivery as it was before the other one posted the message."""

    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        integration = scripted(house, receiver.url, AS_WELL, retry_failed_calls=True)
        stale = await one_delivery(house, integration)
        outgoing = attempting(house.ws, house, out)
        assert await outgoing.attempt(stale, unheard) is not None
        [waiting] = await still_open(house)
        assert waiting.progress.message_settled
        assert await outgoing.attempt(stale, unheard) is not None
        assert len(receiver.requests) == 1
        assert await outgoing.attempt(waiting, unheard) is not None
        assert len(receiver.requests) == 2
        assert len(await house.ws.db.fetch(MESSAGES)) == 1

    attempted(database_url, tmp_path / "data", reply(500), body)


def test_what_was_cancelled_meanwhile_posts_nothing(database_url: str, tmp_path: Path) -> None:
    async def body(house: House, receiver: Receiver, out: GuardedClient) -> None:
        delivery = await one_delivery(house, scripted(house, receiver.url, AS_WELL))
        changes = Changes()
        deliveries.cancel(changes, delivery, "It was disabled.", house.ws.now())
        await house.ws.db.commit(changes)
        assert await attempting(house.ws, house, out).attempt(delivery, unheard) is not None
        assert receiver.requests == []
        assert list(await house.ws.db.fetch(MESSAGES)) == []
        assert await still_open(house) == []

    attempted(database_url, tmp_path / "data", reply_json({"text": "no"}), body)
