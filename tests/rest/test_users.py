"""New accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.running import ADMIN, Api, Server, running, unique

PASSWORD = "Correct-horse-1"


def account(**fields: Any) -> dict[str, Any]:
    name = unique("user")
    return {"username": name, "name": name, "email": f"{name}@example.com", "password": PASSWORD, **fields}


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def test_create_answers_the_account(admin: Api) -> None:
    body = account(
        roles=["user", "bot"],
        bio="b",
        nickname="n",
        statusText="s",
        verified=True,
        customFields={"a": 1},
        requirePasswordChange=True,
    )
    user = admin.post("users.create", **body)["user"]
    assert user["username"] == body["username"]
    assert user["emails"] == [{"address": body["email"], "verified": True}]
    assert user["roles"] == ["user", "bot"]
    assert (user["bio"], user["nickname"], user["statusText"]) == ("b", "n", "s")
    assert user["customFields"] == {"a": 1}
    assert user["active"] is True
    assert user["requirePasswordChange"] is True
    assert user["type"] == "user"
    assert not {"password", "services", "username_key"} & user.keys()


def test_values_are_coerced_like_the_original_does(admin: Api) -> None:
    user = admin.post("users.create", **account(verified="true", joinDefaultChannels="false", bio=1))["user"]
    assert user["emails"][0]["verified"] is True
    assert user["bio"] == "1"


def test_new_users_join_the_default_channels_unless_told_not_to(server: Server, admin: Api) -> None:
    joined, alone = account(), account(joinDefaultChannels=False)
    admin.post("users.create", **joined)
    admin.post("users.create", **alone)
    first = Api.login(server.url, joined["username"], PASSWORD)
    second = Api.login(server.url, alone["username"], PASSWORD)
    rooms = admin.get("users.info", userId=first.user_id, includeUserRooms="true")["user"]["rooms"]
    assert [(room["rid"], room["name"], room["t"]) for room in rooms] == [("GENERAL", "general", "c")]
    assert admin.get("users.info", userId=second.user_id, includeUserRooms="true")["user"]["rooms"] == []
    newest = admin.get("channels.messages", roomId="GENERAL", count=20)["messages"]
    assert any(one.get("t") == "uj" and one["msg"] == joined["username"] for one in newest)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"username": " "}, "The field Username is required [error-the-field-is-required]"),
        ({"username": "a b"}, "a b is not a valid username [error-input-is-not-a-valid-field]"),
        ({"username": "ALL"}, "ALL is blocked and can't be used! [error-blocked-username]"),
        ({"username": ADMIN.upper()}, f"{ADMIN.upper()} is already in use :( [error-field-unavailable]"),
        ({"name": ""}, "The field Name is required [error-the-field-is-required]"),
        ({"name": "<script>"}, "Name contains invalid characters"),
        ({"name": "%3Cb"}, "Name contains invalid characters"),
        ({"password": "  "}, "The field Password is required [error-the-field-is-required]"),
        ({"email": "nobody"}, "Invalid email nobody [error-invalid-email]"),
        ({"email": ""}, "Invalid email  [error-invalid-email]"),
        (
            {"email": f"{ADMIN}@ROCKET.chat"},
            f"{ADMIN}@ROCKET.chat is already in use :( [error-field-unavailable]",
        ),
        ({"roles": ["nope"]}, "The field Roles consist invalid role id [error-action-not-allowed]"),
        ({"bio": "x" * 261}, "Bio size exceeds 260 characters [error-bio-size-exceeded]"),
        ({"nickname": "x" * 121}, "Nickname size exceeds 120 characters [error-nickname-size-exceeded]"),
        ({"extra": 1}, "must NOT have additional properties [invalid-params]"),
        ({"email": None, "name": {}}, "must be string [invalid-params]"),
        ({"roles": "user"}, "must be array [invalid-params]"),
        ({"active": "perhaps"}, "must be boolean [invalid-params]"),
    ],
)
def test_accounts_that_are_refused(admin: Api, change: dict[str, Any], error: str) -> None:
    answer = admin.refused("POST", "users.create", json=account(**change))
    assert answer["error"] == error


@pytest.mark.parametrize("missing", ["email", "name", "password", "username"])
def test_what_an_account_must_have(admin: Api, missing: str) -> None:
    body = account()
    del body[missing]
    answer = admin.refused("POST", "users.create", json=body)
    assert answer["error"] == f"must have required property '{missing}' [invalid-params]"


def test_creating_needs_its_permission_and_admins_another(admin: Api, person: Api) -> None:
    answer = person.refused("POST", "users.create", json=account())
    assert answer["error"] == "Adding user is not allowed [error-action-not-allowed]"
    assert answer["details"] == {"method": "insertOrUpdateUser", "action": "Adding_user"}
    role = admin.post("roles.create", name=unique("hr"))["role"]["_id"]
    admin.post("permissions.addRole", permissionId="create-user", role=role)
    clerk = admin.new_user(roles=["user", role])
    assert clerk.post("users.create", **account())["user"].keys().isdisjoint({"emails", "roles"})
    answer = clerk.refused("POST", "users.create", json=account(roles=["admin"]))
    assert answer["error"] == "Assigning admin is not allowed [error-action-not-allowed]"


def test_an_inactive_account_cannot_log_in(server: Server, admin: Api) -> None:
    body = account(active=False)
    assert admin.post("users.create", **body)["user"]["active"] is False
    response = Api(server.url).call("POST", "login", json={"user": body["username"], "password": PASSWORD})
    assert response.status_code == 401


def registration(**fields: Any) -> dict[str, Any]:
    body = account(**{"pass": "Correct-horse-battery-1", **fields})
    del body["password"]
    return body


def test_registering_makes_a_plain_user(server: Server) -> None:
    body = registration()
    nobody = Api(server.url)
    user = nobody.post("users.register", **body)["user"]
    assert user["username"] == body["username"]
    assert user.keys().isdisjoint({"emails", "roles", "settings"})
    me = Api.login(server.url, body["username"], body["pass"]).get("me")
    assert me["roles"] == ["user"]
    assert me["emails"] == [{"address": body["email"], "verified": False}]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"username": "a b"}, "The username provided is not valid"),
        ({"username": ADMIN}, "Username is already in use"),
        ({"username": "admin"}, "admin is blocked and can't be used! [error-blocked-username]"),
        ({"email": f"{ADMIN}@rocket.chat"}, "Email already exists"),
        ({"email": "x"}, "Invalid email x [error-invalid-email]"),
        ({"name": "a/b"}, "Name contains invalid characters"),
        (
            {"pass": "short"},
            "The password provided does not meet the server's password policy. [error-password-policy-not-met]",
        ),
        ({"pass": 5}, None),
        ({"roles": ["admin"]}, "must NOT have additional properties [invalid-params]"),
    ],
)
def test_registrations_that_are_refused(server: Server, change: dict[str, Any], error: str | None) -> None:
    answer = Api(server.url).refused("POST", "users.register", json=registration(**change))
    assert error is None or answer["error"] == error


def test_who_is_logged_in_does_not_register(person: Api) -> None:
    answer = person.refused("POST", "users.register", json=registration())
    assert answer["error"] == "Logged in users can not register again."


def test_registration_can_be_closed_or_secret(server: Server, admin: Api) -> None:
    nobody = Api(server.url)
    try:
        admin.post("settings/Accounts_RegistrationForm", value="Disabled")
        answer = nobody.refused("POST", "users.register", json=registration())
        assert answer["errorType"] == "error-user-registration-disabled"
        admin.post("settings/Accounts_RegistrationForm", value="Secret URL")
        secret = admin.get("settings/Accounts_RegistrationForm_SecretURL")["value"]
        assert len(secret) == 17
        answer = nobody.refused("POST", "users.register", json=registration(secret="guess"))
        assert answer["errorType"] == "error-user-registration-secret"
        nobody.post("users.register", **registration(secret=secret))
    finally:
        admin.post("settings/Accounts_RegistrationForm", value="Public")


def test_new_users_may_wait_for_approval(server: Server, admin: Api) -> None:
    admin.post("settings/Accounts_ManuallyApproveNewUsers", value=True)
    try:
        body = registration(reason="I am new")
        user = Api(server.url).post("users.register", **body)["user"]
        assert user["active"] is False
        waiting = admin.get("users.listByStatus", hasLoggedIn="false", status="deactivated", count=0)["users"]
        assert next(one for one in waiting if one["_id"] == user["_id"])["reason"] == "I am new"
        admin.post("users.setActiveStatus", userId=user["_id"], activeStatus=True)
        Api.login(server.url, body["username"], body["pass"])
    finally:
        admin.post("settings/Accounts_ManuallyApproveNewUsers", value=False)


def test_whoever_registers_where_somebody_is_admin_is_none(tmp_path: Path) -> None:
    with running(tmp_path, test_mode=False) as server:
        words = next(line for line in server.greeting if "Log in" in line).split()
        password = words[-1]
        admin = Api.login(server.url, "admin", password)
        admin.post("settings/API_Enable_Rate_Limiter", value=False)
        answer = admin.refused("POST", "users.delete", json={"username": "admin"})
        assert answer["errorType"] == "error-action-not-allowed"
        user = Api(server.url).post("users.register", **registration())["user"]
        assert Api.login(server.url, user["username"], "Correct-horse-battery-1").get("me")["roles"] == [
            "user"
        ]


def test_registering_is_limited_by_a_setting(tmp_path: Path) -> None:
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": PASSWORD}
    with running(tmp_path, test_mode=False, environment=given) as server:
        Api.login(server.url, "ada", PASSWORD).post("settings/Rate_Limiter_Limit_RegisterUser", value=2)
        nobody = Api(server.url)
        for _ in range(2):
            nobody.post("users.register", **registration())
        limited = nobody.call("POST", "users.register", json=registration())
        assert limited.status_code == 429
        assert limited.headers["X-RateLimit-Limit"] == "2"
