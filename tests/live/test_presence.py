"""Who is there: from connections to what everybody is shown, on one node and on several."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec import structs
from tests.live.waiting import until
from tests.rooms.chat import Chat

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.rules import presence as rules
from hookroom.rules.model import User
from hookroom.rules.times import iso, millis
from hookroom.services import Services
from hookroom.storage.statement import Changes
from hookroom.storage.tables import nodes, presences, users

WRITTEN = ("presences", "UPDATE users")
"""What is written of who comes; other things go on beside it."""


@pytest.mark.parametrize(
    ("connections", "chosen", "status"),
    [
        ([], None, "offline"),
        ([], "busy", "offline"),
        (["online"], None, "online"),
        (["away", "online"], "online", "online"),
        (["away", "away"], "online", "away"),
        (["away"], "busy", "busy"),
        (["online"], "offline", "offline"),
    ],
)
def test_a_status_is_of_connections_and_of_choice(
    connections: list[str], chosen: str | None, status: str
) -> None:
    assert rules.shown(rules.of_connections(connections), chosen) == status


def offline(user: User) -> User:
    return structs.replace(user, status="offline", updated_at=iso(millis(user.updated_at) + 1))


async def status(services: Services, user_id: str) -> str:
    user = await users.by_id(services.ws.db, user_id)
    assert user is not None
    return user.status


def test_who_comes_and_goes(database_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        config = load(database_url=database_url, data=tmp_path / "data", test_mode=True)
        async with assemble(config, "http://127.0.0.1:3000") as started:
            services = started.services
            presence = services.presence
            people = await Chat(services.ws).people(*(f"user{i}" for i in range(30)))
            changes = Changes()
            users.put_statuses(changes, services.ws.db.kind, [(one, offline(one)) for one in people])
            await services.ws.db.commit(changes)
            someone = people[0]

            async def is_(expected: str) -> bool:
                return await status(services, someone.id) == expected

            commits = 0
            commit = services.ws.db.commit

            async def counted(changes: Changes) -> object:
                nonlocal commits
                commits += any(word in step.statement.sql for step in changes.steps for word in WRITTEN)
                return await commit(changes)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(services.ws.db, "commit", counted)
                for i, one in enumerate(people):
                    presence.connected(f"c{i}", one.id)
                presence.connected("second", someone.id)
                await until(lambda: is_("online"))
            assert commits == 2, "all who came are written together"

            presence.says("c0", "away")
            presence.says("nobody's", "away")
            presence.gone("nobody's")
            presence.gone("second")
            await until(lambda: is_("away"))
            await presence.set_status(someone.id, "busy", "in a meeting")
            presence.says("c0", "online")
            await until(lambda: is_("busy"))
            presence.gone("c0")
            await until(lambda: is_("offline"))
            presence.connected("again", someone.id)
            await until(lambda: is_("busy"))
            presence.connected("again", people[1].id)
            await until(lambda: is_("offline"))

    asyncio.run(main())


def test_a_node_that_died_no_longer_counts(postgres_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        config = load(database_url=postgres_url, data=tmp_path / "data", test_mode=True)
        async with (
            assemble(config, "http://127.0.0.1:3000") as first,
            assemble(config, "http://127.0.0.1:3001") as second,
        ):
            here, there = first.services, second.services
            (user,) = await Chat(here.ws).people("someone")

            async def is_(expected: str) -> bool:
                return await status(here, user.id) == expected

            here.presence.connected("here", user.id)
            there.presence.connected("there", user.id)
            await until(lambda: is_("online"))
            here.presence.says("here", "away")
            there.presence.gone("there")
            await until(lambda: is_("away"))
            # The first node chose something that its other node's connections know nothing of.
            there.presence.connected("there", user.id)
            await until(lambda: is_("online"))
            here.presence.gone("here")

            async def only_there() -> bool:
                return await presences.of_users(here.ws.db, "", 0, [user.id]) == {user.id: ["online"]}

            await until(only_there)
            assert await is_("online")

            # Of a process that was killed: rows, and a lease that ran out.
            changes = Changes()
            nodes.renew(changes, "postgresql", "dead", 0, -1)
            presences.put(changes, "postgresql", "dead", [user.id], "away", 0)
            await here.ws.db.commit(changes)
            there.presence.gone("there")
            await until(lambda: is_("offline"))

    asyncio.run(main())
