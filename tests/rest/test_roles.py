"""Roles and who holds them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import ADMIN, Api, Server, unique


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def test_the_list_begins_with_what_every_server_has(person: Api) -> None:
    roles = person.get("roles.list")["roles"]
    assert [one["_id"] for one in roles[:5]] == ["admin", "moderator", "leader", "owner", "user"]
    assert roles[0] == {
        "_id": "admin",
        "name": "admin",
        "scope": "Users",
        "description": "Admin",
        "protected": True,
        "mandatory2fa": False,
    }


def test_a_role_is_made_described_given_taken_and_deleted(admin: Api, person: Api) -> None:
    name = unique("role")
    role = admin.post("roles.create", name=name, description="d", mandatory2fa=True)["role"]
    assert (role["name"], role["scope"], role["description"]) == (name, "Users", "d")
    assert (role["protected"], role["mandatory2fa"]) == (False, True)
    assert len(role["_id"]) == 17
    renamed = admin.post("roles.update", roleId=role["_id"], name=f"{name}-2", description="")["role"]
    assert (renamed["name"], renamed["description"], renamed["mandatory2fa"]) == (f"{name}-2", "", True)
    assert renamed["_updatedAt"] >= role["_updatedAt"]

    given = admin.post("roles.addUserToRole", roleId=role["_id"], username=person.username())["role"]
    assert given["_id"] == role["_id"]
    assert person.get("me")["roles"] == ["user", role["_id"]]
    holders = admin.get("roles.getUsersInRole", role=role["_id"])
    assert [one["_id"] for one in holders["users"]] == [person.user_id]
    assert holders["total"] == 1
    assert "emails" in holders["users"][0]
    again = {"roleId": role["_id"], "username": person.username()}
    answer = admin.refused("POST", "roles.addUserToRole", json=again)
    assert answer["error"] == "User already in role [error-user-already-in-role]"
    answer = admin.refused("POST", "roles.delete", json={"roleId": role["_id"]})
    assert answer["error"] == "Cannot delete role because it's in use [error-role-in-use]"

    admin.post("roles.removeUserFromRole", **again)
    answer = admin.refused("POST", "roles.removeUserFromRole", json=again)
    assert answer["error"] == "User is not in this role [error-user-not-in-role]"
    admin.post("roles.delete", roleId=role["_id"])
    assert role["_id"] not in {one["_id"] for one in admin.get("roles.list")["roles"]}
    removed = admin.get("roles.sync")["roles"]["remove"]
    assert role["_id"] in {one["_id"] for one in removed}


def test_a_new_role_takes_effect_at_once(admin: Api) -> None:
    someone = admin.new_user()
    someone.refused("GET", "roles.getUsersInRole", 403, params={"role": "admin"})
    role = admin.post("roles.create", name=unique("clerk"))["role"]["_id"]
    admin.post("roles.addUserToRole", roleId=role, username=someone.username())
    admin.post("permissions.addRole", permissionId="access-permissions", role=role)
    assert someone.get("roles.getUsersInRole", role="admin")["users"][0].keys().isdisjoint({"emails"})
    admin.post("permissions.removeRole", permissionId="access-permissions", role=role)
    someone.refused("GET", "roles.getUsersInRole", 403, params={"role": "admin"})


def test_a_deleted_role_holds_no_permission_any_more(admin: Api) -> None:
    role = admin.post("roles.create", name=unique("brief"))["role"]["_id"]
    admin.post("permissions.addRole", permissionId="view-logs", role=role)
    admin.post("roles.delete", roleId=role)
    listed = admin.get("permissions.listAll")["update"]
    assert role not in next(one for one in listed if one["_id"] == "view-logs")["roles"]


def test_room_roles_are_held_in_a_room(admin: Api) -> None:
    someone = admin.new_user()
    room = admin.new_channel(members=[someone.username()], readOnly=True)["_id"]
    elsewhere = admin.new_channel(members=[someone.username()], readOnly=True)["_id"]
    role = admin.post("roles.create", name=unique("usher"), scope="Subscriptions")["role"]["_id"]
    admin.post("permissions.addRole", permissionId="post-readonly", role=role)

    def may(room_id: str) -> bool:
        response = someone.call("POST", "chat.postMessage", json={"roomId": room_id, "text": "hello"})
        return response.status_code == 200

    assert not may(room)
    body = {"roleId": role, "username": someone.username()}
    answer = admin.refused("POST", "roles.addUserToRole", json=body)
    assert answer["errorType"] == "error-invalid-room"
    admin.post("roles.addUserToRole", **body, roomId=room)
    assert may(room)
    assert not may(elsewhere)
    assert someone.get("me")["roles"] == ["user"]
    for query in ({"roomId": room}, {}):
        holders = admin.get("roles.getUsersInRole", role=role, **query)
        assert ([one["_id"] for one in holders["users"]], holders["total"]) == ([someone.user_id], 1)
    assert admin.get("roles.getUsersInRole", role=role, roomId=elsewhere)["users"] == []
    assert admin.refused("POST", "roles.delete", json={"roleId": role})["errorType"] == "error-role-in-use"
    stranger = admin.new_user()
    body = {"roleId": role, "username": stranger.username(), "roomId": room}
    answer = admin.refused("POST", "roles.addUserToRole", json=body)
    assert answer["error"] == "User is not part of given room [error-invalid-user]"
    admin.post("roles.removeUserFromRole", roleId=role, username=someone.username(), scope=room)
    assert not may(room)
    admin.post("roles.delete", roleId=role)


def test_a_room_role_among_a_users_own_gives_nothing(admin: Api) -> None:
    pretender = admin.new_user(roles=["user", "owner"])
    room = admin.new_channel(members=[pretender.username()])["_id"]
    pretender.refused("POST", "channels.archive", json={"roomId": room})


@pytest.mark.parametrize(
    ("route", "body", "error"),
    [
        ("create", {"name": "admin"}, "Role name already exists [error-duplicate-role-names-not-allowed]"),
        ("create", {"name": " "}, "The role properties are invalid. [error-invalid-role-properties]"),
        ("create", {"name": "x" * 256}, "The role properties are invalid. [error-invalid-role-properties]"),
        (
            "create",
            {"name": "n", "scope": "World"},
            "must be equal to one of the allowed values [invalid-params]",
        ),
        ("create", {}, "must have required property 'name' [invalid-params]"),
        ("create", {"name": "n", "extra": 1}, "must NOT have additional properties [invalid-params]"),
        ("update", {"roleId": "nope", "name": "n"}, "This role does not exist [error-invalid-roleId]"),
        (
            "update",
            {"roleId": "admin", "name": "root"},
            "Cannot change the name or scope of a protected role [error-role-protected]",
        ),
        ("delete", {"roleId": "user"}, "Cannot delete a protected role [error-role-protected]"),
        ("delete", {"roleId": "nope"}, "This role does not exist [error-invalid-roleId]"),
        ("addUserToRole", {"username": ADMIN}, "error-invalid-role-properties"),
        ("addUserToRole", {"username": ADMIN, "roleId": "nope"}, "error-role-not-found"),
        (
            "addUserToRole",
            {"roleId": "bot"},
            'The required "userId" or "username" param was not provided [error-user-param-not-provided]',
        ),
        (
            "removeUserFromRole",
            {"username": ADMIN, "roleId": "nope"},
            "This role does not exist [error-invalid-roleId]",
        ),
        ("removeUserFromRole", {"username": ADMIN, "roleId": {}}, "must be string [invalid-params]"),
    ],
)
def test_what_is_refused(admin: Api, route: str, body: Any, error: str) -> None:
    assert admin.refused("POST", f"roles.{route}", json=body)["error"] == error


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("create", {"name": "x"}, 400),
        ("update", {"roleId": "bot", "name": "bot"}, 400),
        ("delete", {"roleId": "bot"}, 403),
        ("addUserToRole", {"roleId": "bot", "username": ADMIN}, 400),
        ("removeUserFromRole", {"roleId": "admin", "username": ADMIN}, 403),
    ],
)
def test_roles_are_for_who_may_manage_them(person: Api, route: str, body: Any, status: int) -> None:
    answer = person.refused("POST", f"roles.{route}", status, json=body)
    if status == 400:
        assert answer["error"] == "Accessing permissions is not allowed [error-action-not-allowed]"


def test_giving_admin_needs_more_than_managing_roles(admin: Api, person: Api) -> None:
    role = admin.post("roles.create", name=unique("manager"))["role"]["_id"]
    admin.post("permissions.addRole", permissionId="access-permissions", role=role)
    manager = admin.new_user(roles=["user", role])
    body = {"roleId": "admin", "username": manager.username()}
    answer = manager.refused("POST", "roles.addUserToRole", json=body)
    assert answer["error"] == "Assigning admin is not allowed [error-action-not-allowed]"


def test_a_description_is_new_and_what_is_not_sent_stays(admin: Api) -> None:
    role = admin.post("roles.update", roleId="bot", name="bot", description="Robots")["role"]
    assert (role["description"], role["scope"], role["protected"]) == ("Robots", "Users", True)
    try:
        public = admin.get("roles.getUsersInPublicRoles")["users"]
        assert {"_id": "rocket.cat", "username": "rocket.cat", "roles": ["bot"]} in public
        assert {one["username"]: one["roles"] for one in public}[ADMIN] == ["admin"]
    finally:
        admin.post("roles.update", roleId="bot", name="bot", description="")


def test_sync_answers_what_changed(admin: Api) -> None:
    role = admin.post("roles.create", name=unique("late"))["role"]
    changed = admin.get("roles.sync", updatedSince=role["_updatedAt"])["roles"]["update"]
    assert role["_id"] not in {one["_id"] for one in changed}
    assert "admin" in {one["_id"] for one in admin.get("roles.sync")["roles"]["update"]}
    answer = admin.refused("GET", "roles.sync", params={"updatedSince": "yesterday"})
    assert answer["errorType"] == "error-invalid-param"


@pytest.mark.parametrize(
    "query", [{}, {"role": "nope"}, {"role": "admin", "count": "x"}, {"role": "x", "extra": "1"}]
)
def test_users_in_role_takes_one_role(admin: Api, query: dict[str, str]) -> None:
    admin.refused("GET", "roles.getUsersInRole", params=query)


def test_roles_on_each_database(own_server: Server) -> None:
    admin = own_server.admin()
    someone = admin.new_user()
    room = admin.new_channel(members=[someone.username()])["_id"]
    held = admin.post("roles.create", name="held")["role"]["_id"]
    in_room = admin.post("roles.create", name="in-room", scope="Subscriptions")["role"]["_id"]
    admin.post("roles.addUserToRole", roleName="held", username=someone.username())
    admin.post("roles.addUserToRole", roleId=in_room, username=someone.username(), roomId=room)
    for role in (held, in_room):
        assert admin.get("roles.getUsersInRole", role=role)["total"] == 1
        assert (
            admin.refused("POST", "roles.delete", json={"roleId": role})["errorType"] == "error-role-in-use"
        )
    admin.post("roles.removeUserFromRole", roleId=held, username=someone.username())
    admin.post("roles.delete", roleId="held")
    assert [one["_id"] for one in admin.get("roles.sync")["roles"]["remove"]] == [held]
