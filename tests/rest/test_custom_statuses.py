"""Statuses that the server offers, and programs that it knows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, Server, unique


def test_both_on_both_databases(own_server: Server) -> None:
    admin = own_server.admin()
    person = admin.new_user()
    a_status_is_made_changed_and_removed(admin, person)
    a_program_and_its_secret(admin, person)


def a_status_is_made_changed_and_removed(admin: Api, person: Api) -> None:
    made = admin.post("custom-user-status.create", name="In a meeting", statusType="busy")["customUserStatus"]
    assert made == {
        "_id": made["_id"],
        "name": "In a meeting",
        "statusType": "busy",
        "_updatedAt": made["_updatedAt"],
    }
    plain = admin.post("custom-user-status.create", name="Lunch")["customUserStatus"]
    assert plain["statusType"] == ""
    listed = person.get("custom-user-status.list", name="MEET")
    assert (listed["statuses"], listed["total"]) == ([made], 1)
    taken = {"_id": plain["_id"], "name": "in a MEETING"}
    answer = admin.refused("POST", "custom-user-status.update", json=taken)
    assert answer["errorType"] == "Custom_User_Status_Error_Name_Already_In_Use"
    changed = admin.post("custom-user-status.update", _id=plain["_id"], name="Tea")["customUserStatus"]
    assert (changed["name"], changed["statusType"]) == ("Tea", "")
    admin.post("custom-user-status.delete", customUserStatusId=made["_id"])
    assert [one["name"] for one in person.get("custom-user-status.list")["statuses"]] == ["Tea"]


@pytest.mark.parametrize(
    ("call", "body", "error"),
    [
        ("create", {"name": " "}, "The field Name is required [error-the-field-is-required]"),
        ("create", {"name": "<b>"}, "<b> is not a valid name [error-input-is-not-a-valid-field]"),
        (
            "create",
            {"name": "x", "statusType": "gone"},
            "gone is not a valid status type [error-input-is-not-a-valid-field]",
        ),
        ("update", {"_id": "x", "name": "x"}, 'No custom user status found with the id of "x".'),
        ("delete", {}, 'The "customUserStatusId" params is required!'),
        (
            "delete",
            {"customUserStatusId": "x"},
            "Invalid user status [Custom_User_Status_Error_Invalid_User_Status]",
        ),
    ],
)
def test_statuses_that_are_refused(admin: Api, user: Api, call: str, body: Any, error: str) -> None:
    path = f"custom-user-status.{call}"
    assert admin.refused("POST", path, json=body)["error"] == error
    if body.get("name", "").strip() or "customUserStatusId" in body:
        assert user.refused("POST", path, json=body)["errorType"] == "not_authorized"


def a_program_and_its_secret(admin: Api, person: Api) -> None:
    body: dict[str, Any] = {"name": unique("app"), "redirectUri": "https://a.example/cb", "active": True}
    made = admin.post("oauth-apps.create", **body)["application"]
    assert {**made, **body} == made
    assert len(made["clientSecret"]) == 43
    assert admin.get("oauth-apps.list")["oauthApps"] == [made]
    for query in ({"clientId": made["clientId"]}, {"_id": made["_id"]}, {"appId": made["_id"]}):
        assert admin.get("oauth-apps.get", **query)["oauthApp"] == made
    assert "clientSecret" not in person.get("oauth-apps.get", _id=made["_id"])["oauthApp"]
    changed = admin.post("oauth-apps.update", **{**body, "active": False}, appId=made["_id"])
    assert (changed["active"], changed["clientSecret"]) == (False, made["clientSecret"])
    assert changed["_updatedBy"]["_id"] == admin.user_id
    for path in ("create", "update", "delete"):
        person.refused("POST", f"oauth-apps.{path}", 403, json={**body, "appId": made["_id"]})
    person.refused("GET", "oauth-apps.list", 403)
    for uri in ("javascript:alert(1)", "a.example", ""):
        answer = admin.refused("POST", "oauth-apps.create", json={**body, "redirectUri": uri})
        assert answer["errorType"] == "error-invalid-redirectUri"
    admin.post("oauth-apps.delete", appId=made["_id"])
    answer = admin.refused("POST", "oauth-apps.delete", json={"appId": made["_id"]})
    assert answer["details"] == {"method": "deleteOAuthApp"}
    assert admin.refused("GET", "oauth-apps.get", params={"_id": "x"})["error"] == "OAuth app not found."
    answer = admin.refused("GET", "oauth-apps.get")
    assert answer["error"].startswith("must have required property '_id'\n must have required property")
