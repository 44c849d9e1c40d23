"""An upload fires ``sendMessage`` and ``fileUploaded``, with the payload of the contract (section 4)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, outgoing
from tests.receivers import Receiver
from tests.rest.files import media, upload
from tests.rules.pictures import png
from tests.running import Api, Server

FIELDS = (
    *(
        "token",
        "bot",
        "channel_id",
        "channel_name",
        "message_id",
        "timestamp",
        "user_id",
        "user_name",
        "text",
    ),
    *("user", "room", "message"),
)


def by_steps(api: Api, room: Any, steps: int, **words: str) -> Any:
    content = png(4, 5)
    if steps == 1:
        return upload(api, room, content, "p.png", kind="image/png", **words)
    file = media(api, room, content, "p.png", kind="image/png")
    return api.post(f"rooms.mediaConfirm/{room['_id']}/{file['_id']}", **words)["message"]


@pytest.mark.parametrize("steps", [1, 2], ids=["upload", "media and confirm"])
def test_the_payload_field_by_field(own_server: Server, steps: int) -> None:
    admin = own_server.admin()
    user = admin.new_user()
    room = user.new_channel()
    with Receiver() as uploaded, Receiver() as said:
        outgoing(admin, said, channel(room), event="sendMessage", token="token-of-messages")
        integration = outgoing(admin, uploaded, channel(room), event="fileUploaded", token="token-of-files")
        message = by_steps(user, room, steps, msg="look", description="a pixel")
        (got,) = uploaded.wait_for(1)
        (heard,) = said.wait_for(1)
        user.post("chat.postMessage", channel=room["_id"], text="no file")
        assert said.wait_for(2)[1].json()["text"] == "no file"
        finished(admin, integration)
        assert len(uploaded.requests) == 1
    payload = got.json()
    assert sorted(payload) == sorted(FIELDS)
    assert {key: payload[key] for key in FIELDS[:9]} == {
        "token": "token-of-files",
        "bot": False,
        "channel_id": room["_id"],
        "channel_name": room["name"],
        "message_id": message["_id"],
        "timestamp": message["ts"],
        "user_id": user.user_id,
        "user_name": user.username(),
        "text": "look",
    }
    assert payload["message"] == message
    assert payload["user"]["_id"] == user.user_id
    assert payload["user"]["username"] == user.username()
    assert "services" not in payload["user"]
    assert (payload["room"]["_id"], payload["room"]["name"]) == (room["_id"], room["name"])
    assert payload["message"]["file"]["_id"] == payload["message"]["files"][0]["_id"]
    assert payload["message"]["attachments"][0]["image_dimensions"] == {"width": 4, "height": 5}
    also = heard.json()
    assert (also["token"], also["message_id"], also["text"]) == ("token-of-messages", message["_id"], "look")
    assert also["siteUrl"] == own_server.url


def test_in_a_thread(admin: Api, user_of_files: Api) -> None:
    room = user_of_files.new_channel()
    first = user_of_files.post("chat.postMessage", channel=room["_id"], text="first")["message"]
    with Receiver() as receiver:
        outgoing(admin, receiver, channel(room), event="fileUploaded")
        upload(user_of_files, room, tmid=first["_id"])
        (got,) = receiver.wait_for(1)
    assert got.json()["tmid"] == first["_id"]
    assert sorted(got.json()) == sorted((*FIELDS, "tmid"))


def test_a_file_that_is_not_posted_fires_nothing(admin: Api, user_of_files: Api) -> None:
    room = user_of_files.new_channel()
    with Receiver() as receiver:
        outgoing(admin, receiver, channel(room), event="fileUploaded")
        waiting = media(user_of_files, room)
        upload(user_of_files, room, name="posted.txt")
        (got,) = receiver.wait_for(1)
        assert got.json()["message"]["file"]["name"] == "posted.txt"
        user_of_files.post(f"rooms.mediaConfirm/{room['_id']}/{waiting['_id']}")
        assert receiver.wait_for(2)[1].json()["message"]["file"]["_id"] == waiting["_id"]


@pytest.fixture(scope="module")
def user_of_files(admin: Api) -> Api:
    """Somebody without special roles."""
    return admin.new_user()
