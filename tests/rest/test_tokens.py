"""Personal access tokens, tokens for others, and forgetting them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.running import Api, Server, running, unique

PASSWORD = "Correct-horse-1"


@pytest.fixture
def person(admin: Api) -> Api:
    return admin.new_user(password=PASSWORD)


def with_token(server: Server, user: Api, token: str) -> Api:
    return Api(server.url, {"X-Auth-Token": token, "X-User-Id": user.user_id})


def test_a_personal_token_is_a_login_until_it_is_removed(server: Server, person: Api) -> None:
    token = person.post("users.generatePersonalAccessToken", tokenName="ci", bypassTwoFactor=True)["token"]
    script = with_token(server, person, token)
    assert script.get("me")["_id"] == person.user_id
    (listed,) = person.get("users.getPersonalAccessTokens")["tokens"]
    assert (listed["name"], listed["bypassTwoFactor"]) == ("ci", True)
    assert listed["lastTokenPart"] == token[-6:]
    assert token not in str(listed)
    again = person.post("users.regeneratePersonalAccessToken", tokenName="ci")["token"]
    script.refused("GET", "me", 401)
    assert with_token(server, person, again).get("me")["_id"] == person.user_id
    person.post("users.removePersonalAccessToken", tokenName="ci")
    with_token(server, person, again).refused("GET", "me", 401)
    assert person.get("users.getPersonalAccessTokens")["tokens"] == []


@pytest.mark.parametrize(
    ("route", "body", "error"),
    [
        (
            "generate",
            {"tokenName": "here"},
            "A token with this name already exists [error-token-already-exists]",
        ),
        ("generate", {"tokenName": ""}, "The 'tokenName' param is required"),
        ("generate", {"tokenName": "x" * 300}, "The name of a token has at most 255 characters"),
        ("generate", {}, "must have required property 'tokenName' [invalid-params]"),
        ("generate", {"tokenName": {}}, "must be string [invalid-params]"),
        ("regenerate", {"tokenName": "gone"}, "Token does not exist [error-token-does-not-exists]"),
        ("remove", {"tokenName": "gone"}, "Token does not exist [error-token-does-not-exists]"),
        ("remove", {"tokenName": "here", "extra": 1}, "must NOT have additional properties [invalid-params]"),
    ],
)
def test_what_is_refused(person: Api, route: str, body: Any, error: str) -> None:
    person.post("users.generatePersonalAccessToken", tokenName="here")
    answer = person.refused("POST", f"users.{route}PersonalAccessToken", json=body)
    assert answer["error"] == error


def test_two_people_may_use_the_same_name(admin: Api, person: Api) -> None:
    person.post("users.generatePersonalAccessToken", tokenName="same")
    admin.new_user().post("users.generatePersonalAccessToken", tokenName="same")


def test_personal_tokens_need_a_permission(admin: Api) -> None:
    guest = admin.new_user(roles=["guest"])
    for route in ("generate", "regenerate", "remove"):
        answer = guest.refused("POST", f"users.{route}PersonalAccessToken", json={"tokenName": "x"})
        assert answer["error"] == "Not Authorized [not-authorized]"
    guest.refused("GET", "users.getPersonalAccessTokens", 403)


def test_a_token_for_somebody_else(server: Server, admin: Api, person: Api) -> None:
    for query in ({"userId": person.user_id}, {"username": person.username()}, {"user": person.username()}):
        data = admin.post("users.createToken", **query)["data"]
        assert data["userId"] == person.user_id
        assert with_token(server, person, data["authToken"]).get("me")["_id"] == person.user_id
    answer = person.refused("POST", "users.createToken", json={"userId": admin.user_id})
    assert answer["error"] == "Not authorized [error-not-authorized]"
    assert person.post("users.createToken", userId=person.user_id)["data"]["authToken"]
    answer = admin.refused("POST", "users.createToken", json={"userId": "nobody"})
    assert answer["errorType"] == "error-invalid-user"
    bodies: list[dict[str, Any]] = [{}, {"userId": []}, {"userId": "x", "extra": 1}]
    for body in bodies:
        assert admin.refused("POST", "users.createToken", json=body)["errorType"] == "invalid-params"


def test_no_token_for_who_is_deactivated(admin: Api, person: Api) -> None:
    admin.post("users.setActiveStatus", userId=person.user_id, activeStatus=False)
    admin.refused("POST", "users.createToken", 401, json={"userId": person.user_id})


def test_a_secret_may_be_asked_for(tmp_path: Path) -> None:
    with running(tmp_path, environment={"CREATE_TOKENS_FOR_USERS_SECRET": "open-sesame"}) as server:
        admin = server.admin()
        body = {"username": "rocket.cat"}
        for secret in ({}, {"secret": "wrong"}):
            answer = admin.refused("POST", "users.createToken", json={**body, **secret})
            assert answer["error"] == "Not authorized [error-not-authorized]"
        assert admin.post("users.createToken", **body, secret="open-sesame")["data"]["authToken"]


def test_logging_out_other_clients_spares_personal_tokens(server: Server, person: Api) -> None:
    other = Api.login(server.url, person.username(), PASSWORD)
    token = person.post("users.generatePersonalAccessToken", tokenName="x")["token"]
    answer = person.post("users.logoutOtherClients")
    assert answer["token"] == person.headers["X-Auth-Token"]
    assert answer["tokenExpires"].endswith("Z")
    other.refused("GET", "me", 401)
    assert with_token(server, person, token).get("me")
    assert person.get("me")


def test_removing_other_tokens_spares_this_one_only(server: Server, person: Api) -> None:
    other = Api.login(server.url, person.username(), PASSWORD)
    token = person.post("users.generatePersonalAccessToken", tokenName="x")["token"]
    person.post("users.removeOtherTokens")
    other.refused("GET", "me", 401)
    with_token(server, person, token).refused("GET", "me", 401)
    assert person.get("me")


def test_logging_out_everywhere(server: Server, admin: Api, person: Api) -> None:
    other = Api.login(server.url, person.username(), PASSWORD)
    answer = person.post("users.logout", userId=person.user_id)
    assert answer["message"] == f"User {person.user_id} has been logged out!"
    other.refused("GET", "me", 401)
    person.refused("GET", "me", 401)
    name = admin.get("users.info", userId=person.user_id)["user"]["username"]
    again = Api.login(server.url, name, PASSWORD)
    stranger = admin.new_user()
    stranger.refused("POST", "users.logout", 403, json={"userId": person.user_id})
    assert again.get("me")
    admin.post("users.logout", userId=person.user_id)
    again.refused("GET", "me", 401)
    answer = admin.refused("POST", "users.logout", json={"userId": unique("nobody")})
    assert answer["error"] == "Invalid user id [error-invalid-user-id]"


def test_tokens_survive_a_restart_and_end_on_every_node(database_url: str, tmp_path: Path) -> None:
    with running(tmp_path, database_url=database_url) as server:
        admin = server.admin()
        token = admin.post("users.generatePersonalAccessToken", tokenName="kept")["token"]
        server.kill()
    with running(tmp_path, database_url=database_url) as server:
        admin = with_token(server, admin, token)
        assert admin.get("me")["username"]
        if database_url.startswith("sqlite"):
            return
        with running(tmp_path / "second", database_url=database_url) as second:
            elsewhere = with_token(second, admin, token)
            assert elsewhere.get("me")
            admin.post("logout")
            wait_for(lambda: elsewhere.call("GET", "me").status_code == 401)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
