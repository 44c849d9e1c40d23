"""Server settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.running import Api, Server, running


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def test_anybody_reads_the_public_ones(server: Server) -> None:
    answer = Api(server.url).get("settings.public", count=0)
    settings = {one["_id"]: one for one in answer["settings"]}
    assert settings["Site_Url"]["value"] == server.url
    assert len(settings["uniqueID"]["value"]) == 17
    assert answer["total"] == answer["count"] == len(settings)
    assert settings.keys().isdisjoint({"Accounts_RegistrationForm_SecretURL", "API_Default_Count"})
    named = Api(server.url).get("settings.public", _id="Site_Url, uniqueID,API_Default_Count")
    assert [one["_id"] for one in named["settings"]] == ["Site_Url", "uniqueID"]
    one = Api(server.url).get("settings.public", _id="Site_Url", fields='{"type": 1}')["settings"][0]
    assert one == {"_id": "Site_Url", "value": server.url, "type": "string"}


def test_who_may_see_all_sees_all_but_the_hidden_ones(admin: Api, person: Api) -> None:
    everything = {one["_id"] for one in admin.get("settings", count=0)["settings"]}
    public = {one["_id"] for one in person.get("settings", count=0)["settings"]}
    assert public < everything
    assert "API_Default_Count" in everything - public
    assert "Accounts_SystemBlockedUsernameList" not in everything
    page = admin.get("settings", count=2, offset=1, sort='{"_id": -1}', includeDefaults="true")
    assert [one["_id"] for one in page["settings"]] == sorted(everything)[-3:-1][::-1]
    assert all(one.keys() == {"_id", "value", "packageValue"} for one in page["settings"])
    found = admin.get("settings", query='{"type": "int", "public": false}', count=0)["settings"]
    assert "API_Default_Count" in {one["_id"] for one in found}
    assert "Site_Url" not in {one["_id"] for one in found}


def test_a_setting_is_changed_and_takes_effect_at_once(admin: Api) -> None:
    admin.post("settings/Message_MaxAllowedSize", value=10)
    try:
        assert admin.get("settings/Message_MaxAllowedSize") == {
            "_id": "Message_MaxAllowedSize",
            "value": 10,
            "success": True,
        }
        admin.refused("POST", "chat.postMessage", json={"channel": "#general", "text": "x" * 11})
    finally:
        admin.post("settings/Message_MaxAllowedSize", value="5000")
    assert admin.get("settings/Message_MaxAllowedSize")["value"] == 5000


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Message_MaxAllowedSize", "many"),
        ("Message_MaxAllowedSize", -1),
        ("Message_MaxAllowedSize", 1.5),
        ("Message_MaxAllowedSize", None),
        ("Message_AllowEditing", "perhaps"),
        ("Message_AllowEditing", 2),
        ("Message_ErasureType", "Burn"),
        ("Site_Name", 5),
        ("Site_Name", "a\0b"),
        ("Hide_System_Messages", ["nope"]),
        ("Hide_System_Messages", {"a": 1}),
    ],
)
def test_values_of_another_kind_are_refused(admin: Api, setting: str, value: Any) -> None:
    before = admin.get(f"settings/{setting}")
    answer = admin.refused("POST", f"settings/{setting}", json={"value": value})
    assert answer["errorType"] == "error-invalid-setting-value"
    assert setting in answer["error"]
    assert admin.get(f"settings/{setting}") == before


@pytest.mark.parametrize("setting", ["SSRF_Allowlist", "SSRF_Denylist"])
def test_lists_of_hosts_are_checked_entry_by_entry(admin: Api, setting: str) -> None:
    wrong = "10.0.0.0/8, example.com\nhttp://s3cret.example/ *.example.com"
    answer = admin.refused("POST", f"settings/{setting}", json={"value": wrong})
    assert answer["errorType"] == "error-invalid-setting-value"
    assert (
        f"{setting} must be a list of addresses, networks and host names; entry 3 is none" in answer["error"]
    )
    assert "s3cret" not in answer["error"]
    assert admin.get(f"settings/{setting}")["value"] == ""
    good = "198.51.100.0/24, one.invalid\n*.two.invalid [2001:db8::1]:8080"
    admin.post(f"settings/{setting}", value=good)
    try:
        assert admin.get(f"settings/{setting}")["value"] == good
    finally:
        admin.post(f"settings/{setting}", value="")


def test_what_there_is_not(admin: Api) -> None:
    for name in ("Nope", "Accounts_SystemBlockedUsernameList", "x" * 1000):
        admin.refused("GET", f"settings/{name}")
        admin.refused("POST", f"settings/{name}", json={"value": 1})
    bodies: list[Any] = [{}, {"valeu": 1}, []]
    for body in bodies:
        admin.refused("POST", "settings/Site_Name", json=body)


def test_settings_need_permissions(server: Server, person: Api) -> None:
    person.refused("GET", "settings/Site_Name", 403)
    person.refused("POST", "settings/Site_Name", 403, json={"value": "Mine"})
    answer = person.refused("POST", "settings", json={"settings": [{"_id": "Site_Name", "value": "Mine"}]})
    assert answer["error"] == "Editing settings is not allowed [error-action-not-allowed]"
    assert httpx.get(f"{server.url}/api/v1/settings", trust_env=False).status_code == 401


def test_several_are_changed_together_or_not_at_all(admin: Api) -> None:
    def values() -> list[Any]:
        return [admin.get(f"settings/{name}")["value"] for name in ("Site_Name", "Threads_enabled")]

    assert values() == ["Hookroom", True]
    both: list[dict[str, Any]] = [
        {"_id": "Site_Name", "value": "Ours"},
        {"_id": "Threads_enabled", "value": "maybe"},
    ]
    admin.refused("POST", "settings", json={"settings": both})
    assert values() == ["Hookroom", True]
    both[1]["value"] = False
    admin.post("settings", settings=both)
    assert values() == ["Ours", False]
    admin.post(
        "settings",
        settings=[{"_id": "Site_Name", "value": "Hookroom"}, {"_id": "Threads_enabled", "value": True}],
    )


def test_a_change_is_kept(database_url: str, tmp_path: Path) -> None:
    with running(tmp_path, database_url=database_url) as server:
        admin = server.admin()
        own = admin.get("settings/uniqueID")["value"]
        admin.post("settings/Site_Name", value="Kept")
        admin.post("settings/Hide_System_Messages", value=["uj", "ul", "uj"])
    with running(tmp_path, database_url=database_url) as server:
        admin = server.admin()
        assert admin.get("settings/Site_Name")["value"] == "Kept"
        assert admin.get("settings/Hide_System_Messages")["value"] == ["uj", "ul"]
        assert admin.get("settings/uniqueID")["value"] == own
        assert admin.get("settings/Site_Url")["value"] == server.url
