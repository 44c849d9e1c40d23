"""The server in numbers, and small answers that clients ask for."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from tests.rest.files import link, media, settings, upload
from tests.running import Api, Server, unique


def test_the_numbers(own_server: Server) -> None:
    """On both databases."""
    admin = own_server.admin()
    first = admin.get("statistics", refresh="true")
    person = admin.new_user()
    room = person.new_channel()
    person.post("chat.postMessage", channel=room["_id"], text="one")
    upload(person, room, b"12345")
    assert admin.get("statistics")["totalUsers"] == first["totalUsers"]
    second = admin.get("statistics", refresh="true")
    changed = {
        name: second[name] - first[name]
        for name in ("totalUsers", "activeUsers", "totalRooms", "totalChannels", "totalMessages")
    }
    assert changed == {
        "totalUsers": 1,
        "activeUsers": 1,
        "totalRooms": 1,
        "totalChannels": 1,
        # One of them says that the new user is in the first channel.
        "totalMessages": 3,
    }
    assert (second["uploadsTotal"], second["uploadsTotalSize"]) == (1, 5)
    listed = admin.get("statistics.list")
    assert (listed["total"], listed["statistics"][0]["totalUsers"]) == (1, second["totalUsers"])
    (instance,) = admin.get("instances.get")["instances"]
    assert instance["currentStatus"]["local"] is True
    assert instance["instanceRecord"]["extraInformation"]["os"]["cpus"] >= 1
    assert admin.get("licenses.maxActiveUsers")["activeUsers"] == second["activeUsers"]
    for path in ("statistics", "statistics.list"):
        assert person.refused("GET", path)["error"] == "error-not-allowed"
    person.refused("GET", "instances.get", 403)
    assert admin.refused("GET", "statistics", params={"refresh": "now"})["errorType"] == "invalid-params"


def test_what_this_server_has_none_of(user: Api) -> None:
    assert user.get("licenses.info")["license"]["activeModules"] == []
    assert user.get("licenses.isEnterprise")["isEnterprise"] is False
    assert user.get("webdav.getMyAccounts")["accounts"] == []
    user.post("webdav.removeWebdavAccount", accountId="x")
    answer = user.refused("POST", "webdav.removeWebdavAccount", json={})
    assert answer["error"] == "must have required property 'accountId' [invalid-params]"


def test_translation_is_off(admin: Api, user: Api) -> None:
    body = {"messageId": "x"}
    answer = user.refused("POST", "autotranslate.translateMessage", json=body)
    assert answer["error"] == "AutoTranslate is disabled."
    user.refused("GET", "autotranslate.getSupportedLanguages", params={"targetLanguage": "de"})
    with settings(admin, AutoTranslate_Enabled=True):
        answer = user.refused("POST", "autotranslate.translateMessage", 501, json=body)
        assert "left out" in answer["error"]


def test_a_moved_server_keeps_its_id_and_a_copy_gets_another(admin: Api) -> None:
    before = admin.get("settings/uniqueID")["value"]
    admin.post("fingerprint", setDeploymentAs="updated-configuration")
    assert admin.get("settings/uniqueID")["value"] == before
    admin.post("fingerprint", setDeploymentAs="new-workspace")
    assert admin.get("settings/uniqueID")["value"] != before
    admin.refused("POST", "fingerprint", json={"setDeploymentAs": "x"})
    admin.new_user().refused("POST", "fingerprint", 403, json={"setDeploymentAs": "new-workspace"})


def shield(api: Api, **query: str) -> httpx.Response:
    return httpx.get(f"{api.url}/api/v1/shield.svg", params=query, trust_env=False)


def words(response: httpx.Response) -> set[str | None]:
    root = ElementTree.fromstring(response.content)
    return {one.text for one in root.iter() if one.tag.endswith("text")}


def test_a_badge(admin: Api, user: Api) -> None:
    badge = shield(user, type="channel", channel="<script>", name="chat & more")
    assert badge.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in badge.headers["content-security-policy"]
    assert words(badge) == {"chat & more", "#<script>"}
    assert words(shield(user, type="user", username=user.username())) == {f"@{user.username()}"}
    assert words(shield(user)) == {"JOIN CHAT"}
    assert any("Online" in (one or "") for one in words(shield(user, type="online")))
    assert shield(user, icon="false").json()["error"] == "Name cannot be empty when icon is hidden"
    with settings(admin, API_Shield_Types="online, channel", API_Shield_user_require_auth=True):
        assert shield(user, type="user").json()["errorType"] == "error-shield-disabled"
    with settings(admin, API_Enable_Shields=False):
        assert shield(user).json()["errorType"] == "error-endpoint-disabled"


def test_a_file_is_deleted_and_its_message_says_so(user: Api, stranger: Api) -> None:
    room = user.new_channel()
    stranger.post("channels.join", roomId=room["_id"])
    message = upload(user, room, b"hello", msg="look")
    file_id, path = message["file"]["_id"], link(message)
    stranger.refused("POST", "uploads.delete", 403, json={"fileId": file_id})
    assert user.post("uploads.delete", fileId=file_id)["deletedFiles"] == [file_id]
    left = user.get("chat.getMessage", msgId=message["_id"])["message"]
    assert (left["msg"], left["attachments"]) == ("look", [{"type": "removed-file"}])
    assert "file" not in left
    assert "files" not in left
    assert user.http.get(path).status_code == 404
    user.refused("POST", "uploads.delete", 404, json={"fileId": file_id})
    waiting = media(user, room)
    stranger.refused("POST", "uploads.delete", 403, params={"fileId": waiting["_id"]})
    response = user.call("POST", "uploads.delete", params={"fileId": waiting["_id"]})
    assert response.json()["success"] is True
    user.refused("POST", f"rooms.mediaConfirm/{room['_id']}/{waiting['_id']}", json={})
    answer = user.refused("POST", "uploads.delete", json={})
    assert answer["error"] == "must have required property 'fileId' [invalid-params]"


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
def test_it_lives(server: Server, path: str) -> None:
    answer = httpx.get(server.url + path, trust_env=False)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["content-type"].startswith("text/plain")


def test_head_is_get_without_the_body(user: Api) -> None:
    for path in ("me", "info", "commands.list"):
        got = user.call("GET", path)
        head = httpx.head(f"{user.url}/api/v1/{path}", headers=user.headers, trust_env=False)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
    assert httpx.head(f"{user.url}/api/v1/chat.postMessage", trust_env=False).status_code == 405
    assert httpx.head(f"{user.url}/api/v1/me", trust_env=False).status_code == 401


def preflight(api: Api, origin: str) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return httpx.options(f"{api.url}/api/v1/chat.postMessage", headers=headers, trust_env=False)


def allowed(response: httpx.Response) -> Any:
    return response.headers.get("access-control-allow-origin")


def test_pages_of_other_sites(admin: Api, user: Api) -> None:
    site = f"https://{unique('site')}.example"
    refused = preflight(user, site)
    assert (refused.status_code, refused.json()["success"], allowed(refused)) == (405, False, None)
    assert allowed(user.call("GET", "me", headers={"Origin": site})) is None
    with settings(admin, API_Enable_CORS=True):
        asked = preflight(user, site)
        assert (asked.status_code, allowed(asked)) == (200, "*")
        assert "X-Auth-Token" in asked.headers["access-control-allow-headers"]
        assert allowed(user.call("GET", "me", headers={"Origin": site})) == "*"
        # Errors can be read, too.
        assert allowed(httpx.get(f"{user.url}/api/v1/me", trust_env=False)) == "*"
        with settings(admin, API_CORS_Origin=f"https://other.example, {site}"):
            asked = preflight(user, site)
            assert (allowed(asked), asked.headers["vary"]) == (site, "Origin")
            assert allowed(preflight(user, "https://evil.example")) is None
            assert allowed(user.call("GET", "me", headers={"Origin": "https://evil.example"})) is None
