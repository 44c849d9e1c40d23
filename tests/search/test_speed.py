"""How long a search takes in a room with many messages: a million in the long form (HOOKROOM_DRILL=1)."""

from __future__ import annotations

import os
import time
from itertools import accumulate
from random import Random
from string import ascii_lowercase
from typing import Final

import pytest
from tests.search.messages import BEGIN, message, until, with_index, write
from tests.search.test_finding import entries, found, terms

from hookroom.messages.indexing import Indexing
from hookroom.storage.database import Database

MANY: Final = 1_000_000 if os.environ.get("HOOKROOM_DRILL") == "1" else 10_000
PATIENCE_S: Final = 0.5
"""What a search may take; on two busy cores it is a tenth of that."""


@pytest.mark.alone
def test_searching_a_large_room(database_url: str) -> None:
    random = Random(7)
    known = ["".join(random.choices(ascii_lowercase, k=random.randint(2, 9))) for _ in range(20_000)]
    often = list(accumulate(1 / (i + 10) for i in range(len(known))))

    asked = [
        *("needle", "zzzzzz", "e", known[0], known[0][:2], known[19_999], f"order:asc {known[5]}"),
        *(f"{known[0]} {known[1]}", f'"{known[0]} {known[1]}"', f"{known[0]} {known[19_000]}"),
    ]

    clock = [BEGIN]

    async def body(db: Database, index: Indexing) -> None:
        started = time.monotonic()
        for begin in range(0, MANY, 500):
            texts = [" ".join(random.choices(known, cum_weights=often, k=12)) for _ in range(500)]
            await write(db, *(message(begin + i, text) for i, text in enumerate(texts)))
            clock[0] = BEGIN + (begin + 500) * 1000
        await write(db, message(MANY, "needle in the haystack"))
        written = time.monotonic()
        await index.caught_up(60)

        async def all_indexed() -> bool:
            return await entries(db) == MANY + 1

        await until(all_indexed, 1200)
        print(
            f"\n{db.kind}: written in {written - started:.0f} s, indexed {time.monotonic() - written:.1f} s later"
        )
        slowest = 0.0
        for text in asked:
            newest = not text.startswith("order")
            began = time.monotonic()
            hits = await found(db, terms(text, "R1"), count=20, newest_first=newest)
            took = time.monotonic() - began
            print(f"{text!r}: {len(hits)} hits in {took * 1000:.1f} ms")
            slowest = max(slowest, took)
        assert slowest < PATIENCE_S

    with_index(database_url, body, now=lambda: clock[0])
