"""Accounts: making, changing and deleting them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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


def test_outside_test_mode_a_new_password_needs_the_old_one(tmp_path: Any) -> None:
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


def test_the_first_who_registers_is_admin_where_nobody_is(tmp_path: Any) -> None:
    # In test mode a known administrator exists, without it the first start makes one: delete that one.
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


def test_delete_takes_the_account_its_logins_and_its_messages(server: Server, admin: Api) -> None:
    gone = admin.new_user()
    other = admin.new_user()
    name = gone.username()
    message = gone.post("chat.postMessage", channel="#general", text="farewell")["message"]["_id"]
    direct = gone.post("im.create", username=other.username())["room"]["_id"]
    assert admin.post("users.delete", userId=gone.user_id)["deletedRooms"] == []
    gone.refused("GET", "me", 401)
    admin.refused("GET", "users.info", params={"userId": gone.user_id})
    admin.refused("GET", "chat.getMessage", params={"msgId": message})
    other.refused("GET", "rooms.info", params={"roomId": direct})
    members = admin.get("channels.members", roomId="GENERAL", count=0)["members"]
    assert gone.user_id not in {one["_id"] for one in members}
    admin.post("users.create", **account(username=name, email=f"{name}@example.com"))
    answer = admin.refused("POST", "users.delete", json={"userId": gone.user_id})
    assert answer["errorType"] == "error-invalid-user"


@pytest.mark.parametrize("how", ["Keep", "Unlink"])
def test_messages_may_stay(admin: Api, how: str) -> None:
    gone = admin.new_user()
    message = gone.post("chat.postMessage", channel="#general", text="still here")["message"]
    admin.post("settings/Message_ErasureType", value=how)
    try:
        admin.post("users.delete", userId=gone.user_id)
        left = admin.get("chat.getMessage", msgId=message["_id"])["message"]
    finally:
        admin.post("settings/Message_ErasureType", value="Delete")
    assert left["msg"] == "still here"
    author = (left["u"]["_id"], left.get("alias"))
    assert author == ((gone.user_id, None) if how == "Keep" else ("rocket.cat", "Removed User"))


def test_delete_by_name_and_what_may_not_be_deleted(admin: Api, person: Api) -> None:
    gone = admin.new_user()
    admin.post("users.delete", username=gone.username())
    answer = admin.refused("POST", "users.delete", json={"userId": "rocket.cat"})
    assert answer["error"] == "Deleting the rocket.cat user is not allowed [error-action-not-allowed]"
    person.refused("POST", "users.delete", 403, json={"userId": gone.user_id})
    answer = admin.refused("POST", "users.delete", json={})
    assert answer["errorType"] == "invalid-params"


def test_the_last_owner_is_only_deleted_on_confirmation(admin: Api) -> None:
    owner, heir = admin.new_user(), admin.new_user()
    shared = owner.new_channel(members=[heir.username()])
    private = owner.post("groups.create", name=unique("alone"))["group"]
    answer = admin.refused("POST", "users.delete", json={"userId": owner.user_id})
    assert answer["error"] == "[user-last-owner]"
    assert answer["details"] == {"shouldChangeOwner": [shared["name"]], "shouldBeRemoved": [private["name"]]}
    deleted = admin.post("users.delete", userId=owner.user_id, confirmRelinquish=True)["deletedRooms"]
    assert deleted == [private["_id"]]
    roles = heir.get("channels.roles", roomId=shared["_id"])["roles"]
    assert [(one["u"]["_id"], one["roles"]) for one in roles] == [(heir.user_id, ["owner"])]


def test_people_delete_themselves_where_the_server_lets_them(server: Server, admin: Api) -> None:
    me = admin.new_user(password=PASSWORD)
    answer = me.refused("POST", "users.deleteOwnAccount", json={"password": PASSWORD})
    assert answer["error"] == "Not allowed [error-not-allowed]"
    admin.post("settings/Accounts_AllowDeleteOwnAccount", value=True)
    try:
        answer = me.refused("POST", "users.deleteOwnAccount", json={"password": "wrong"})
        assert answer["errorType"] == "error-invalid-password"
        me.refused("POST", "users.deleteOwnAccount", json={})
        me.post("users.deleteOwnAccount", password=PASSWORD)
    finally:
        admin.post("settings/Accounts_AllowDeleteOwnAccount", value=False)
    me.refused("GET", "me", 401)


def test_deactivating_logs_out_and_closes_direct_rooms(admin: Api) -> None:
    gone, other = admin.new_user(), admin.new_user()
    direct = gone.post("im.create", username=other.username())["room"]["_id"]
    answer = admin.post("users.setActiveStatus", userId=gone.user_id, activeStatus=False)
    assert answer["user"] == {"_id": gone.user_id, "active": False}
    gone.refused("GET", "me", 401)
    other.refused("POST", "chat.postMessage", json={"roomId": direct, "text": "hello?"})
    admin.post("users.setActiveStatus", userId=gone.user_id, activeStatus=True)
    other.post("chat.postMessage", roomId=direct, text="hello!")


def test_deactivating_stops_the_integrations_that_post_as_the_user(admin: Api) -> None:
    bot = admin.new_bot()
    hook = admin.post(
        "integrations.create",
        type="webhook-incoming",
        name="hook",
        enabled=True,
        username=bot.username(),
        channel="#general",
        scriptEnabled=False,
    )["integration"]
    admin.post("users.update", userId=bot.user_id, data={"active": False})
    assert admin.get("integrations.get", integrationId=hook["_id"])["integration"]["enabled"] is False


def test_who_may_deactivate_whom(admin: Api, person: Api) -> None:
    person.refused(
        "POST", "users.setActiveStatus", 403, json={"userId": person.user_id, "activeStatus": False}
    )
    for body in (
        {},
        {"userId": "x"},
        {"userId": "x", "activeStatus": "maybe"},
        {"userId": [], "activeStatus": 1},
    ):
        admin.refused("POST", "users.setActiveStatus", json=body)
    answer = admin.refused("POST", "users.setActiveStatus", json={"userId": "nobody", "activeStatus": False})
    assert answer["errorType"] == "error-invalid-user"


def test_somebody_is_always_admin(own_server: Server) -> None:
    admin = own_server.admin()
    refused = admin.refused("POST", "users.setActiveStatus", json={"userId": ADMIN, "activeStatus": False})
    assert (
        refused["error"]
        == "Leaving the app without an active admin is not allowed [error-action-not-allowed]"
    )
    refused = admin.refused("POST", "roles.removeUserFromRole", json={"username": ADMIN, "roleId": "admin"})
    assert refused["error"] == "You need to have at least one admin [error-admin-required]"
    refused = admin.refused("POST", "users.update", json={"userId": ADMIN, "data": {"roles": ["user"]}})
    assert refused["errorType"] == "error-admin-required"
    refused = admin.refused("POST", "users.delete", json={"userId": ADMIN})
    assert refused["errorType"] == "error-action-not-allowed"
    second = admin.new_user(roles=["admin", "user"])
    admin.post("roles.removeUserFromRole", username=ADMIN, roleId="admin")
    admin.refused("GET", "roles.getUsersInRole", 403, params={"role": "admin"})
    assert second.get("roles.getUsersInRole", role="admin")["total"] == 1


def test_accounts_on_each_database(own_server: Server) -> None:
    """What is written in more than one way: search, roles, erasing messages, giving them away."""
    admin = own_server.admin()
    first, second = admin.new_user(name="Zoë 100%_"), admin.new_user(roles=["user", "bot"])
    for term, found in (
        ("zOË", [first]),
        ("100%", [first]),
        ("0_", []),
        ("%_", [first]),
        ("USER-", [first, second]),
    ):
        users = admin.get("users.listByStatus", searchTerm=term, sort='{"createdAt": 1}')["users"]
        assert [one["_id"] for one in users] == [one.user_id for one in found], term
    assert admin.get("users.listByStatus", roles="bot,app", type="user")["users"][0]["_id"] == second.user_id
    admin.post("chat.postMessage", channel="#general", text="first")
    for text in ("one", "two"):
        first.post("chat.postMessage", channel="#general", text=text)
        second.post("chat.postMessage", channel="#general", text=text)
    admin.post("users.delete", userId=first.user_id)
    general = admin.get("channels.info", roomId="GENERAL")["channel"]
    left = admin.get("channels.messages", roomId="GENERAL")
    assert first.user_id not in {one["u"]["_id"] for one in left["messages"]}
    assert general["lastMessage"]["msg"] == "two"
    admin.post("settings/Message_ErasureType", value="Unlink")
    admin.post("users.delete", userId=second.user_id)
    newest = admin.get("channels.info", roomId="GENERAL")["channel"]["lastMessage"]
    assert newest["u"]["_id"] == "rocket.cat"
    assert newest["msg"] == "two"


def test_username_availability(admin: Api, person: Api) -> None:
    def available(name: str) -> Any:
        return person.get("users.checkUsernameAvailability", username=name)["result"]

    assert available(unique("free")) is True
    assert available(person.username()) is True
    assert available(ADMIN) is False
    for name in ("all", "a b", ""):
        person.refused("GET", "users.checkUsernameAvailability", params={"username": name})
    person.refused("GET", "users.checkUsernameAvailability")


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
    for data in ({"nope": 1}, {"hideRoles": "x"}, {"alsoSendThreadToChannel": "sometimes"}, []):
        me.refused("POST", "users.setPreferences", json={"data": data})


def test_a_group_of_three_goes_on_without_who_was_deleted(admin: Api) -> None:
    gone, left, other = admin.new_user(), admin.new_user(), admin.new_user()
    pair = left.post("im.create", username=other.username())["room"]["_id"]
    names = ",".join((left.username(), gone.username()))
    group = other.post("im.create", usernames=names)["room"]["_id"]
    left.post("chat.postMessage", roomId=group, text="hello")
    admin.post("users.delete", userId=gone.user_id)
    assert gone.username not in left.get("rooms.info", roomId=group)["room"]["usernames"]
    assert [one["msg"] for one in other.get("im.messages", roomId=group)["messages"]] == ["hello"]
    assert left.post("im.create", username=other.username())["room"]["_id"] == pair


def test_two_admins_who_demote_each_other_leave_one(own_server: Server) -> None:
    first = own_server.admin()
    second = first.new_user(roles=["admin", "user"])
    names = {first: second.username(), second: ADMIN}

    def demote(caller: Api) -> int:
        body = {"username": names[caller], "roleId": "admin"}
        return caller.call("POST", "roles.removeUserFromRole", json=body).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(demote, (first, second))) != [200, 200]
    assert any("admin" in one.get("me")["roles"] for one in (first, second))
