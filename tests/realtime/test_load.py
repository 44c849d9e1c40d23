"""Many who listen, many who are idle, and how soon they hear (issue 6, "Proof")."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bench import realtime, subjects
from bench.__main__ import measure

pytestmark = pytest.mark.alone

DRILL = os.environ.get("HOOKROOM_DRILL") == "1"


def test_a_thousand_hear_two_hundred_messages_a_second(tmp_path: Path) -> None:
    """The server, the clients and whoever posts have two processors together."""
    connections, rate, seconds = 1000, 200, 30.0 if DRILL else 2.0
    with subjects.hookroom(tmp_path) as server:
        heard = realtime.fan_out(server, connections, rate, seconds).heard
    print(f"\n{heard}")
    assert heard["lost"] == 0
    assert heard["frames"] == heard["posted"] * connections
    assert heard["posted"] > rate * seconds * 0.95
    assert heard["p99_ms"] < 250


def test_what_an_idle_connection_costs(tmp_path: Path) -> None:
    """Ten thousand of them in the long form; memory is what the process holds, and posting takes no longer."""
    connections = 10_000 if DRILL else 1500
    with subjects.hookroom(tmp_path) as server:
        alone = measure(server.post, 1.0)
        before = server.post.resident_mb()
        with realtime.idle(server, connections):
            each_kb = (server.post.resident_mb() - before) * 1000 / connections
            beside = measure(server.post, 1.0)
    print(f"\n{connections} connections, {each_kb:.1f} KB each")
    print(f"{alone.cpu_us:.0f} µs a message without them, {beside.cpu_us:.0f} µs with them")
    assert each_kb < 16
    assert beside.cpu_us < alone.cpu_us * 1.5
