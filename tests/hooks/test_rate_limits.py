"""How often webhooks may be called, and what callers are told of it."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hooks.hooks import MISSING, Hook
from tests.hooks.limited import limited, of
from tests.running import Api

LIMIT, REMAINING, RESET = "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"


def refused_by_limit(response: httpx.Response, limit: int, most_s: float) -> int:
    """It must be; answers the seconds to wait."""
    assert response.status_code == 429, response.text
    wait = int(response.headers["retry-after"])
    assert 1 <= wait <= most_s
    assert response.headers["content-type"] == "application/json"
    assert response.headers[LIMIT] == str(limit)
    assert response.headers[REMAINING] == "0"
    assert response.json() == {
        "success": False,
        "error": "Error, too many requests. Please slow down. You must wait "
        f"{wait} seconds before trying this endpoint again. [error-too-many-requests]",
    }
    return wait


def test_an_integration_of_its_own_limit(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook, other = Hook(admin, rateLimitCalls=3, rateLimitSeconds=60), Hook(admin)
        for left in (2, 1, 0):
            response = hook.call(json={"text": f"{left}"})
            assert response.json() == {"success": True}
            assert response.headers[LIMIT] == "3"
            assert response.headers[REMAINING] == f"{left}"
            # Full again, in epoch milliseconds.
            assert 0 < int(response.headers[RESET]) / 1000 - time.time() <= 20 * (3 - left)
        refused_by_limit(hook.call(json={"text": "x"}), 3, 20)
        refused_by_limit(hook.call("GET", f"{hook.path}?text=x"), 3, 20)
        assert hook.call("HEAD").status_code == 429
        assert [one["msg"] for one in hook.messages()] == ["0", "1", "2"]
        free = other.call(json={"text": "x"})
        assert free.status_code == 200
        assert LIMIT not in free.headers
        # Another limit counts from the start, at once.
        hook.update(rateLimitCalls=2, rateLimitSeconds=60)
        assert hook.call(json={"text": "x"}).headers[REMAINING] == "1"
        hook.update(rateLimitCalls=None, rateLimitSeconds=None)
        assert LIMIT not in hook.call(json={"text": "x"}).headers
    told = [line for line in (tmp_path / "server.log").read_text().splitlines() if "over the limit" in line]
    assert len(told) == 1
    assert hook.id in told[0]
    assert hook.token not in told[0]


def test_the_limit_of_all_that_say_nothing(tmp_path: Path) -> None:
    with limited(tmp_path, hooks_rate_calls="2") as (_, admin):
        hooks = [Hook(admin), Hook(admin)]
        own = Hook(admin, rateLimitCalls=5)
        for hook in hooks:
            for left in ("1", "0"):
                assert hook.call(json={"text": "x"}).headers[REMAINING] == left
            refused_by_limit(hook.call(json={"text": "x"}), 2, 30)
        for _ in range(5):
            assert own.call(json={"text": "x"}).headers[LIMIT] == "5"
        refused_by_limit(own.call(json={"text": "x"}), 5, 12)


@pytest.mark.alone
def test_it_fills_evenly(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, rateLimitCalls=5, rateLimitSeconds=1)
        start, taken, refused = time.monotonic(), 0, 0
        while time.monotonic() < start + 2:
            status = hook.call(json={"text": "x"}).status_code
            taken += status == 200
            refused += status == 429
        passed = time.monotonic() - start
        assert 5 + 5 * 2 - 1 <= taken <= 5 + 5 * passed
        assert refused > 0


def test_an_address_over_all_webhooks(tmp_path: Path) -> None:
    with limited(tmp_path, hooks_address_rate_calls="4") as (server, admin):
        one, other = Hook(admin), Hook(admin)
        calls: list[tuple[str, str]] = [
            ("POST", one.path),
            ("POST", other.path),
            ("GET", f"/hooks/info/{one.id}/{one.token}"),
            ("POST", f"/hooks/{one.id}/wrong"),
        ]
        for left, (method, path) in zip("3210", calls, strict=True):
            response = one.call(method, path, json={"text": "x"}, headers=of("203.0.113.5"))
            assert response.headers[REMAINING] == left
            assert response.status_code == (404 if "wrong" in path else 200)
        # Whatever it asks for, there or not.
        for path in (one.path, other.path, f"/hooks/{one.id}/wrong", "/hooks/nobody/x"):
            response = one.call(path=path, json={"text": "x"}, headers=of("203.0.113.5"))
            refused_by_limit(response, 4, 15)
        assert one.call(json={"text": "x"}, headers=of("203.0.113.6")).status_code == 200
        # One who has a whole network of addresses is one caller.
        for number in range(4):
            assert one.call(json={"text": "x"}, headers=of(f"2001:db8::{number}")).status_code == 200
        refused_by_limit(one.call(json={"text": "x"}, headers=of("2001:db8::ffff")), 4, 15)
        assert one.call(json={"text": "x"}, headers=of("2001:db8:0:1::1")).status_code == 200
        # REST has its own limits.
        assert httpx.get(f"{server.url}/api/v1/info", headers=of("203.0.113.5")).status_code == 200
    told = [line for line in (tmp_path / "server.log").read_text().splitlines() if "over the limit" in line]
    assert len(told) == 2
    assert "203.0.113.5" in told[0]


def test_both_limits(tmp_path: Path) -> None:
    with limited(tmp_path, hooks_address_rate_calls="3") as (_, admin):
        hook = Hook(admin, rateLimitCalls=2)
        for left in "10":
            assert hook.call(json={"text": "x"}, headers=of("203.0.113.5")).headers[REMAINING] == left
        refused_by_limit(hook.call(json={"text": "x"}, headers=of("203.0.113.5")), 2, 30)
        refused_by_limit(hook.call(json={"text": "x"}, headers=of("203.0.113.5")), 3, 20)
        refused_by_limit(hook.call(json={"text": "x"}, headers=of("203.0.113.6")), 2, 30)


def test_strangers_do_not_use_up_what_senders_have(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, rateLimitCalls=1, rateLimitSeconds=3600, allowedNetworks="203.0.113.0/24")
        for _ in range(10):
            for path, address in ((hook.path, "192.0.2.1"), (f"{hook.path[:-1]}!", "203.0.113.5")):
                assert hook.refused(404, MISSING, path=path, json={}, headers=of(address))
        response = hook.call(json={"text": "x"}, headers=of("203.0.113.5"))
        assert response.status_code == 200
        assert response.headers[REMAINING] == "0"


def test_what_is_left_is_said_with_errors_too(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, rateLimitCalls=5)
        response = hook.call(content=b"[1]", headers={"Content-Type": "application/json"})
        assert (response.status_code, response.headers[REMAINING]) == (400, "4")
        again = {"Idempotency-Key": "a"}
        assert hook.call(json={"text": "x"}, headers=again).headers[REMAINING] == "3"
        replayed = hook.call(json={"text": "x"}, headers=again)
        assert replayed.headers["idempotent-replayed"] == "true"
        assert replayed.headers[REMAINING] == "2"


def test_a_body_is_not_waited_for(tmp_path: Path) -> None:
    with limited(tmp_path) as (server, admin):
        hook = Hook(admin, rateLimitCalls=1, rateLimitSeconds=3600)
        hook.post({"text": "x"})
        host, _, port = server.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                f"POST {hook.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{{".encode()
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 429 ")


def test_nobody_is_limited_in_test_mode(admin: Api) -> None:
    hook = Hook(admin, rateLimitCalls=1, rateLimitSeconds=3600)
    for _ in range(3):
        response: Any = hook.call(json={"text": "x"})
        assert response.status_code == 200
        assert LIMIT not in response.headers
