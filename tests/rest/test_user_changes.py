"""Changing accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.methods.calls import refused
from tests.rest.test_users import account
from tests.running import ADMIN, Api, Server, running, unique

PASSWORD = "Correct-horse-1"


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def test_update_changes_what_is_sent(server: Server, admin: Api) -> None:
    other = admin.new_user()
    name = unique("renamed")
    data = {
        "username": name,
        "name": "New Name",
        "email": f"{name}@example.com",
        "verified": True,
        "bio": "bio",
        "nickname": "nick",
        "statusText": "busy today",
        "roles": ["user", "bot"],
        "customFields": {"team": "x"},
        "password": "Another-correct-horse-1",
    }
    user = admin.post("users.update", userId=other.user_id, data=data)["user"]
    assert user["username"] == name
    assert user["name"] == "New Name"
    assert user["emails"] == [{"address": data["email"], "verified": True}]
    assert (user["bio"], user["nickname"], user["statusText"]) == ("bio", "nick", "busy today")
    assert user["roles"] == ["user", "bot"]
    assert user["customFields"] == {"team": "x"}
    # A new password ends the logins that were made with the old one.
    other.refused("GET", "me", 401)
    again = Api.login(server.url, name, "Another-correct-horse-1")
    assert again.get("me")["username"] == name
    left = admin.post("users.update", userId=other.user_id, data={"customFields": {"more": 1}})["user"]
    assert left["customFields"] == {"team": "x", "more": 1}
    assert left["bio"] == "bio"


def test_a_new_name_frees_the_old_one_and_follows_into_direct_rooms(admin: Api) -> None:
    first, second = admin.new_user(), admin.new_user()
    old, new = first.username(), unique("new")
    room = second.post("im.create", username=old)["room"]["_id"]
    admin.post("users.update", userId=first.user_id, data={"username": new})
    assert admin.get("users.info", username=new)["user"]["_id"] == first.user_id
    admin.refused("GET", "users.info", params={"username": old})
    assert new in second.get("rooms.info", roomId=room)["room"]["usernames"]
    admin.post("users.create", **account(username=old))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"username": ADMIN}, "Could not save user identity [error-could-not-save-identity]"),
        ({"username": "a b"}, "a b is not a valid username [error-input-is-not-a-valid-field]"),
        (
            {"email": f"{ADMIN}@rocket.chat"},
            f"{ADMIN}@rocket.chat is already in use :( [error-field-unavailable]",
        ),
        ({"email": "x"}, "Invalid email x [error-invalid-email]"),
        ({"name": "<b>"}, "Name contains invalid characters"),
        ({"roles": ["nope"]}, "The field Roles consist invalid role id [error-action-not-allowed]"),
        ({"bio": "x" * 261}, "Bio size exceeds 260 characters [error-bio-size-exceeded]"),
        ({"services": {}}, "must NOT have additional properties [invalid-params]"),
        ({"active": []}, "must be boolean [invalid-params]"),
    ],
)
def test_updates_that_are_refused(admin: Api, person: Api, data: Any, error: str) -> None:
    before = admin.get("users.info", userId=person.user_id)
    answer = admin.refused("POST", "users.update", json={"userId": person.user_id, "data": data})
    assert answer["error"] == error
    assert admin.get("users.info", userId=person.user_id) == before


def test_updating_needs_permissions(admin: Api, person: Api) -> None:
    other = admin.new_user()
    answer = person.refused("POST", "users.update", json={"userId": other.user_id, "data": {"name": "x"}})
    assert answer["error"] == "Editing user is not allowed [error-action-not-allowed]"
    for data, error in (
        ({"roles": ["user", "admin"]}, "Assigning admin is not allowed [error-action-not-allowed]"),
        ({"roles": ["user", "bot"]}, "Assign roles is not allowed [error-action-not-allowed]"),
        (
            {"password": "Another-correct-horse-1"},
            "Edit user password is not allowed [error-action-not-allowed]",
        ),
        ({"verified": True}, "Editing email verification is not allowed [error-action-not-allowed]"),
    ):
        answer = person.refused("POST", "users.update", json={"userId": person.user_id, "data": data})
        assert answer["error"] == error
    assert person.post("users.update", userId=person.user_id, data={"name": "Me Myself"})["user"]["name"]
    answer = admin.refused("POST", "users.update", json={"userId": "nobody", "data": {"name": "x"}})
    assert answer["error"] == "User not found [error-user-not-found]"


@pytest.mark.parametrize(
    ("setting", "data", "error"),
    [
        ("Accounts_AllowUsernameChange", {"username": "someone.else"}, "Edit username is not allowed"),
        ("Accounts_AllowRealNameChange", {"name": "Someone Else"}, "Edit user real name is not allowed"),
        ("Accounts_AllowEmailChange", {"email": "else@example.com"}, "Edit user email is not allowed"),
        ("Accounts_AllowUserStatusMessageChange", {"statusText": "x"}, "Edit user status is not allowed"),
        (
            "Accounts_AllowPasswordChange",
            {"newPassword": "Another-horse-11"},
            "Edit user password is not allowed",
        ),
    ],
)
def test_what_people_may_change_of_themselves_is_a_setting(
    admin: Api, person: Api, setting: str, data: Any, error: str
) -> None:
    admin.post(f"settings/{setting}", value=False)
    try:
        answer = person.refused("POST", "users.updateOwnBasicInfo", json={"data": data})
        assert answer["error"] == f"{error} [error-action-not-allowed]"
    finally:
        admin.post(f"settings/{setting}", value=True)


def test_own_profile(server: Server, admin: Api) -> None:
    me = admin.new_user(password=PASSWORD)
    other_login = Api.login(server.url, me.username(), PASSWORD)
    personal = me.post("users.generatePersonalAccessToken", tokenName="mine")["token"]
    name = unique("own")
    user = me.post(
        "users.updateOwnBasicInfo",
        data={
            "name": "Own Name",
            "username": name,
            "email": f"{name}@example.com",
            "bio": "b",
            "statusText": "t",
            "statusType": "busy",
            "newPassword": "Another-correct-horse-1",
            "currentPassword": PASSWORD,
        },
        customFields={"a": "b"},
    )["user"]
    assert (user["name"], user["username"], user["bio"]) == ("Own Name", name, "b")
    assert (user["status"], user["statusText"]) == ("busy", "t")
    assert user["customFields"] == {"a": "b"}
    assert "preferences" not in user["settings"]
    assert me.get("me")["username"] == name
    other_login.refused("GET", "me", 401)
    Api(server.url, {"X-Auth-Token": personal, "X-User-Id": me.user_id}).refused("GET", "me", 401)
    Api.login(server.url, name, "Another-correct-horse-1")
    answer = me.refused(
        "POST", "users.updateOwnBasicInfo", json={"data": {"newPassword": "Another-correct-horse-1"}}
    )
    assert answer["errorType"] == "error-password-same-as-current"
    answer = me.refused("POST", "users.updateOwnBasicInfo", json={"data": {"newPassword": "weak"}})
    assert answer["errorType"] == "error-password-policy-not-met"
    assert {one["error"] for one in answer["details"]["reasons"]} >= {
        "error-password-policy-not-met-minLength"
    }
    answer = me.refused("POST", "users.updateOwnBasicInfo", json={"data": {"statusType": "asleep"}})
    assert answer["errorType"] == "error-invalid-status"


def test_outside_test_mode_a_new_password_needs_the_old_one(tmp_path: Path) -> None:
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": PASSWORD}
    with running(tmp_path, test_mode=False, environment=given) as server:
        ada = Api.login(server.url, "ada", PASSWORD)
        data = {"newPassword": "Another-correct-horse-1"}
        assert (
            ada.refused("POST", "users.updateOwnBasicInfo", json={"data": data})["errorType"]
            == "totp-required"
        )
        wrong = {**data, "currentPassword": "wrong"}
        assert (
            ada.refused("POST", "users.updateOwnBasicInfo", json={"data": wrong})["errorType"]
            == "totp-invalid"
        )
        ada.post("users.updateOwnBasicInfo", data={**data, "currentPassword": PASSWORD})
        Api.login(server.url, "ada", "Another-correct-horse-1")


def test_outside_test_mode_a_new_address_needs_the_password(tmp_path: Path) -> None:
    """By whatever route: a stolen login is no way to the account's mail, nor to guess its password."""
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": PASSWORD}
    with running(tmp_path, test_mode=False, environment=given) as server:
        ada = Api.login(server.url, "ada", PASSWORD)
        ada.post("settings/API_Enable_Rate_Limiter", value=False)
        ada.post("settings/Accounts_AllowDeleteOwnAccount", value=True)
        ben, carl = ada.new_user(password=PASSWORD), ada.new_user(password=PASSWORD)
        address = f"{unique('other')}@example.com"
        body = {"userId": ben.user_id, "data": {"email": address}}
        answer = ben.refused("POST", "users.update", json=body)
        assert (answer["errorType"], answer["details"]["method"]) == ("totp-required", "password")
        proof = {"X-2fa-Method": "password", "X-2fa-Code": "wrong"}
        assert ben.refused("POST", "users.update", json=body, headers=proof)["errorType"] == "totp-invalid"
        ben.post("users.update", userId=ben.user_id, data={"name": "Ben", "email": ada_sees(ada, ben)})
        proof["X-2fa-Code"] = PASSWORD
        assert ben.call("POST", "users.update", json=body, headers=proof).status_code == 200
        assert ada_sees(ada, ben) == address
        ada.post("users.update", userId=carl.user_id, data={"email": f"{unique('carl')}@example.com"})

        own = {"email": "x@example.com", "currentPassword": "guess"}
        for _ in range(10):
            carl.refused("POST", "users.updateOwnBasicInfo", json={"data": own})
        for path, guess in (
            ("users.updateOwnBasicInfo", {"data": {**own, "currentPassword": PASSWORD}}),
            ("users.deleteOwnAccount", {"password": PASSWORD}),
        ):
            carl.refused("POST", path, 429, json=guess)


