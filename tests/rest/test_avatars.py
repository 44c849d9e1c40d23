"""Pictures of users and rooms."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from tests.receivers import Receiver, reply
from tests.rest.files import settings
from tests.rules.pictures import png
from tests.running import Api, Server, unique

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def picture(api: Api, path: str, **options: Any) -> httpx.Response:
    return httpx.get(api.url + path, trust_env=False, **options)


def set_file(api: Api, content: bytes, field: str = "image", **fields: str) -> httpx.Response:
    # The declared type is wrong on purpose: the bytes say what it is.
    return api.call("POST", "users.setAvatar", files={field: ("a.txt", content, "text/html")}, data=fields)


def etag(api: Api) -> str | None:
    tag: str | None = api.get("me").get("avatarETag")
    return tag


def test_who_has_none_is_drawn(admin: Api) -> None:
    for path in ("/avatar/ann.lee", "/avatar/@ann.lee", "/avatar/room/GENERAL", "/api/v1/avatar/ann.lee"):
        response = picture(admin, path, params={"size": "64"})
        assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml"), path
        assert b'width="64"' in response.content
        assert "sandbox" in response.headers["content-security-policy"]
        again = picture(
            admin, path, params={"size": "64"}, headers={"If-None-Match": response.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
    assert b">AL<" in picture(admin, "/avatar/ann.lee").content
    hostile = picture(admin, "/avatar/%3Cscript%3Ealert(1)%3C%2Fscript%3E").content
    assert b"<script" not in hostile
    drawn = picture(admin, "/avatar/ann?format=png&size=9999")
    assert drawn.content.startswith(b"\x89PNG\r\n")
    assert drawn.content[16:24] == (1024).to_bytes(4, "big") * 2
    for path in ("/avatar/uid/nobody", "/avatar/room/nowhere"):
        assert picture(admin, path).json()["success"] is False
    assert httpx.head(admin.url + "/avatar/ann", trust_env=False).status_code == 200


def test_a_file_is_shown_until_it_is_reset(person: Api) -> None:
    content = png(3, 3)
    name = person.username()
    assert set_file(person, content).json() == {"success": True}
    tag = etag(person)
    for path in (f"/avatar/{name}", f"/avatar/uid/{person.user_id}", f"/api/v1/avatar/{name}"):
        response = picture(person, path)
        assert (response.content, response.headers["content-type"]) == (content, "image/png")
        assert response.headers["etag"] == f'"{tag}"'
        assert picture(person, path, headers={"If-None-Match": f'"{tag}"'}).status_code == 304
    head = httpx.head(f"{person.url}/avatar/{name}", trust_env=False)
    assert head.headers["content-length"] == str(len(content))
    assert picture(person, f"/avatar/@{name}").headers["content-type"] == "image/svg+xml"
    # The file is no upload that can be had elsewhere.
    assert person.http.get(f"/file-upload/{tag}/a.png").status_code == 404
    set_file(person, png(4, 4))
    assert etag(person) != tag
    person.post("users.resetAvatar", userId=person.user_id)
    assert etag(person) is None
    assert picture(person, f"/avatar/{name}").headers["content-type"] == "image/svg+xml"


def test_an_address_is_fetched_through_the_guarded_client(admin: Api, person: Api) -> None:
    content = png(5, 5)
    with Receiver(
        [reply(200, content), reply(200, SVG), reply(404), reply(302, b"", [("Location", "/")])]
    ) as far:
        person.post("users.setAvatar", avatarUrl=far.url)
        assert picture(person, f"/avatar/{person.username()}").content == content
        tag = etag(person)
        for code in ("error-avatar-invalid-image", "error-avatar-invalid-url", "error-avatar-url-handling"):
            answer = person.refused("POST", "users.setAvatar", json={"avatarUrl": far.url})
            assert answer["errorType"] == code
    for url, code in (
        ("http://169.254.169.254/latest", "error-avatar-url-handling"),
        (f"{admin.url}/api/info", "error-avatar-url-handling"),
        ("file:///etc/passwd", "error-avatar-invalid-url"),
        ("data:image/png;base64,!!", "error-avatar-invalid-url"),
        ("data:image/svg+xml," + SVG.decode(), "error-avatar-invalid-image"),
        ("http://[", "error-avatar-invalid-url"),
    ):
        assert person.refused("POST", "users.setAvatar", json={"avatarUrl": url})["errorType"] == code
    assert etag(person) == tag
    data = "data:image/png;base64," + base64.b64encode(content).decode()
    assert person.call("POST", "users.setAvatar", data={"avatarUrl": data}).json() == {"success": True}


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        (SVG, "image", "error-avatar-invalid-image"),
        (b"", "image", "error-avatar-invalid-image"),
        (png(2, 2), "file", "invalid-field"),
        (png(2, 2) + bytes(5 * 1024 * 1024), "image", "error-file-too-large"),
    ],
)
def test_what_is_no_picture(person: Api, content: bytes, field: str, code: str) -> None:
    response = set_file(person, content, field)
    assert (response.status_code, response.json()["errorType"]) == (400, code)


def test_who_may_change_whose(admin: Api, person: Api) -> None:
    other = admin.new_user()
    assert set_file(person, png(2, 2), userId=other.user_id).status_code == 403
    assert set_file(admin, png(2, 2), username=other.username()).json() == {"success": True}
    assert etag(other) is not None
    answer = person.refused("POST", "users.resetAvatar", json={"userId": other.user_id})
    assert answer["error"] == "Reset avatar is not allowed [error-not-allowed]"
    with settings(admin, Accounts_AllowUserAvatarChange=False):
        assert set_file(other, png(2, 2)).json()["errorType"] == "error-not-allowed"
        other.refused("POST", "users.resetAvatar", json={"userId": other.user_id})
        admin.post("users.resetAvatar", userId=other.user_id)
    where = person.call("GET", "users.getAvatar", params={"username": other.username()})
    assert (where.status_code, where.headers["location"]) == (307, f"{admin.url}/avatar/{other.username()}")
    assert person.get("users.getAvatarSuggestion")["suggestions"] == {}


def test_strangers_see_drawn_ones_where_the_server_says_so(admin: Api, person: Api) -> None:
    set_file(person, png(6, 6))
    name = person.username()
    with settings(admin, Accounts_AvatarBlockUnauthenticatedAccess=True):
        assert picture(person, f"/avatar/{name}").headers["content-type"] == "image/svg+xml"
        assert picture(person, f"/avatar/uid/{person.user_id}").status_code == 403
        login = {"rc_uid": person.user_id, "rc_token": person.headers["X-Auth-Token"]}
        for options in ({"headers": person.headers}, {"params": login}, {"cookies": login}):
            shown = picture(person, f"/avatar/{name}", **options)
            assert (shown.content, shown.headers["cache-control"]) == (png(6, 6), "private, max-age=0")


def test_a_room_has_one_too(person: Api, admin: Api) -> None:
    room = person.new_channel()
    stranger = admin.new_user()
    data = "data:image/png;base64," + base64.b64encode(png(7, 7)).decode()
    body = {"rid": room["_id"], "roomTopic": "t", "roomAvatar": data}
    stranger.refused("POST", "rooms.saveRoomSettings", json=body)
    person.post("rooms.saveRoomSettings", **body)
    path = f"/avatar/room/{room['_id']}"
    assert picture(person, path).content == png(7, 7)
    info = person.get("channels.info", roomId=room["_id"])["channel"]
    assert picture(person, path).headers["etag"] == f'"{info["avatarETag"]}"'
    assert info["topic"] == "t"
    said = person.get("channels.history", roomId=room["_id"])["messages"]
    assert "room_changed_avatar" in {one.get("t") for one in said}
    bad = {**body, "roomTopic": "not saved", "roomAvatar": "x"}
    answer = person.refused("POST", "rooms.saveRoomSettings", json=bad)
    assert answer["errorType"] == "error-avatar-invalid-image"
    person.post("rooms.saveRoomSettings", rid=room["_id"], roomAvatar=None)
    info = person.get("channels.info", roomId=room["_id"])["channel"]
    assert (info["topic"], info.get("avatarETag")) == ("t", None)


def test_files_go_with_what_they_are_of(own_server: Server) -> None:
    """On both databases; and nothing that was refused, replaced or deleted is left in the storage."""
    admin = own_server.admin()
    person = admin.new_user()
    for side in (2, 3):
        assert set_file(person, png(side, side)).json() == {"success": True}
    set_file(person, SVG)
    room = admin.new_channel()
    data = "data:image/png;base64," + base64.b64encode(png(4, 4)).decode()
    admin.post("rooms.saveRoomSettings", rid=room["_id"], roomAvatar=data)
    assert picture(admin, f"/avatar/uid/{person.user_id}").content == png(3, 3)
    admin.post("channels.delete", roomId=room["_id"])
    admin.post("users.delete", userId=person.user_id)
    name = unique("again")
    again = admin.new_user(username=name)
    assert set_file(again, png(5, 5)).json() == {"success": True}
    assert picture(admin, f"/avatar/{name}").content == png(5, 5)
