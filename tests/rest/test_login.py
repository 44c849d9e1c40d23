"""Logging in and out."""

from __future__ import annotations

import hashlib
import statistics
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.running import ADMIN, Api, Server, running, unique

PASSWORD = "Correct-horse-1"
UNAUTHORIZED = {"success": False, "status": "error", "error": "Unauthorized", "message": "Unauthorized"}


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user(password=PASSWORD)


def log_in(server: Server, body: Any = None, **options: Any) -> httpx.Response:
    options = options or {"json": body}
    return httpx.post(f"{server.url}/api/v1/login", timeout=30, trust_env=False, **options)


def bodies(name: str) -> list[dict[str, Any]]:
    address = f"{name}@example.com"
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    return [
        {"user": name, "password": PASSWORD},
        {"user": name.upper(), "password": PASSWORD},
        {"user": address, "password": PASSWORD},
        {"user": {"username": name}, "password": PASSWORD},
        {"user": {"email": address}, "password": PASSWORD},
        {"username": name, "password": PASSWORD},
        {"email": address, "password": PASSWORD},
        {"user": name, "password": {"digest": digest, "algorithm": "sha-256"}},
        {"user": name, "password": {"digest": digest.upper(), "algorithm": "sha-256"}},
        {"user": name, "password": PASSWORD, "ldap": False, "code": ""},
    ]


@pytest.mark.parametrize("number", range(len(bodies(""))))
def test_ways_to_say_who_one_is(server: Server, person: Api, number: int) -> None:
    response = log_in(server, bodies(person.username())[number])
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "success"
    assert answer["data"]["userId"] == person.user_id
    assert answer["data"]["me"]["username"] == person.username()
    again = Api(server.url, {"X-Auth-Token": answer["data"]["authToken"], "X-User-Id": person.user_id})
    assert again.get("me")["_id"] == person.user_id


def test_a_form_logs_in(server: Server, person: Api) -> None:
    answer = log_in(server, data={"user": person.username(), "password": PASSWORD}).json()
    assert answer["data"]["userId"] == person.user_id


def test_a_token_logs_in_again(server: Server, person: Api) -> None:
    token = log_in(server, {"user": person.username(), "password": PASSWORD}).json()["data"]["authToken"]
    answer = log_in(server, {"resume": token}).json()
    assert answer["data"]["authToken"] == token
    assert answer["data"]["userId"] == person.user_id


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wrong"},
        {"password": ""},
        {"password": None},
        {"password": {"digest": hashlib.sha256(b"wrong").hexdigest(), "algorithm": "sha-256"}},
        {"password": {"digest": PASSWORD, "algorithm": "plain"}},
        {"password": {}},
        {"user": "nobody-has-this-name"},
        {"user": "nobody@example.com"},
        {"user": ""},
        {"user": {}},
        {"user": "x" * 5000},
        {"resume": "no-such-token"},
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(server: Server, person: Api, change: Any) -> None:
    response = log_in(server, {"user": person.username(), "password": PASSWORD, **change})
    assert response.status_code == 401
    assert response.json() == UNAUTHORIZED


def test_nothing_at_all_is_refused(server: Server) -> None:
    assert log_in(server, {}).json() == UNAUTHORIZED
    assert log_in(server, content=b"").json() == UNAUTHORIZED


@pytest.mark.parametrize(
    "body", [{"user": [1]}, {"user": {"username": {"$gt": ""}}}, {"resume": {"$ne": 1}}, [1]]
)
def test_other_shapes_are_a_400_that_says_so(server: Server, body: Any) -> None:
    response = log_in(server, body)
    assert response.status_code == 400
    assert response.json()["errorType"] == "invalid-params"


def test_no_json_is_a_400(server: Server) -> None:
    assert log_in(server, content=b'{"user": ').status_code == 400


