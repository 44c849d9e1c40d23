"""``rooms.upload``, ``rooms.media`` and ``rooms.mediaConfirm``."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.rest.files import link, media, sent, settings, upload
from tests.rules.pictures import png
from tests.running import Api, Server

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
def room(user: Api) -> Any:
    return user.new_channel()


def messages(api: Api, room: Any) -> list[Any]:
    found: list[Any] = api.get("channels.messages", roomId=room["_id"], count=50)["messages"]
    return [one for one in found if "t" not in one]


# What an upload makes


def test_an_upload_is_a_message_at_once(user: Api, room: Any) -> None:
    message = upload(user, room, b"hello", "note.txt", msg=" see https://x.example ", description="notes")
    file = message["file"]
    assert len(file["_id"]) == 17
    assert file == {
        "_id": file["_id"],
        "name": "note.txt",
        "type": "text/plain",
        "size": 5,
        "format": "",
        "typeGroup": "text",
    }
    assert message["files"] == [file]
    assert message["attachments"] == [
        {
            "title": "note.txt",
            "title_link": f"/file-upload/{file['_id']}/note.txt",
            "title_link_download": True,
            "type": "file",
            "description": "notes",
            "format": "TXT",
            "size": 5,
            "fileId": file["_id"],
        }
    ]
    assert message["msg"] == " see https://x.example "
    assert [one["url"] for one in message["urls"]] == ["https://x.example"]
    assert message["groupable"] is False
    assert message["u"]["_id"] == user.user_id
    assert message["rid"] == room["_id"]
    assert messages(user, room) == [message]


def test_a_picture_knows_its_size(user: Api, room: Any) -> None:
    content = png(3, 7)
    message = upload(user, room, content, "pixel.png", kind="image/png")
    path = link(message)
    assert message["file"]["format"] == "png"
    assert message["msg"] == ""
    (attachment,) = message["attachments"]
    assert {key: value for key, value in attachment.items() if key.startswith("image_")} == {
        "image_url": path,
        "image_type": "image/png",
        "image_size": len(content),
        "image_dimensions": {"width": 3, "height": 7},
    }


def test_the_two_steps_make_the_same_message(user: Api, room: Any) -> None:
    file = media(user, room, png(2, 2), "Screenshot at 10.17.39.png", kind="image/png")
    assert file == {
        "_id": file["_id"],
        "url": f"/file-upload/{file['_id']}/Screenshot%20at%2010.17.39.png",
    }
    assert messages(user, room) == []
    body = {
        "msg": "look",
        "description": "of mine",
        "fileName": "../renamed.png",
        "emoji": ":one:",
        "groupable": False,
        "customFields": '{"priority": "low"}',
    }
    message = user.post(f"rooms.mediaConfirm/{room['_id']}/{file['_id']}", **body)["message"]
    assert message["msg"] == "look"
    assert message["emoji"] == ":one:"
    assert message["customFields"] == {"priority": "low"}
    assert message["file"]["name"] == "renamed.png"
    assert message["attachments"][0]["description"] == "of mine"
    assert link(message) == f"/file-upload/{file['_id']}/renamed.png"
    assert messages(user, room) == [message]
    again = user.post(f"rooms.mediaConfirm/{room['_id']}/{file['_id']}", msg="again")
    assert again["message"] == message
    assert messages(user, room) == [message]


def test_the_words_of_a_form_are_texts(admin: Api, user: Api, room: Any) -> None:
    bot = admin.new_bot()
    message = upload(
        bot,
        room,
        alias="Deploys",
        avatar="https://x.example/a.png",
        groupable="true",
        customFields='{"a": 1}',
    )
    assert message["alias"] == "Deploys"
    assert message["avatar"] == "https://x.example/a.png"
    assert message["customFields"] == {"a": 1}
    assert "groupable" not in message
    refused = sent(user, f"rooms.upload/{room['_id']}", alias="Somebody").json()
    assert refused["error"] == "Not enough permission"


@pytest.mark.parametrize("steps", [1, 2])
def test_a_file_in_a_thread(user: Api, room: Any, steps: int) -> None:
    first = user.post("chat.postMessage", channel=room["_id"], text="first")["message"]
    if steps == 1:
        message = upload(user, room, tmid=first["_id"])
    else:
        file = media(user, room)
        path = f"rooms.mediaConfirm/{room['_id']}/{file['_id']}"
        message = user.post(path, tmid=first["_id"])["message"]
    assert message["tmid"] == first["_id"]
    assert user.get("chat.getThreadMessages", tmid=first["_id"])["messages"] == [message]
    assert user.get("chat.getMessage", msgId=first["_id"])["message"]["tcount"] == 1


@pytest.mark.parametrize(
    ("name", "stored", "kind"),
    [
        ("../../etc/passwd", "passwd", "text/plain"),
        ("C:\\temp\\ä b.TXT", "ä b.TXT", "text/plain"),
        ('quo"te.txt', 'quo"te.txt', "text/plain"),
        ("日本.pdf", "日本.pdf", "application/octet-stream"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt", "text/plain"),
    ],
)
def test_names_are_cleaned(user: Api, room: Any, name: str, stored: str, kind: str) -> None:
    message = upload(user, room, b"%PDF", name, kind=kind)
    assert message["file"]["name"] == stored
    assert user.http.get(link(message)).content == b"%PDF"


def test_the_type_of_what_a_sender_does_not_know_is_the_names(user: Api, room: Any) -> None:
    kind = "application/octet-stream"
    assert upload(user, room, b"x", "a.pdf", kind=kind)["file"]["type"] == "application/pdf"
    assert upload(user, room, b"x", "a.bin", kind=kind)["file"]["type"] == kind


def test_a_larger_body_than_other_routes_take(user: Api, room: Any) -> None:
    content = bytes(range(256)) * 16_384  # 4 MB
    message = upload(user, room, content, "large.bin", description="after it")
    assert message["file"]["size"] == len(content)
    assert user.http.get(link(message)).content == content


# What is refused


@pytest.mark.parametrize("path", ["rooms.upload", "rooms.media"])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"files": {"other": ("a.txt", b"x", "text/plain")}}, "invalid-field"),
        ({"files": {"msg": (None, b"x")}}, "invalid-field"),
        ({"files": {"file": (None, b"x")}}, "invalid-field"),
        (
            {"files": [("file", ("a.txt", b"x", "text/plain")), ("file", ("b.txt", b"x", "text/plain"))]},
            "error-too-many-files",
        ),
        ({"files": {"file": ("a.txt", b"", "text/plain")}}, "error-invalid-file"),
        ({"files": {"file": ("a.svg", SVG, "image/svg+xml")}}, "error-invalid-file-type"),
        ({"files": {"file": ("a.svg", SVG, "application/octet-stream")}}, "error-invalid-file-type"),
        ({"json": {"file": "x"}}, "error-invalid-content-type"),
        ({"content": b""}, "error-invalid-content-type"),
        (
            {"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data"}},
            "error-invalid-form",
        ),
        (
            {"content": b"nothing", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            "error-invalid-form",
        ),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            "error-invalid-form",
        ),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            "error-invalid-form",
        ),
        (
            {"data": {"description": "x" * 70_000}, "files": {"file": ("a.txt", b"x", "text/plain")}},
            "error-invalid-form",
        ),
        (
            {"data": {f"f{i}": "x" for i in range(40)}, "files": {"file": ("a.txt", b"x", "text/plain")}},
            "error-invalid-form",
        ),
    ],
)
def test_what_cannot_be_taken(user: Api, room: Any, path: str, options: dict[str, Any], code: str) -> None:
    answer = user.refused("POST", f"{path}/{room['_id']}", **options)
    assert answer["errorType"] == code
    assert answer["error"].endswith(f"[{code}]")
    assert len(answer["error"]) > len(code) + 10  # It says why.
    assert messages(user, room) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"tmid": "nothing"},
        {"customFields": "{"},
        {"customFields": "[1]"},
        {"groupable": "perhaps"},
        {"avatar": "javascript:alert(1)"},
        {"msg": "x" * 5001},
        {"description": "x" * 5001},
    ],
)
def test_words_that_are_refused_post_nothing(user: Api, room: Any, fields: dict[str, str]) -> None:
    form = {"file": ("a.txt", b"x", "text/plain")}
    user.refused("POST", f"rooms.upload/{room['_id']}", files=form, data=fields)
    file = media(user, room)
    user.refused("POST", f"rooms.mediaConfirm/{room['_id']}/{file['_id']}", json=fields)
    assert messages(user, room) == []
    good = user.post(f"rooms.mediaConfirm/{room['_id']}/{file['_id']}")
    assert good["message"]["file"]["_id"] == file["_id"]  # Nothing is lost by it.


def test_a_file_that_is_not_there_is_not_confirmed(user: Api, stranger: Api, room: Any) -> None:
    expected = {"success": False, "error": "[invalid-file]", "errorType": "invalid-file"}
    file = media(user, room)
    other = user.new_channel()
    for api, room_id, file_id in (
        (user, room["_id"], "nothing"),
        (user, other["_id"], file["_id"]),
        (stranger, room["_id"], file["_id"]),
    ):
        assert api.refused("POST", f"rooms.mediaConfirm/{room_id}/{file_id}", json={}) == expected


@pytest.mark.parametrize("path", ["rooms.upload/{}", "rooms.media/{}", "rooms.mediaConfirm/{}/x"])
def test_who_may_upload(server: Server, admin: Api, user: Api, stranger: Api, group: Any, path: str) -> None:
    def status(api: Api, room_id: str) -> tuple[int, str]:
        where = path.format(room_id)
        response = api.call("POST", where, json={}) if "Confirm" in path else sent(api, where)
        return response.status_code, response.json().get("error", "")

    assert status(Api(server.url), "GENERAL")[0] == 401
    assert status(stranger, group["_id"])[0] == 403
    assert status(stranger, "nothing")[0] == 403
    room = user.new_channel()
    user.post("channels.setReadOnly", roomId=room["_id"], readOnly=True)
    assert status(stranger, room["_id"]) == (400, "You can't send messages because the room is readonly.")
    user.post("channels.archive", roomId=room["_id"])
    assert status(user, room["_id"]) == (400, "room_is_archived")


@pytest.mark.parametrize("path", ["rooms.upload", "rooms.media"])
def test_what_the_settings_forbid(admin: Api, user: Api, room: Any, path: str) -> None:
    direct = user.post("im.create", username=admin.username())["room"]

    def code(where: Any = room, **more: Any) -> str | None:
        found: str | None = sent(user, f"{path}/{where['_id']}", **more).json().get("errorType")
        return found

    with settings(admin, FileUpload_Enabled=False):
        assert code() == "error-file-upload-disabled"
        assert code(direct) == "error-file-upload-disabled"
    with settings(admin, FileUpload_Enabled_Direct=False):
        assert code(direct) == "error-direct-message-file-upload-not-allowed"
        assert code() is None
    with settings(admin, FileUpload_MaxFileSize=5):
        assert code(content=b"12345") is None
        assert code(content=b"123456") == "error-file-too-large"
        assert code(content=b"1" * 3_000_000) == "error-file-too-large"
    with settings(admin, FileUpload_MaxFileSize=-1):
        assert code(content=b"1" * 3_000_000) is None
    with settings(admin, FileUpload_MediaTypeWhiteList="image/*,application/pdf"):
        assert code() == "error-invalid-file-type"
        assert code(kind="image/png") is None
        assert code(kind="application/pdf") is None
    with settings(admin, FileUpload_MediaTypeBlackList="text/*"):
        assert code() == "error-invalid-file-type"
        assert code(name="a.svg", kind="image/svg+xml") is None
    assert code(direct) is None


def test_what_is_too_large_by_its_length_is_refused_while_it_begins(user: Api, room: Any) -> None:
    address = urlsplit(user.url)
    lines = (
        f"POST /api/v1/rooms.upload/{room['_id']} HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {1 << 40}",
        *(f"{name}: {value}" for name, value in user.headers.items()),
    )
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode() + b"--b")
        answer = b""
        while b"[error-file-too-large]" not in answer:
            answer += (piece := connection.recv(65_536))
            assert piece, answer
    assert answer.startswith(b"HTTP/1.1 400 ")
