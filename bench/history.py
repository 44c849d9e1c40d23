"""Pages of a history of millions of entries, over HTTP, and what posting costs while such a history is swept.

On SQLite. Filling takes minutes and 1.2 GB for each million of entries, so this is measured only when asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from bench import filling, subjects
from bench.history_filling import BIG, EVERY_MS, fill_statements
from bench.subjects import Hookroom, Subject
from hookroom.rules.history_filter import Key, cursor
from hookroom.storage.opening import database_url, open_database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations

CALLS = 60
SMALL = "3".zfill(24)
PAGES: Mapping[str, dict[str, str]] = {
    "all": {},
    "failed": {"state": "failed"},
    "failed, dead, cancelled": {"state": "failed,dead,cancelled"},
    "succeeded": {"state": "succeeded"},
    "pending (none there)": {"state": "pending"},
    "5xx": {"status": "5xx"},
    "404 (none there)": {"status": "404"},
    "text, common": {"text": "Ordinary Length"},
    "text, not there": {"text": "no such words"},
}
KEPT = {"HOOKROOM_HISTORY_ENTRIES": str(10**9), "HOOKROOM_HISTORY_DAYS": "3650"}
SWEPT = {"HOOKROOM_HISTORY_ENTRIES": "1", "HOOKROOM_HISTORY_DAYS": "3650"}


@dataclass
class Cost:
    """Milliseconds of a page, of ``CALLS``."""

    p50: float
    p99: float


def measure(root: Path, entries: int, seconds: float) -> None:
    """Fill, ask, sweep; prints what it finds."""
    directory = root / "history"
    with subjects.hookroom(directory):
        pass
    database = directory / "hookroom.db"
    begin = time.perf_counter()
    _fill(database, entries)
    asyncio.run(_register(directory))
    size = database.stat().st_size / 1e9
    print(f"\nHistory: {entries:,} entries filled in {time.perf_counter() - begin:.0f} s, {size:.1f} GB")
    with _environment(KEPT), subjects.hookroom(directory) as server:
        print(f"{'':34}{'first':>16}{'half way':>16}{'the last':>16}   (p50 / p99 ms of a page of 50)")
        for who, name in ((BIG, "one integration, half of all"), (SMALL, "one of 5,000 integrations")):
            print(name, flush=True)
            for title, query in PAGES.items():
                costs = [_cost(server, {"id": who, **query, **place}) for place in _places(entries)]
                print(f"  {title:32}" + "".join(f"{one.p50:9.1f} /{one.p99:5.1f}" for one in costs))
    with _environment(SWEPT), subjects.hookroom(directory) as server:
        before = _posting(server.post, seconds)
        _wait_for_sweep(database)
        count = "SELECT count(*) FROM deliveries"
        left, begin = _number(database, count), time.perf_counter()
        during = _posting(server.post, seconds)
        swept = (left - _number(database, count)) / (time.perf_counter() - begin)
        print(f"posting, 8 connections: {before} ms; while {swept:,.0f} entries/s are removed: {during} ms")


def _fill(database: Path, entries: int) -> None:
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        for texts in fill_statements("sqlite", entries, _now()):
            connection.execute("BEGIN")
            for text in texts:
                connection.execute(text)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _register(directory: Path) -> None:
    """Have the server know the integrations that are asked for."""
    db = await open_database(database_url(None, directory))
    changes = Changes()
    for id_ in (BIG, SMALL):
        integrations.insert(changes, replace(filling.integration(1, _now()), id=id_))
    await db.commit(changes)
    await db.close()


def _places(entries: int) -> list[dict[str, str]]:
    now = _now()
    half, last = (Key(now - entries * EVERY_MS * part // 100, "0") for part in (50, 99))
    return [{}, {"cursor": cursor(half)}, {"cursor": cursor(last)}]


def _cost(server: Hookroom, query: dict[str, Any]) -> Cost:
    times = []
    with httpx.Client(base_url=server.url, headers=server.auth, trust_env=False, timeout=60) as client:
        for _ in range(CALLS):
            begin = time.perf_counter()
            answer = client.get("/api/v1/integrations.history", params=query)
            times.append((time.perf_counter() - begin) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{query}: {answer.text}")
    times.sort()
    return Cost(times[CALLS // 2], times[CALLS * 99 // 100])


def _posting(subject: Subject, seconds: float) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", "127.0.0.1", str(subject.port), "8", str(seconds)],
        input=subject.request,
        capture_output=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return f"{found['p50_ms']:.1f} / {found['p99_ms']:.1f}"


def _wait_for_sweep(database: Path) -> None:
    while _number(database, "SELECT min(rowid) FROM deliveries") == 1:
        time.sleep(0.5)


def _number(database: Path, query: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as connection:
        number: int = connection.execute(query).fetchone()[0]
        return number


def _now() -> int:
    return time.time_ns() // 1_000_000


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
