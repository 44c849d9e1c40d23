"""Permissions and the roles that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.rest.test_tokens import wait_for, with_token
from tests.running import Api, running


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def holders(admin: Api, permission: str) -> list[str]:
    listed = admin.get("permissions.listAll")["update"]
    found: list[str] = next(one for one in listed if one["_id"] == permission)["roles"]
    return found


def test_all_are_listed_with_their_roles(admin: Api, person: Api) -> None:
    assert holders(admin, "message-impersonate") == ["app", "bot"]
    assert holders(admin, "manage-incoming-integrations") == ["admin"]
    answer = person.get("permissions.listAll")
    assert answer["remove"] == []
    assert {"_id", "roles", "_updatedAt"} == answer["update"][0].keys()


def test_an_update_takes_effect_at_once_and_is_answered(admin: Api) -> None:
    someone = admin.new_user()
    assert someone.new_channel()["t"] == "c"
    before = holders(admin, "create-c")
    answer = admin.post("permissions.update", permissions=[{"_id": "create-c", "roles": ["admin"]}])
    try:
        assert next(one for one in answer["permissions"] if one["_id"] == "create-c")["roles"] == ["admin"]
        someone.refused("POST", "channels.create", 403, json={"name": "never"})
        changed = next(one for one in answer["permissions"] if one["_id"] == "create-c")["_updatedAt"]
        later = admin.get("permissions.listAll", updatedSince="2020-01-01")["update"]
        assert len(later) == len(answer["permissions"])
        assert admin.get("permissions.listAll", updatedSince=changed)["update"] == []
    finally:
        admin.post("permissions.update", permissions=[{"_id": "create-c", "roles": before}])
    assert someone.new_channel()["t"] == "c"


@pytest.mark.parametrize(
    ("permissions", "error"),
    [
        ([{"_id": "nope", "roles": []}], "Invalid permission [error-invalid-permission]"),
        ([{"_id": "create-c", "roles": ["nope"]}], "Invalid role [error-invalid-role]"),
        (
            [{"_id": "create-p", "roles": []}, {"_id": "create-c", "roles": ["nope"]}],
            "Invalid role [error-invalid-role]",
        ),
        ([{"_id": "create-c"}], "must have required property 'roles' [invalid-params]"),
        ([{"_id": "create-c", "roles": "admin"}], "must be array [invalid-params]"),
        (
            [{"_id": "create-c", "roles": ["bot", "bot"]}],
            "must NOT have duplicate items (items ## 1 and 0 are identical) [invalid-params]",
        ),
        ("create-c", "must be array [invalid-params]"),
        (None, "must be array [invalid-params]"),
    ],
)
def test_updates_that_are_refused_change_nothing(admin: Api, permissions: Any, error: str) -> None:
    before = admin.get("permissions.listAll")
    answer = admin.refused("POST", "permissions.update", json={"permissions": permissions})
    assert answer["error"] == error
    assert admin.get("permissions.listAll") == before


def test_roles_are_added_and_removed_one_by_one(admin: Api) -> None:
    body = {"permissionId": "view-logs", "role": "user"}
    admin.post("permissions.addRole", **body)
    admin.post("permissions.addRole", **body)
    assert holders(admin, "view-logs") == ["admin", "user"]
    admin.post("permissions.removeRole", **body)
    admin.post("permissions.removeRole", **body)
    assert holders(admin, "view-logs") == ["admin"]
    for route, change, error in (
        ("addRole", {"permissionId": "nope"}, "Permission does not exist [error-invalid-permission]"),
        ("addRole", {"role": "nope"}, "Role does not exist [error-invalid-role]"),
        ("removeRole", {"permissionId": "nope"}, "Permission not found [error-permission-not-found]"),
        ("addRole", {"role": []}, "must be string [invalid-params]"),
    ):
        assert admin.refused("POST", f"permissions.{route}", json={**body, **change})["error"] == error


def test_changing_needs_a_permission(person: Api) -> None:
    body = {"permissions": [{"_id": "create-c", "roles": ["user"]}]}
    person.refused("POST", "permissions.update", 403, json=body)
    for route in ("addRole", "removeRole"):
        person.refused("POST", f"permissions.{route}", 403, json={"permissionId": "create-c", "role": "user"})
    person.refused("GET", "permissions.listAll", params={"updatedSince": "soon"})


def test_a_change_is_kept_and_reaches_other_nodes(database_url: str, tmp_path: Path) -> None:
    change = [{"_id": "create-c", "roles": ["owner"]}, {"_id": "view-logs", "roles": []}]
    with running(tmp_path / "first", database_url=database_url) as server:
        admin = server.admin()
        if database_url.startswith("postgresql"):
            with running(tmp_path / "second", database_url=database_url) as second:
                elsewhere = with_token(second, admin, admin.headers["X-Auth-Token"])
                assert holders(elsewhere, "create-c") == ["admin", "app", "bot", "user"]
                admin.post("permissions.update", permissions=change)
                role = admin.post("roles.create", name="far", scope="Subscriptions")["role"]
                admin.post("settings/Message_MaxAllowedSize", value=77)
                wait_for(lambda: holders(elsewhere, "create-c") == ["owner"])
                wait_for(lambda: role["_id"] in {one["_id"] for one in elsewhere.get("roles.list")["roles"]})
                wait_for(lambda: elsewhere.get("settings/Message_MaxAllowedSize")["value"] == 77)
        else:
            admin.post("permissions.update", permissions=change)
    with running(tmp_path / "first", database_url=database_url) as server:
        admin = server.admin()
        assert holders(admin, "create-c") == ["owner"]
        assert holders(admin, "view-logs") == []
