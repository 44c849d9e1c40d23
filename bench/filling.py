"""Fills a database that a server has prepared: many integrations, or a million messages."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import msgspec

from hookroom.rules.ids import incoming_token, integration_id, timed_id
from hookroom.rules.model import Integration, Message, UserRef
from hookroom.rules.times import iso


def integrations(directory: Path, count: int) -> None:
    """Add ``count`` integrations, half of them outgoing ones on other rooms."""
    now = time.time_ns() // 1_000_000
    cat = UserRef(id="rocket.cat", username="rocket.cat")
    rows = []
    for i in range(count):
        outgoing = i % 2 == 1
        one = Integration(
            id=integration_id(),
            type="webhook-outgoing" if outgoing else "webhook-incoming",
            name=f"filler {i}",
            enabled=True,
            username="rocket.cat",
            user_id="rocket.cat",
            channel=(f"#elsewhere-{i}",) if outgoing else ("#general",),
            token=incoming_token(),
            script_enabled=False,
            event="sendMessage" if outgoing else None,
            urls=("http://127.0.0.1:9/",) if outgoing else None,
            created_at=iso(now),
            created_by=cat,
            updated_at=iso(now),
        )
        doc = msgspec.json.encode(one).decode()
        rows.append((one.id, one.type, "rocket.cat", "rocket.cat", now, now, doc))
    with sqlite3.connect(directory / "hookroom.db") as connection:
        connection.executemany(
            "INSERT INTO integrations (id, type, user_id, created_by, created_at, updated_at, doc)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    connection.close()


def messages(directory: Path, count: int) -> None:
    """Add ``count`` messages to ``#general``, a second apart, until now."""
    now = time.time_ns() // 1_000_000
    author = UserRef(id="rocket.cat", username="rocket.cat", name="Rocket.Cat")

    def rows() -> object:
        for i in range(count):
            at = now - (count - i) * 1000
            one = Message(
                id=timed_id(at),
                room_id="GENERAL",
                text=f"message {i} of a busy room, of ordinary length",
                created_at=iso(at),
                user=author,
                updated_at=iso(at),
            )
            yield one.id, "GENERAL", "rocket.cat", at, at, msgspec.json.encode(one).decode()

    with sqlite3.connect(directory / "hookroom.db") as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.executemany(
            "INSERT INTO messages (id, room_id, user_id, created_at, updated_at, doc)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            rows(),  # type: ignore[arg-type]
        )
    connection.close()