def test_a_deactivated_user_is_told_so_once_the_password_is_right(server: Server, admin: Api) -> None:
    gone = admin.new_user(password=PASSWORD)
    name = gone.username()
    personal = gone.post("users.generatePersonalAccessToken", tokenName="x")["token"]
    admin.post("users.setActiveStatus", userId=gone.user_id, activeStatus=False)
    assert log_in(server, {"user": name, "password": "wrong"}).json() == UNAUTHORIZED
    refused = log_in(server, {"user": name, "password": PASSWORD})
    assert refused.status_code == 401
    assert refused.json() == {
        "success": False,
        "status": "error",
        "error": "error-user-is-not-activated",
        "message": "User is not activated",
    }
    gone.refused("GET", "me", 401)
    assert log_in(server, {"resume": personal}).status_code == 401
    admin.post("users.setActiveStatus", userId=gone.user_id, activeStatus=True)
    gone.refused("GET", "me", 401)
    assert log_in(server, {"user": name, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logging_out_forgets_this_token_alone(server: Server, person: Api, method: str) -> None:
    first = Api.login(server.url, person.username(), PASSWORD)
    second = Api.login(server.url, person.username(), PASSWORD)
    answer = first._good(first.call(method, "logout"))
    assert answer["data"]["message"] == "You've been logged out!"
    refused = first.refused("GET", "me", 401)
    assert refused["message"] == "You must be logged in to do this."
    assert second.get("me")["_id"] == person.user_id


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Auth-Token": "wrong"},
        {"X-User-Id": ADMIN},
        {"X-Auth-Token": "wrong", "X-User-Id": ADMIN},
        {"X-Auth-Token": "", "X-User-Id": ""},
    ],
)
def test_calls_need_both_headers(server: Server, headers: dict[str, str]) -> None:
    Api(server.url, headers).refused("GET", "me", 401)


def test_a_token_is_good_for_its_own_user_only(server: Server, person: Api, admin: Api) -> None:
    mixed = Api(server.url, {"X-Auth-Token": person.headers["X-Auth-Token"], "X-User-Id": admin.user_id})
    mixed.refused("GET", "me", 401)


def test_me_has_preferences_and_address_and_no_secret(person: Api) -> None:
    me = person.get("me")
    assert me["email"] == me["emails"][0]["address"]
    assert me["settings"]["preferences"]["sidebarSortby"] == "activity"
    assert me["avatarUrl"].endswith(f"/avatar/{me['username']}")
    assert me["roles"] == ["user"]
    assert me["services"] == {"totp": {"enabled": False}, "email2fa": {"enabled": False}}


def test_logins_end_when_their_time_is_over(server: Server, admin: Api) -> None:
    admin.post("settings/Accounts_LoginExpiration", value=3)
    try:
        other = admin.new_user()
        ends = other.post("users.logoutOtherClients")["tokenExpires"]
    finally:
        admin.post("settings/Accounts_LoginExpiration", value=90)
    left = time.mktime(time.strptime(ends[:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
    assert 2.9 * 86400 < left < 3.1 * 86400


def test_an_unknown_name_takes_as_long_as_a_wrong_password(server: Server, person: Api) -> None:
    def seconds(name: str) -> float:
        began = time.perf_counter()
        log_in(server, {"user": name, "password": "wrong"})
        return time.perf_counter() - began

    name = person.username()
    known = statistics.median(seconds(name) for _ in range(5))
    unknown = statistics.median(seconds(unique("nobody")) for _ in range(5))
    # Without the hashing it would be a fiftieth.
    assert unknown > known / 5


def test_failures_are_limited_for_each_name_at_an_address_outside_test_mode(tmp_path: Path) -> None:
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": PASSWORD}
    with running(tmp_path, test_mode=False, environment=given) as server:
        admin = Api.login(server.url, "ada", PASSWORD)
        admin.post("settings/API_Enable_Rate_Limiter", value=False)
        for name in ("ada", "nobody"):
            answers = [log_in(server, {"user": name, "password": "wrong"}) for _ in range(11)]
            assert [one.status_code for one in answers] == [401] * 10 + [429]
            assert int(answers[-1].headers["Retry-After"]) > 0
            assert "too many requests" in answers[-1].json()["error"]
        # The right password is not looked at either, or guessing would go on.
        assert log_in(server, {"user": "ada", "password": PASSWORD}).status_code == 429
        assert admin.get("me")["username"] == "ada"


def test_a_good_login_takes_its_failures_back(tmp_path: Path) -> None:
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": PASSWORD}
    with running(tmp_path, test_mode=False, environment=given) as server:
        Api.login(server.url, "ada", PASSWORD).post("settings/API_Enable_Rate_Limiter", value=False)
        for _ in range(2):
            for _ in range(9):
                assert log_in(server, {"user": "ada", "password": "wrong"}).status_code == 401
            assert log_in(server, {"user": "ada", "password": PASSWORD}).status_code == 200


def test_anybody_may_ask_what_a_password_must_be_like(server: Server) -> None:
    answer = Api(server.url).get("pw.getPolicy")
    assert answer["enabled"] is True
    assert ["get-password-policy-minLength", {"minLength": 14}] in answer["policy"]
