"""Names whose addresses change: an attempt connects to what one lookup gave, once that was judged."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from tests.delivery.calls import Names, guarded, judge
from tests.faults.test_prepared_messages import still_open
from tests.faults.test_recording import attempting, hook, one_delivery, unheard
from tests.integrations.house import House, run
from tests.receivers import Receiver, raw

from hookroom.delivery.client import GuardedClient
from hookroom.rules.addresses import Policy
from hookroom.rules.model import Integration
from hookroom.storage.statement import Statement
from hookroom.storage.tables.deliveries import Delivery

ATTEMPTS = Statement("SELECT number, status, doc FROM attempts ORDER BY number")
STATES = Statement("SELECT state FROM deliveries")

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
"""An address that is permitted in this test, and one that is not."""
REFUSED = r"Calls to rebinding\.example are refused: (loopback address|cloud metadata service)"


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "hookroom.db")
    return f"sqlite:///{tmp_path / 'hookroom.db'}"


@pytest.mark.parametrize(
    ("lookups", "called"),
    [
        ([[OUTSIDE], [INSIDE]], 1),
        ([[OUTSIDE], [INSIDE, f"::ffff:{INSIDE}"]], 1),
        ([[INSIDE]], 0),
        ([[OUTSIDE], ["169.254.169.254"]], 1),
    ],
)
def test_what_is_connected_to_is_what_was_judged(
    sqlite_url: str, tmp_path: Path, lookups: Sequence[list[str]], called: int
) -> None:
    names = Names(*lookups)

    async def body(house: House) -> None:
        delivery = await one_delivery(house, rebinding_hook(house, outside.port))
        await attempt(house, names, delivery)
        for waiting in await still_open(house):
            assert await attempt(house, names, waiting) is None
        *before, (_, status, doc) = await house.ws.db.fetch(ATTEMPTS)
        assert [tuple(row)[:2] for row in before] == [(1, 500)] * called
        assert status is None
        assert re.fullmatch(REFUSED, msgspec.json.decode(doc)["error"])
        # Trying again does not mend it.
        assert [row[0] for row in await house.ws.db.fetch(STATES)] == ["failed"]

    with (
        Receiver([raw(b"HTTP/1.1 500 Oops\r\n\r\n")], host=OUTSIDE) as outside,
        Receiver(host=INSIDE, port=outside.port) as inside,
    ):
        run(sqlite_url, tmp_path, body)
        assert len(outside.requests) == called
        assert inside.connections == 0
    assert names.lookups == len(lookups)


def test_what_was_looked_up_a_moment_ago_still_holds(sqlite_url: str, tmp_path: Path) -> None:
    names = Names([OUTSIDE], [INSIDE])

    async def body(house: House) -> None:
        delivery = await one_delivery(house, rebinding_hook(house, outside.port))
        async with permitting_outside(names) as client:
            outgoing = attempting(house.ws, house, client)
            await outgoing.attempt(delivery, unheard)
            [waiting] = await still_open(house)
            await outgoing.attempt(waiting, unheard)

    with (
        Receiver([raw(b"HTTP/1.1 500 Oops\r\n\r\n")], host=OUTSIDE) as outside,
        Receiver(host=INSIDE, port=outside.port) as inside,
    ):
        run(sqlite_url, tmp_path, body)
        assert (outside.connections, len(outside.requests)) == (2, 2)
        assert inside.connections == 0
    assert names.lookups == 1


def permitting_outside(names: Names) -> GuardedClient:
    return guarded(judge(Policy(), allow=OUTSIDE), resolver=names)


def rebinding_hook(house: House, port: int) -> Integration:
    return hook(house, f"http://rebinding.example:{port}/", retry_failed_calls=True)


async def attempt(house: House, names: Names, delivery: Delivery) -> int | None:
    """One attempt with a client that remembers no name."""
    async with permitting_outside(names) as client:
        return await attempting(house.ws, house, client).attempt(delivery, unheard)
