"""Deliveries: how many per second, durable from end to end, beside a bare HTTP client; and how soon when idle."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import subjects

CONNECTIONS = 16
"""Of the bare client: as many calls as the server has under way to one URL."""
IDLE_MESSAGES = 400
IDLE_PAUSE_S = 0.01
PATIENCE_S = 120.0

_OPEN = "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'waiting')"
_BODY = {
    "token": "x" * 24,
    "bot": False,
    "channel_id": "GENERAL",
    "channel_name": "general",
    "message_id": "x" * 17,
    "timestamp": "2026-01-01T00:00:00.000Z",
    "user_id": "rocket.cat",
    "user_name": "rocket.cat",
    "siteUrl": "http://127.0.0.1:3000",
    **subjects.PAYLOAD,
}


@dataclass
class Deliveries:
    """What one round measured; rates per second, times in milliseconds."""

    bare: float
    durable: float
    to_ten: float
    """With ten webhooks on the room, so that one message is ten deliveries."""
    p50_ms: float
    p99_ms: float


@contextlib.contextmanager
def receiving() -> Iterator[str]:
    """A receiver; its URL."""
    process = subprocess.Popen([sys.executable, "-m", "bench.receiver"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.terminate()
        process.wait()


def measure(directory: Path, seconds: float, rounds: int) -> Deliveries:
    """One server with an outgoing webhook on #general, beside a bare client that calls the same receiver."""
    with receiving() as url, subjects.hookroom(directory) as server:
        _listen(server, url)
        database = directory / "hookroom.db"
        _idle(server, url, database)
        latencies = _idle(server, url, database)
        bare, durable = [], []
        for _ in range(rounds):
            bare.append(_bare(url, seconds))
            durable.append(_durable(server, url, database, seconds))
        for _ in range(9):
            _listen(server, url)
        to_ten = [_durable(server, url, database, seconds, each=10) for _ in range(rounds)]
        return Deliveries(
            statistics.median(bare),
            statistics.median(durable),
            statistics.median(to_ten),
            latencies[len(latencies) // 2],
            latencies[int(len(latencies) * 0.99)],
        )


def _listen(server: subjects.Hookroom, url: str) -> None:
    httpx.post(
        f"{server.url}/api/v1/integrations.create",
        headers=server.auth,
        json={
            "type": "webhook-outgoing",
            "name": "bench",
            "enabled": True,
            "username": "rocket.cat",
            "event": "sendMessage",
            "channel": "#general",
            "urls": [url],
            "scriptEnabled": False,
        },
    ).raise_for_status()


def _bare(url: str, seconds: float) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.bare_client", url, str(CONNECTIONS), str(seconds)],
        input=json.dumps(_BODY).encode(),
        capture_output=True,
        check=True,
    )
    httpx.get(url)
    return float(done.stdout)


def _durable(server: subjects.Hookroom, url: str, database: Path, seconds: float, each: int = 1) -> float:
    """Messages posted as fast as they are taken, until the history of the last one is written.

    A message has ``each`` deliveries; fewer are posted at once the more that are.
    """
    httpx.get(url)
    begin = time.perf_counter()
    posted = json.loads(
        subprocess.run(
            [
                sys.executable,
                "-m",
                "bench.load",
                "127.0.0.1",
                str(server.port),
                str(64 // each),
                str(seconds),
            ],
            input=server.hook.request,
            capture_output=True,
            check=True,
        ).stdout
    )
    assert not posted["failures"], posted["first_failure"]
    _ended(database)
    elapsed = time.perf_counter() - begin
    came = httpx.get(url, timeout=30).json()["count"]
    assert came == each * posted["requests"], f"{posted['requests']} messages, {came} calls"
    return float(came / elapsed)


def _idle(server: subjects.Hookroom, url: str, database: Path) -> list[float]:
    """How long after they were posted single messages reach the receiver, sorted."""
    httpx.get(url)
    hook = f"{server.url}{server.hook.request.split(b' ')[1].decode()}"
    with httpx.Client() as client:
        for _ in range(IDLE_MESSAGES):
            client.post(hook, json={"text": str(time.time_ns())}).raise_for_status()
            time.sleep(IDLE_PAUSE_S)
    _ended(database)
    latencies: list[float] = httpx.get(url).json()["latencies"]
    assert len(latencies) == IDLE_MESSAGES
    return sorted(latencies)


def _ended(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as db:
        end = time.monotonic() + PATIENCE_S
        while db.execute(_OPEN).fetchone()[0]:
            assert time.monotonic() < end, "deliveries do not end"
            time.sleep(0.02)
