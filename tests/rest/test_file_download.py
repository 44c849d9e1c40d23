"""``GET /file-upload/{id}/{name}``: who may, which part, and that nothing in a file runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.rest.files import link, media, settings, upload
from tests.running import Api, Server

CONTENT = bytes(range(256)) * 2048  # 512 KB


@pytest.fixture(scope="module")
def picture(user: Api, group: Any) -> str:
    """The path of a picture in a private group."""
    return link(upload(user, group, CONTENT, "p.png", kind="image/png"))


def get(server: Server, path: str, **options: Any) -> httpx.Response:
    """A call without a login."""
    return httpx.get(server.url + path, timeout=30, trust_env=False, **options)


def test_a_file_comes_back_with_its_headers(user: Api, picture: str) -> None:
    response = user.http.get(picture)
    assert response.status_code == 200
    assert response.content == CONTENT
    headers = response.headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Length"] == str(len(CONTENT))
    assert headers["Content-Disposition"] == "inline; filename*=UTF-8''p.png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-cache"
    head = user.http.head(picture)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(CONTENT))
    saved = user.http.get(picture, params={"download": ""})
    assert saved.headers["Content-Disposition"] == "attachment; filename*=UTF-8''p.png"
    assert user.http.get(picture.rpartition("/")[0] + "/any/other%20name").content == CONTENT


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"])
def test_what_could_run_is_saved(admin: Api, user: Api, kind: str) -> None:
    room = user.new_channel()
    with settings(admin, FileUpload_MediaTypeBlackList=""):
        message = upload(user, room, b"<script>alert(1)</script>", "page", kind=kind)
    headers = user.http.get(link(message)).headers
    assert headers["Content-Type"] == kind
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize("name", ['a"b.txt', "é日本.txt", "semi;colon'.txt", "100%.txt", "a\tb?c#d.txt"])
def test_any_name_is_one_header(user: Api, name: str) -> None:
    response = user.http.get(link(upload(user, user.new_channel(), b"x", name)))
    disposition = response.headers["Content-Disposition"]
    assert disposition.isascii()
    assert not set(disposition.removeprefix("inline; filename*=UTF-8''")) & set(";'\" \t")


@pytest.mark.parametrize(
    ("header", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-300099", 100, 300_100),
        (f"bytes={len(CONTENT) - 5}-", len(CONTENT) - 5, len(CONTENT)),
        ("bytes=-7", len(CONTENT) - 7, len(CONTENT)),
        ("bytes=5-99999999", 5, len(CONTENT)),
    ],
)
def test_a_part(user: Api, picture: str, header: str, first: int, end: int) -> None:
    response = user.http.get(picture, headers={"Range": header})
    assert response.status_code == 206
    assert response.content == CONTENT[first:end]
    assert response.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
    assert response.headers["Content-Length"] == str(end - first)


def test_parts_that_there_are_not(user: Api, picture: str) -> None:
    behind = user.http.get(picture, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert behind.status_code == 416
    assert behind.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert behind.json()["errorType"] == "error-invalid-range"
    for header in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-2"):
        assert user.http.get(picture, headers={"Range": header}).content == CONTENT


def test_what_a_browser_has_is_not_sent_again(user: Api, stranger: Api, picture: str) -> None:
    tag = user.http.get(picture).headers["ETag"]
    for header in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = user.http.get(picture, headers={"If-None-Match": header})
        assert (again.status_code, again.content) == (304, b"")
    assert user.http.get(picture, headers={"If-None-Match": '"other"'}).status_code == 200
    assert stranger.http.get(picture, headers={"If-None-Match": tag}).status_code == 403
    part = {"Range": "bytes=0-1"}
    assert user.http.get(picture, headers={**part, "If-Range": tag}).status_code == 206
    assert user.http.get(picture, headers={**part, "If-Range": '"other"'}).status_code == 200


def test_every_way_to_say_who_one_is(server: Server, user: Api, stranger: Api, picture: str) -> None:
    token, user_id = user.headers["X-Auth-Token"], user.user_id
    named = {"rc_uid": user_id, "rc_token": token}
    cookie = {"Cookie": f"rc_uid={user_id}; rc_token={token}"}
    assert get(server, picture, headers=user.headers).status_code == 200
    assert get(server, picture, params=named).status_code == 200
    assert get(server, picture, headers=cookie).status_code == 200
    # What is out of date in one place does no harm to what is right in another.
    stale = {"Cookie": "rc_uid=x; rc_token=y"}
    assert get(server, picture, headers={**stale, **user.headers}).status_code == 200
    for options in (
        {},
        {"params": {"rc_uid": user_id}},
        {"params": {**named, "rc_token": token[:-1]}},
        {"params": {**named, "rc_uid": stranger.user_id}},
        {"headers": {"X-Auth-Token": token}},
        {"headers": stale},
        {"headers": stranger.headers},
    ):
        refused = get(server, picture, **options)
        assert refused.status_code == 403
        assert refused.json()["errorType"] == "error-not-allowed"
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        assert token[:-1] not in refused.text


def test_who_may_download_by_settings(
    server: Server, admin: Api, user: Api, stranger: Api, group: Any
) -> None:
    private = link(upload(user, group))
    public = link(upload(user, user.new_channel()))
    anybody = Api(server.url)

    def allowed(path: str) -> list[bool]:
        return [api.http.get(path).status_code == 200 for api in (user, stranger, anybody)]

    members, seers = "FileUpload_Restrict_to_room_members", "FileUpload_Restrict_to_users_who_can_access_room"
    assert allowed(private) == allowed(public) == [True, False, False]
    with settings(admin, **{members: False, seers: True}):
        assert allowed(private) == [True, False, False]
        assert allowed(public) == [True, True, False]
    with settings(admin, **{seers: True}):
        assert allowed(public) == [True, False, False]
    with settings(admin, **{members: False}):
        assert allowed(private) == allowed(public) == [True, True, False]
    with settings(admin, FileUpload_ProtectFiles=False):
        assert allowed(private) == allowed(public) == [True, True, True]
    assert allowed(private) == [True, False, False]


def test_who_leaves_has_the_files_no_longer(user: Api, stranger: Api) -> None:
    room = user.new_channel()
    path = link(upload(user, room))
    stranger.post("channels.join", roomId=room["_id"])
    assert stranger.http.get(path).status_code == 200
    stranger.post("channels.leave", roomId=room["_id"])
    assert stranger.http.get(path).status_code == 403


def test_what_is_gone_is_not_found(user: Api) -> None:
    room, other = user.new_channel(), user.new_channel()
    deleted, erased = upload(user, room), upload(user, other)
    waiting = media(user, room)["url"]
    assert user.http.get(waiting).content == b"hello"
    user.post("chat.delete", roomId=room["_id"], msgId=deleted["_id"])
    user.post("channels.delete", roomId=other["_id"])
    for path in (
        link(deleted),
        link(erased),
        "/file-upload/nothing/a.txt",
        "/file-upload/..%2f..%2fetc/passwd",
    ):
        response = user.http.get(path)
        assert response.status_code == 404
        assert response.json()["success"] is False
    assert user.http.post(link(deleted)).status_code == 405
