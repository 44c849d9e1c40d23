"""Clients that do not read, call too often, are too many; and a server that stops."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from tests.realtime.client import connected
from tests.realtime.raw import CLOSE, TEXT, frame, raw
from tests.running import Api, Server, running
from websockets.exceptions import InvalidStatus

from hookroom.errors import Refused
from hookroom.realtime.call_limits import Limit
from hookroom.rules.settings import DEFAULTS
from hookroom.workspace.rate_limit import Windows

PASSWORD = "Correct-horse-battery-1"


def test_who_does_not_read_is_dropped(server: Server, admin: Api) -> None:
    """A megabyte may wait for a client, and no more; others hear everything."""
    room = admin.new_channel()
    texts = [f"{number} " + "x" * 4900 for number in range(400)]
    resume = [{"resume": admin.headers["X-Auth-Token"]}]
    asked = [
        {"msg": "connect", "version": "1", "support": ["1"]},
        {"msg": "method", "method": "login", "id": "1", "params": resume},
        {"msg": "sub", "id": "2", "name": "stream-room-messages", "params": [room["_id"], False]},
    ]
    with raw(server.url, receive_buffer=4096) as slow, connected(server.url, admin) as quick:
        slow.raw.sendall(b"".join(frame(TEXT, json.dumps(one).encode()) for one in asked))
        while (found := slow.read()) is not None and b'"ready"' not in found[1]:
            pass
        quick.subscribe("stream-room-messages", room["_id"], False)
        for text in texts:
            admin.post("chat.postMessage", roomId=room["_id"], text=text)
            assert quick.texts(room["_id"], text) == [text]
        heard = 0
        with contextlib.suppress(ConnectionError):
            while (found := slow.read()) is not None:
                heard += found[0] == TEXT
                assert found[0] != CLOSE or int.from_bytes(found[1][:2]) == 1013
        assert heard < len(texts)


@pytest.mark.parametrize(
    ("limit", "names", "calls", "window_ms"),
    [
        ("IP", ["x"], 120_000, 60_000),
        ("User", ["x"], 1200, 60_000),
        ("Connection", ["x", "y"], 600, 60_000),
        ("User_By_Method", ["x"], 20, 10_000),
        ("User_By_Method", ["x", "y"], 40, 10_000),
        ("Connection_By_Method", ["x"], 10, 10_000),
        ("Connection_By_Method", ["stream-room-messages"], 40, 40_000),
    ],
)
def test_how_often(limit: str, names: list[str], calls: int, window_ms: int) -> None:
    """Each limit alone, with one method or several in turn."""
    off = {
        name: False for name in DEFAULTS if name.startswith("DDP_Rate_Limit") and name.endswith("_Enabled")
    }
    checks = Limit({**DEFAULTS, **off, f"DDP_Rate_Limit_{limit}_Enabled": True})
    whose = {"address": Windows(), "user": Windows(), "connection": Windows()}
    for number in range(calls):
        checks.check(names[number % len(names)], 0, **whose)
    with pytest.raises(Refused) as refused:
        checks.check(names[0], 0, **whose)
    assert refused.value.code == "too-many-requests"
    assert refused.value.details == {"timeToReset": window_ms}
    checks.check(names[0], window_ms, **whose)


def test_limits_and_the_end(tmp_path: Path) -> None:
    """A server as one runs it: calls are limited, connections of an address too, and a stop says goodbye."""
    environment = {
        "ADMIN_USERNAME": "boss",
        "ADMIN_PASS": PASSWORD,
        "HOOKROOM_REALTIME_PER_ADDRESS": "2",
        "HOOKROOM_TRUSTED_PROXIES": "127.0.0.1",
    }
    with running(tmp_path / "data", test_mode=False, environment=environment) as server:
        boss = Api.login(server.url, "boss", PASSWORD)
        with connected(server.url, boss) as one, connected(server.url) as two:
            with pytest.raises(InvalidStatus) as refused, connected(server.url):
                pass
            assert refused.value.response.status_code == 429
            answers = [one.answer("getRoomIdByNameOrId", "general") for _ in range(11)]
            assert ["error" in answer for answer in answers] == [False] * 10 + [True]
            error = answers[-1]["error"]
            assert error["error"] == "too-many-requests"
            assert 0 < error["details"]["timeToReset"] <= 10_000
            server.process.terminate()
            for client in (one, two):
                assert client.closed() == (1001, "the server stops")
            assert server.process.wait(10) == 0
