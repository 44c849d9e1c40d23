"""What is looked at, and what is written, when something happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integrations.house import House, run
from tests.rules.values import an_integration

from hookroom.rules.model import Integration, Message
from hookroom.rules.triggers import Match, match
from hookroom.storage.statement import Changes
from hookroom.workspace.events import Event


def event(house: House, **fields: Any) -> Event:
    room = house.rooms["here"]
    user = house.users["keeper"]
    at = house.ws.now()
    stamp = house.ws.stamp()
    message = Message(
        id="m", room_id=room.id, text="hello", created_at=stamp, user=user.ref(), updated_at=stamp
    )
    return Event(
        **{"name": "sendMessage", "room": room, "user": user, "at": at, "message": message, **fields}
    )


async def add(house: House, *integrations: Integration) -> None:
    changes = Changes()
    for integration in integrations:
        house.registry.insert(changes, integration)
    await house.ws.db.commit(changes)


def numbered(number: int, **fields: Any) -> Integration:
    return an_integration(id=f"{number:024x}", urls=("http://127.0.0.1:9/",), **fields)


@pytest.mark.parametrize("others", [10, 10_000])
def test_only_those_of_the_room_are_looked_at(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    looked: list[str] = []

    def noting(integration: Integration, *args: Any) -> Match | None:
        looked.append(integration.id)
        return match(integration, *args)

    monkeypatch.setattr("hookroom.integrations.firing.match", noting)

    async def body(house: House) -> None:
        await add(house, *(numbered(i, channel=(f"#room-{i}",)) for i in range(others)))
        here = numbered(others, channel=("#here", f"#{house.rooms['here'].id}"))
        await add(house, here, numbered(others + 1, channel=("#here",), event="roomJoined"))
        changes = Changes()
        house.ws.observer.observe(event(house), changes)
        assert looked == [here.id]
        assert len(changes.appends) == 2

    run(database_url, tmp_path / "data", body)


def test_without_an_integration_nothing_is_written(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        await add(house, numbered(1, channel=("#there",)), numbered(2, channel=("#here",), enabled=False))
        changes = Changes()
        house.ws.observer.observe(event(house), changes)
        assert (changes.appends, changes.steps, changes.merges, changes.after) == ([], [], [], [])

    run(database_url, tmp_path / "data", body)


def test_one_event_and_a_delivery_for_each_url(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        two = numbered(1, channel=("#here",))
        urls = ("http://127.0.0.1:9/a", "", "http://127.0.0.1:9/b")
        await add(house, two, numbered(2, channel=("all_public_channels",)), numbered(3))
        await add(house, an_integration(id="f" * 24, channel=("#here",), urls=urls))
        changes = Changes()
        house.ws.observer.observe(event(house), changes)
        # They are written together with those of other requests.
        assert changes.commutes
        tables = [table.table for table, _ in changes.appends]
        assert tables == ["events"] + ["deliveries"] * 4
        assert {row["event_id"] for _, row in changes.appends[1:]} == {changes.appends[0][1]["id"]}

    run(database_url, tmp_path / "data", body)


def test_who_did_it_does_not_fire(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        await add(house, numbered(1, channel=("#here",), event="roomJoined"))
        for by, fired in (("0" * 23 + "1", 0), (None, 2)):
            changes = Changes()
            joined = event(house, name="roomJoined", message=None, by_integration=by)
            house.ws.observer.observe(joined, changes)
            assert len(changes.appends) == fired

    run(database_url, tmp_path / "data", body)
