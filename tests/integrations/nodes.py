"""Several nodes on one database, in this process, each with a registry of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hookroom.integrations.registry import Registry
from hookroom.storage.database import Database
from hookroom.storage.opening import open_database

Node = tuple[Database, Registry]


def with_nodes(url: str, count: int, body: Callable[[Sequence[Node]], Awaitable[None]]) -> None:
    """Run ``body`` with that many nodes on one database."""

    async def main() -> None:
        nodes: list[Node] = []
        for _ in range(count):
            db = await open_database(url)
            registry = Registry(db)
            await registry.load()
            nodes.append((db, registry))
        try:
            await body(nodes)
        finally:
            for db, _ in nodes:
                await db.close()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.002)
