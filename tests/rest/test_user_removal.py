"""Deactivating and deleting accounts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.rest.test_users import account
from tests.running import ADMIN, Api, Server, unique

PASSWORD = "Correct-horse-1"


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


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
