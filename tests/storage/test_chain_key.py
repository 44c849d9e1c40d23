"""The key of chains: one for a workspace, whoever asks first."""

from __future__ import annotations

import asyncio

from hookroom.storage.opening import open_database
from hookroom.storage.tables import chain_key


def test_whoever_starts_first_makes_it(database_url: str) -> None:
    async def main() -> None:
        db = await open_database(database_url)
        try:
            made = [bytes([number]) * 32 for number in range(5)]
            found = await asyncio.gather(*(chain_key.kept(db, key) for key in made))
            assert len(set(found)) == 1
            assert found[0] in made
            assert await chain_key.kept(db, b"x" * 32) == found[0]
        finally:
            await db.close()

    asyncio.run(main())


def test_two_nodes_have_the_same(postgres_url: str) -> None:
    async def main() -> None:
        nodes = [await open_database(postgres_url) for _ in range(2)]
        try:
            one, two = await asyncio.gather(
                *(chain_key.kept(db, bytes([number]) * 32) for number, db in enumerate(nodes))
            )
            assert one == two
        finally:
            for db in nodes:
                await db.close()

    asyncio.run(main())