def ada_sees(ada: Api, user: Api) -> str:
    address: str = ada.get("users.info", userId=user.user_id)["user"]["emails"][0]["address"]
    return address


def test_username_availability(admin: Api, person: Api) -> None:
    def available(name: str) -> Any:
        return person.get("users.checkUsernameAvailability", username=name)["result"]

    assert available(unique("free")) is True
    assert available(person.username()) is True
    assert available(ADMIN) is False
    for name in ("all", "a b", ""):
        person.refused("GET", "users.checkUsernameAvailability", params={"username": name})
    person.refused("GET", "users.checkUsernameAvailability")


def test_how_much_is_kept_of_an_account(admin: Api) -> None:
    """Nobody makes their own account so large, little by little, that it burdens everybody who reads it."""
    me = admin.new_user()
    many = {f"field{number}": "x" * 100 for number in range(600)}
    path, code = "users.updateOwnBasicInfo", "error-customFields-size-exceeded"
    assert me.refused("POST", path, json={"data": {}, "customFields": many})["errorType"] == code
    for start in ("a", "b"):
        body = {"data": {}, "customFields": {f"{start}{number}": "x" * 100 for number in range(300)}}
        status = me.call("POST", path, json=body).status_code
        assert status == (200 if start == "a" else 400)
    error = refused(me, "saveUserPreferences", many)
    assert error["error"] == "error-preferences-size-exceeded"
    for error in (
        refused(me, "saveUserPreferences", {"language": "x" * 65})["error"],
        me.refused("POST", "users.update", json={"userId": me.user_id, "data": {"language": "x" * 65}})[
            "errorType"
        ],
    ):
        assert error == "error-language-size-exceeded"


