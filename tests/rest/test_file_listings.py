"""``channels.files``, ``groups.files``, ``im.files``, ``dm.files`` and ``rooms.images``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.files import media, upload
from tests.rules.pictures import png
from tests.running import Api, Server, tick, unique

NAMES = ["b.txt", "A.png", "c_1.pdf", "c%2.png", "d.mp3"]
KINDS = ["text/plain", "image/png", "application/pdf", "image/png", "audio/mpeg"]


@pytest.fixture(scope="module", params=["channels", "groups", "im", "dm"])
def filled(request: pytest.FixtureRequest, admin: Api, user: Api) -> tuple[str, Any]:
    """A path, and a room with five files, one that waits for its message, and one whose message is gone."""
    kind: str = request.param
    if kind == "channels":
        room = user.new_channel()
    elif kind == "groups":
        room = user.post("groups.create", name=unique("group"))["group"]
    else:
        room = user.post("im.create", username=admin.new_user().username())["room"]
    for name, media_type in zip(NAMES, KINDS, strict=True):
        content = png(5, 6) if media_type == "image/png" else name.encode()
        upload(user, room, content, name, kind=media_type, description=f"of {name}")
        tick()
    media(user, room)
    goes = upload(user, room)
    user.post("chat.delete", roomId=room["_id"], msgId=goes["_id"])
    return f"{kind}.files", room


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer["files"]]


def test_the_files_of_a_room(server: Server, user: Api, filled: tuple[str, Any]) -> None:
    path, room = filled
    answer = user.get(path, roomId=room["_id"])
    assert names(answer) == ["A.png", "b.txt", "c%2.png", "c_1.pdf", "d.mp3"]
    assert (answer["count"], answer["offset"], answer["total"]) == (5, 0, 5)
    file = answer["files"][0]
    assert file == {
        "_id": file["_id"],
        "name": "A.png",
        "size": len(png(5, 6)),
        "type": "image/png",
        "typeGroup": "image",
        "rid": room["_id"],
        "userId": user.user_id,
        "user": {"_id": user.user_id, "username": user.username(), "name": user.username()},
        "store": "FileSystem:Uploads",
        "identify": {"format": "png", "size": {"width": 5, "height": 6}},
        "complete": True,
        "uploading": False,
        "progress": 1,
        "etag": file["etag"],
        "description": "of A.png",
        "uploadedAt": file["uploadedAt"],
        "_updatedAt": file["_updatedAt"],
        "path": f"/file-upload/{file['_id']}/A.png",
        "url": f"{server.url}/file-upload/{file['_id']}/A.png",
    }
    assert user.http.get(file["url"]).content == png(5, 6)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"count": 2}, ["A.png", "b.txt"]),
        ({"count": 2, "offset": 3}, ["c_1.pdf", "d.mp3"]),
        ({"sort": '{"name": -1}', "count": 1}, ["d.mp3"]),
        ({"sort": '{"uploadedAt": 1}'}, NAMES),
        ({"sort": '{"typeGroup": 1, "name": -1}'}, ["c_1.pdf", "d.mp3", "c%2.png", "A.png", "b.txt"]),
        ({"typeGroup": "image"}, ["A.png", "c%2.png"]),
        ({"name": "PNG"}, ["A.png", "c%2.png"]),
        ({"name": "c_"}, ["c_1.pdf"]),
        ({"name": "c%"}, ["c%2.png"]),
        ({"name": "png", "typeGroup": "text"}, []),
        ({"query": '{"type": "image/png"}', "sort": '{"name": -1}', "count": 1}, ["c%2.png"]),
        ({"query": '{"name": {"$regex": "^c"}}'}, ["c%2.png", "c_1.pdf"]),
    ],
)
def test_some_of_them(user: Api, filled: tuple[str, Any], query: dict[str, Any], expected: list[str]) -> None:
    path, room = filled
    assert names(user.get(path, roomId=room["_id"], **query)) == expected


def test_the_total_is_of_what_was_asked_for(user: Api, filled: tuple[str, Any]) -> None:
    path, room = filled
    assert user.get(path, roomId=room["_id"], typeGroup="image", count=1)["total"] == 2
    assert user.get(path, roomId=room["_id"], query='{"typeGroup": "image"}', count=1)["total"] == 2
    only = user.get(path, roomId=room["_id"], fields='{"name": 1}', count=1)["files"][0]
    assert set(only) <= {"_id", "name"}


@pytest.mark.parametrize(
    "query", [{"sort": '{"token": 1}'}, {"query": '{"etag": "x"}'}, {"count": -1}, {"fields": "{"}]
)
def test_what_cannot_be_asked(user: Api, filled: tuple[str, Any], query: dict[str, Any]) -> None:
    path, room = filled
    user.refused("GET", path, params={"roomId": room["_id"], **query})


def test_who_may_see_them(server: Server, stranger: Api, filled: tuple[str, Any]) -> None:
    path, room = filled
    Api(server.url).refused("GET", path, 401, params={"roomId": room["_id"]})
    response = stranger.call("GET", path, params={"roomId": room["_id"]})
    if path == "channels.files":
        assert response.status_code == 200
    elif path == "groups.files":
        assert (response.status_code, response.json()["errorType"]) == (400, "error-room-not-found")
    else:
        assert response.status_code == 403


def test_a_direct_room_by_the_other_one(admin: Api, user: Api) -> None:
    other = admin.new_user()
    room = user.post("im.create", username=other.username())["room"]
    upload(user, room, name="a.txt")
    assert names(user.get("im.files", username=other.username())) == ["a.txt"]
    assert names(other.get("dm.files", username=user.username())) == ["a.txt"]


def test_the_pictures_of_a_room(user: Api, stranger: Api, filled: tuple[str, Any]) -> None:
    _, room = filled
    answer = user.get("rooms.images", roomId=room["_id"])
    assert names(answer) == ["c%2.png", "A.png"]
    assert (answer["count"], answer["offset"], answer["total"]) == (2, 0, 2)
    second = answer["files"][1]["_id"]
    assert names(user.get("rooms.images", roomId=room["_id"], startingFromId=second)) == ["A.png"]
    assert names(user.get("rooms.images", roomId=room["_id"], count=1, offset=1)) == ["A.png"]
    assert user.refused("GET", "rooms.images")["errorType"] == "invalid-params"
    user.refused("GET", "rooms.images", 403, params={"roomId": "nothing"})
    if room["t"] != "c":
        stranger.refused("GET", "rooms.images", 403, params={"roomId": room["_id"]})
