"""What was written is found after the server died, whether it was indexed by then or not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.running import Api, running
from tests.search.messages import BEGIN, message, until, with_index
from tests.search.test_finding import entries, found, terms

from hookroom.messages.indexing import Indexing
from hookroom.storage.database import Database


def hits(user: Api) -> int:
    return len(user.get("chat.search", roomId="GENERAL", searchText="word", count=0)["messages"])


def test_messages_of_a_server_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        admin = server.admin()
        for i in range(20):
            admin.post("chat.postMessage", roomId="GENERAL", text=f"word {i}")
        server.kill()
    with running(tmp_path) as server:
        admin = server.admin()
        deadline = time.monotonic() + 20
        while hits(admin) < 20:
            assert time.monotonic() < deadline


def test_what_was_there_before_is_gone_on_with(database_url: str) -> None:
    many = 3000

    async def body(db: Database, first: Indexing) -> None:
        async def begun() -> bool:
            return await entries(db) > 0

        await until(begun)
        await first.stop()
        assert await entries(db) < many, "stopped in the middle"
        nodes = [Indexing(db, lambda: BEGIN) for _ in range(2)]
        for node in nodes:
            node.start()

        async def all_there() -> bool:
            return await entries(db) == many

        await until(all_there, 30)
        await asyncio.gather(*(node.stop() for node in nodes))
        assert len(await found(db, terms("old", "R1"), count=many + 1)) == many

    with_index(database_url, body, *(message(i, f"old {i}") for i in range(many)))
