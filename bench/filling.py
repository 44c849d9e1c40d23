"""Fills a database that a server has prepared: many integrations, or a million messages."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from hookroom.rules.ids import incoming_token, integration_id, timed_id
from hookroom.rules.model import Integration, Message, UserRef
from hookroom.rules.times import iso
from hookroom.storage.opening import database_url, open_database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations, messages

BATCH = 2000
CAT = UserRef(id="rocket.cat", username="rocket.cat", name="Rocket.Cat")


def fill(directory: Path, *, many_integrations: int = 0, many_messages: int = 0) -> None:
    """Add integrations, half of them outgoing ones on other rooms, and messages in ``#general``."""
    asyncio.run(_fill(directory, many_integrations, many_messages))


async def _fill(directory: Path, many_integrations: int, many_messages: int) -> None:
    db = await open_database(database_url(None, directory))
    now = time.time_ns() // 1_000_000
    changes = Changes()
    for i in range(many_integrations):
        integrations.insert(changes, integration(i, now))
    await db.commit(changes)
    for start in range(0, many_messages, BATCH):
        changes = Changes()
        for i in range(start, min(start + BATCH, many_messages)):
            messages.insert(changes, _message(i, now - (many_messages - i) * 1000))
        await db.commit(changes)
    await db.close()


def integration(number: int, now: int) -> Integration:
    """A webhook, every other one outgoing, that nothing in ``#general`` fires."""
    outgoing = number % 2 == 1
    return Integration(
        id=integration_id(),
        type="webhook-outgoing" if outgoing else "webhook-incoming",
        name=f"filler {number}",
        enabled=True,
        username="rocket.cat",
        user_id="rocket.cat",
        channel=(f"#elsewhere-{number}",) if outgoing else ("#general",),
        token=incoming_token(),
        script_enabled=False,
        event="sendMessage" if outgoing else None,
        urls=("http://127.0.0.1:9/",) if outgoing else None,
        created_at=iso(now),
        created_by=CAT,
        updated_at=iso(now),
    )


def _message(number: int, at: int) -> Message:
    return Message(
        id=timed_id(at),
        room_id="GENERAL",
        text=f"message {number} of a busy room, of ordinary length",
        created_at=iso(at),
        user=CAT,
        updated_at=iso(at),
    )