def test_preferences(admin: Api, person: Api) -> None:
    me = admin.new_user()
    assert me.get("users.getPreferences")["preferences"] == {}
    chosen = {"hideRoles": True, "sidebarSortby": "alphabetical", "language": "de", "highlights": ["a"]}
    user = me.post("users.setPreferences", data=chosen)["user"]
    assert user == {"_id": me.user_id, "settings": {"preferences": chosen}}
    me.post("users.setPreferences", data={"hideRoles": None, "idleTimeLimitM": 5})
    left = {"sidebarSortby": "alphabetical", "language": "de", "highlights": ["a"], "idleTimeLimitM": 5}
    assert me.get("users.getPreferences")["preferences"] == left
    shown = me.get("me")
    assert shown["settings"]["preferences"]["sidebarSortby"] == "alphabetical"
    assert shown["settings"]["preferences"]["hideRoles"] is False
    assert shown["language"] == "de"
    answer = person.refused("POST", "users.setPreferences", json={"userId": me.user_id, "data": {}})
    assert answer["error"] == "Editing user is not allowed [error-action-not-allowed]"
    admin.post("users.setPreferences", userId=me.user_id, data={"hideFlexTab": True})
    assert me.get("users.getPreferences")["preferences"]["hideFlexTab"] is True
    bad: list[Any] = [{"nope": 1}, {"hideRoles": "x"}, {"alsoSendThreadToChannel": "sometimes"}, []]
    for data in bad:
        me.refused("POST", "users.setPreferences", json={"data": data})
