"""Webhooks that may be called from some networks only."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.hooks.hooks import MISSING, Hook
from tests.hooks.limited import limited, of
from tests.running import Api

from hookroom.hooks.endpoint import FAILURES


def test_this_machine(admin: Api) -> None:
    hook = Hook(admin, allowedNetworks="127.0.0.0/8")
    assert hook.posted({"text": "x"})["msg"] == "x"
    hook.update(allowedNetworks=["203.0.113.0/24", "2001:db8::/32"])
    for method in ("POST", "GET", "HEAD"):
        assert hook.call(method).status_code == 404
    hook.refused(404, MISSING, json={"text": "x"})
    hook.update(allowedNetworks=None)
    assert hook.posted({"text": "y"})["msg"] == "y"


def test_a_header_of_a_stranger_is_not_believed(admin: Api) -> None:
    hook = Hook(admin, allowedNetworks="203.0.113.0/24")
    hook.refused(404, MISSING, json={"text": "x"}, headers=of("203.0.113.5"))


def test_all_endpoints_of_a_hook_are_closed(admin: Api) -> None:
    hook = Hook(admin, allowedNetworks="203.0.113.0/24")
    for method, name in (("GET", "info"), ("GET", "sample"), ("POST", "add"), ("POST", "remove")):
        response = hook.call(method, f"/hooks/{name}/{hook.id}/{hook.token}")
        assert response.status_code == 404
        assert response.json() == {"success": False, "error": MISSING}


def test_behind_a_proxy(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, allowedNetworks="203.0.113.0/24, 2001:db8::/32, ::ffff:198.51.100.0/120")
        for address in (
            "203.0.113.5",
            "::ffff:203.0.113.5",
            "203.0.113.5:4711",
            "2001:db8::5",
            "198.51.100.5",
            # What stands further left was written by somebody else.
            "10.0.0.1, 203.0.113.5",
            "203.0.113.5, 127.0.0.9",
        ):
            assert hook.call(json={"text": address}, headers=of(address)).status_code == 200, address
        posted = [one["msg"] for one in hook.messages()]
        right, wrong = hook.path, f"{hook.path[:-1]}!"
        answers = set()
        for path in (right, wrong):
            for address in ("203.0.114.5", "2001:db9::5", "203.0.113.5, 192.0.2.1", "unknown", ""):
                response = hook.call(path=path, json={"text": "x"}, headers=of(address))
                answers.add((response.status_code, response.text, *sorted(response.headers)))
        # Whether the token was right, nobody learns.
        assert answers == {
            (404, f'{{"success":false,"error":"{MISSING}"}}', "content-length", "content-type", "date")
        }
        assert [one["msg"] for one in hook.messages()] == posted
    log = (tmp_path / "server.log").read_text()
    told = [line for line in log.splitlines() if "an address that is not allowed" in line]
    assert any("203.0.114.5" in line and hook.id in line for line in told)
    assert hook.token not in log


def test_refusals_are_limited_as_wrong_tokens_are(tmp_path: Path) -> None:
    with limited(tmp_path) as (_, admin):
        hook = Hook(admin, allowedNetworks="203.0.113.0/24")
        for number in range(FAILURES):
            path = hook.path if number % 2 else f"{hook.path[:-1]}!"
            assert hook.call(path=path, json={}, headers=of("192.0.2.1")).status_code == 404
        for path in (hook.path, f"{hook.path[:-1]}!"):
            response = hook.call(path=path, json={}, headers=of("192.0.2.1"))
            assert response.status_code == 429
            assert int(response.headers["retry-after"]) >= 1
        assert hook.call(json={"text": "x"}, headers=of("203.0.113.5")).status_code == 200


def test_ipv4_callers_of_a_server_that_listens_on_ipv6(tmp_path: Path) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("needs IPv6 and IPv4 on one socket, which this system does not have switched on")
    with limited(tmp_path, "--host", "::") as (server, admin):
        port = server.url.rpartition(":")[2]
        hook = Hook(admin, allowedNetworks="127.0.0.0/8")
        # The peer is ::ffff:127.0.0.1.
        response = hook.http.post(f"http://127.0.0.1:{port}{hook.path}", json={"text": "x"})
        assert response.status_code == 200
        response = hook.http.post(f"http://[::1]:{port}{hook.path}", json={"text": "x"})
        assert response.status_code == 404
        response = hook.http.post(
            f"http://127.0.0.1:{port}{hook.path}", json={"text": "x"}, headers=of("203.0.113.5")
        )
        assert response.status_code == 404


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_an_old_token_is_good_until_its_time(admin: Api, method: str) -> None:
    hook = Hook(admin)
    old = hook.path
    new = admin.post("integrations.regenerateToken", integrationId=hook.id, overlapHours=1)["integration"]
    assert new["token"] != hook.token
    for token in (hook.token, new["token"]):
        assert hook.call(method, f"/hooks/{hook.id}/{token}").status_code == 200
    assert hook.call(method, f"{old[:-1]}!").status_code == 404
    admin.post("integrations.regenerateToken", integrationId=hook.id, overlapHours=0)
    for token in (hook.token, new["token"], "-" * 48, ""):
        assert hook.call(method, f"/hooks/{hook.id}/{token or '%20'}").status_code == 404
