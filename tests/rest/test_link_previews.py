"""Previews of links, from real pages on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.receivers import Received, Receiver, reply
from tests.rest.files import settings
from tests.running import Api, running

PAGE = b'<title>A page</title><meta property="og:title" content="Its title">'


@pytest.fixture(scope="module")
def loopback(admin: Api) -> Iterator[None]:
    """Pages of this machine are not ignored."""
    with settings(admin, API_EmbedIgnoredHosts=""):
        yield


def html(body: bytes = PAGE) -> Any:
    return reply(200, body, [("Content-Type", "text/html")])


def previewed(user: Api, room: Any, url: str) -> Any:
    return user.get("chat.getURLPreview", roomId=room["_id"], url=url)["urlPreview"]


def test_what_a_page_says_and_that_it_is_asked_once(user: Api, room: Any, loopback: None) -> None:
    with Receiver([html()]) as receiver:
        for _ in range(3):
            found = previewed(user, room, receiver.url)
            assert found == {
                "url": receiver.url,
                "meta": {"pageTitle": "A page", "ogTitle": "Its title"},
                "headers": {"contentLength": str(len(PAGE)), "contentType": "text/html"},
                "ignoreParse": True,
            }
        (request,) = receiver.wait_for(1)
        assert request.method == "GET"
        assert "link preview" in request.headers["user-agent"]
        assert not {"cookie", "authorization", "x-auth-token"} & request.headers.keys()


def test_redirects_are_followed_a_few_times(user: Api, room: Any, loopback: None) -> None:
    def behave(request: Received) -> Any:
        step = int(request.path.rpartition("/")[2])
        return html() if step == 0 else reply(302, b"", [("Location", f"/{step - 1}")])

    with Receiver(behave) as receiver:
        base = receiver.url.rstrip("/")
        assert previewed(user, room, f"{base}/5")["meta"]["pageTitle"] == "A page"
        assert previewed(user, room, f"{base}/6")["meta"] == {}


def test_what_gives_no_preview(user: Api, room: Any, loopback: None, admin: Api) -> None:
    with Receiver([reply(404, PAGE, [("Content-Type", "text/html")])]) as receiver:
        assert previewed(user, room, receiver.url) == {"url": receiver.url, "meta": {}, "ignoreParse": True}
    with Receiver([reply(200, b"\0" * 10, [("Content-Type", "video/mp4")])]) as receiver:
        found = previewed(user, room, receiver.url)
        assert (found["meta"], found["headers"]["contentType"]) == ({}, "video/mp4")
    with Receiver([html(b"<title>big</title>" + b"x" * 400_000)]) as receiver:
        assert previewed(user, room, receiver.url)["meta"] == {"pageTitle": "big"}
    for url in ("http://127.0.0.1:9/", "ftp://x/", "nonsense", "http://10.0.0.1/", "http://169.254.169.254/",
                user.url, "http://[", "http://x:99999/", "file:///etc/passwd"):  # fmt: skip
        assert previewed(user, room, url)["meta"] == {}
    with Receiver([reply(302, b"", [("Location", "http://169.254.169.254/latest/meta-data")])]) as receiver:
        assert previewed(user, room, receiver.url)["meta"] == {}
    with Receiver([html()]) as receiver, settings(admin, API_EmbedIgnoredHosts="127.0.0.0/8"):
        assert previewed(user, room, receiver.url)["meta"] == {}
        assert receiver.wait_for(0) == []


def test_refusals(user: Api, stranger: Api, group: Any, room: Any, admin: Api) -> None:
    link = {"url": "http://example.com"}
    hidden = stranger.refused("GET", "chat.getURLPreview", params={"roomId": group["_id"], **link})
    assert hidden["errorType"] == "error-not-allowed"
    for query in ({"roomId": room["_id"]}, link, {"roomId": room["_id"], "url": "x" * 5000}):
        assert user.refused("GET", "chat.getURLPreview", params=query)["errorType"] == "invalid-params"
    with settings(admin, API_Embed=False):
        user.refused("GET", "chat.getURLPreview", params={"roomId": room["_id"], **link})
    wrong = admin.refused("POST", "settings/API_EmbedIgnoredHosts", json={"value": "http://x"})
    assert wrong["errorType"] == "error-invalid-setting-value"


def test_links_of_messages_get_theirs_in_the_background(
    user: Api, room: Any, loopback: None, admin: Api
) -> None:
    def said(text: str, **more: Any) -> Any:
        return user.post("chat.postMessage", roomId=room["_id"], text=text, **more)["message"]

    with Receiver([html()]) as receiver:
        before = said(f"before {receiver.url}")
        with settings(admin, API_Embed_In_Messages=True):
            unwanted = said(f"unwanted {receiver.url}", parseUrls=False)
            message = said(f"see {receiver.url} and http://127.0.0.1:9/")
            assert message["urls"][0]["meta"] == {}
            deadline = time.monotonic() + 10
            while not (shown := user.get("chat.getMessage", msgId=message["_id"])["message"])["urls"][0][
                "meta"
            ]:
                assert time.monotonic() < deadline
        assert shown["urls"][0]["meta"]["ogTitle"] == "Its title"
        assert shown["urls"][1]["meta"] == {}
        assert "editedAt" not in shown
        assert len(receiver.wait_for(1)) == 1
    for other in (before, unwanted):
        kept = user.get("chat.getMessage", msgId=other["_id"])["message"]
        assert not any(one["meta"] for one in kept.get("urls", ()))


@pytest.mark.parametrize("said", ["", "true"])
def test_this_machine_is_called_where_the_operator_says_so(tmp_path: Path, said: str) -> None:
    """Not because the server listens on it alone, as one behind a proxy does: any user may name an address."""
    given = {"ADMIN_USERNAME": "ada", "ADMIN_PASS": "Correct-horse-battery-1"}
    if said:
        given["HOOKROOM_DELIVERIES_ALLOW_LOOPBACK"] = said
    with running(tmp_path, test_mode=False, environment=given) as server, Receiver([html()]) as receiver:
        ada = Api.login(server.url, "ada", given["ADMIN_PASS"])
        ada.post("settings/API_EmbedIgnoredHosts", value="")
        found = ada.get("chat.getURLPreview", roomId="GENERAL", url=receiver.url)["urlPreview"]
        refused = ada.refused("POST", "users.setAvatar", json={"avatarUrl": receiver.url})
        assert bool(found["meta"]) == bool(said)
        assert ("invalid-image" in refused["errorType"]) == bool(said)
        assert len(receiver.requests) == (2 if said else 0)
