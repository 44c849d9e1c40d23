"""The realtime API: many who hear one room, many who are idle, and what posting costs beside them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench import subjects
from bench.subjects import Hookroom

USERS = 20
PASSWORD = "Correct-horse-battery-1"
IDLE_S = 10.0


@dataclass
class FanOut:
    """What listeners heard, and the processor time that the server took, in seconds."""

    heard: dict[str, Any]
    server_cpu_s: float


def logins(server: Hookroom) -> list[list[str]]:
    """New users, each with a login: ``[id, token]``."""
    found = []
    with httpx.Client(base_url=f"{server.url}/api/v1/", headers=server.auth, timeout=60) as http:
        for number in range(USERS):
            name = f"listener-{number}"
            made = {"username": name, "name": name, "email": f"{name}@example.com", "password": PASSWORD}
            http.post("users.create", json=made).raise_for_status()
            answer = http.post("login", json={"user": name, "password": PASSWORD}).json()["data"]
            found.append([answer["userId"], answer["authToken"]])
    return found


def fan_out(server: Hookroom, connections: int, rate: int, seconds: float) -> FanOut:
    """``rate`` messages a second to each of ``connections``."""
    setup = {"logins": logins(server), "room": "GENERAL"}
    before = server.hook.cpu_seconds()
    counts = [str(connections), str(seconds), str(rate)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.listeners", "127.0.0.1", str(server.port), *counts],
        input=json.dumps(setup) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return FanOut(json.loads(done.stdout), server.hook.cpu_seconds() - before)


@contextlib.contextmanager
def idle(server: Hookroom, connections: int) -> Iterator[float]:
    """So many connections that log in and say nothing; answers the seconds that opening them took."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.listeners", "127.0.0.1", str(server.port), str(connections), "0", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"logins": logins(server), "room": ""}) + "\n")
        process.stdin.flush()
        yield float(json.loads(process.stdout.readline())["opened_in"])
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def measure(
    seconds: float, root: Path, *, listening: int = 1000, rate: int = 200, resting: int = 10_000
) -> None:
    """Print the tables."""
    with subjects.hookroom(root / "listening") as server:
        found = fan_out(server, listening, rate, seconds)
        heard = found.heard
        took = {name: f"{heard[f'{name}_ms']:.1f} ms" for name in ("p50", "p99", "max")}
        print(f"\n{listening:,} connections hear {rate} messages/s; opened in {heard['opened_in']:.1f} s")
        print(
            f"{heard['frames_per_s']:.0f} frames/s, {heard['mb_per_s']:.0f} MB/s, connections lost {heard['lost']}"
        )
        print(f"from posting to hearing: p50 {took['p50']}, p99 {took['p99']}, at most {took['max']}")
        print(f"the server takes {found.server_cpu_s / heard['frames'] * 1e6:.2f} µs a frame")
    with subjects.hookroom(root / "resting") as server:
        before = server.hook.resident_mb()
        with idle(server, resting) as opened_in:
            each = (server.hook.resident_mb() - before) * 1000 / resting
            print(f"\n{resting:,} idle connections, opened in {opened_in:.1f} s: {each:.1f} KB each")
            cpu = server.hook.cpu_seconds()
            time.sleep(IDLE_S)
            print(f"processor while idle: {(server.hook.cpu_seconds() - cpu) / IDLE_S:.1%}")
