"""What switching an integration on again does that nobody sees from outside."""

from __future__ import annotations

from pathlib import Path

from tests.integrations.house import OUTGOING, House, run

from hookroom.integrations import editing, manage_outgoing
from hookroom.integrations.health import Health
from hookroom.storage.statement import Changes
from hookroom.storage.tables import failing

LONGEST_MS = 60_000


def test_one_that_failed_for_long_starts_afresh(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, master = house.ws, house.registry, house.users["master"]
        made = await manage_outgoing.create(ws, registry, house.host, master, OUTGOING)
        long_ago = ws.now() - LONGEST_MS
        changes = Changes()
        failing.begin(changes, made.id, long_ago)
        await ws.db.commit(changes)
        # As a node that has heard of the failures, and nothing of what comes now.
        health = Health(ws.db, ws.now, LONGEST_MS)
        await health.load()
        assert await health.failed(Changes(), made.id)
        await editing.set_enabled(ws, registry, master, made.id, False)
        assert await failing.since(ws.db, made.id) == long_ago
        await editing.set_enabled(ws, registry, master, made.id, True)
        assert await failing.since(ws.db, made.id) is None
        assert not await health.failed(Changes(), made.id)

    run(database_url, tmp_path, body)
