"""``rooms.export`` and ``users.requestDataDownload``: who may, what comes, by e-mail and as a file."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.mailboxes import Mailbox
from tests.rest.files import upload
from tests.running import Api, Server, running

LINK = re.compile(r"http\S+/file-upload/\S+\.zip")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Server]:
    environment = {"HOOKROOM_SMTP_URL": mailbox.url, "HOOKROOM_MAIL_FROM": "chat@example.com"}
    with running(tmp_path_factory.mktemp("exports"), environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def admin(server: Server) -> Api:
    return server.admin()


@pytest.fixture
def exporter(admin: Api) -> Api:
    """An administrator to whom rocket.cat never wrote."""
    return admin.new_user(roles=["admin", "user"])


def send(api: Api, room: Any, text: str) -> str:
    return str(api.post("chat.sendMessage", message={"rid": room["_id"], "msg": text})["message"]["_id"])


def link(api: Api) -> str:
    """The link that rocket.cat sent."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for room in api.get("im.list")["ims"]:
            if "rocket.cat" in room["usernames"] and room.get("lastMessage"):
                found = LINK.search(room["lastMessage"]["msg"])
                assert found, room["lastMessage"]
                return found[0]
    raise AssertionError("rocket.cat wrote nothing")


def test_a_room_as_a_file(admin: Api, exporter: Api, user: Api, mailbox: Mailbox) -> None:
    room = user.new_channel()
    send(user, room, "first <b>words</b>")
    upload(user, room, b"the file", "a b.txt")
    before = len(mailbox.messages)
    exporter.post("rooms.export", rid=room["_id"], type="file", format="json", dateTo="2100-01-01")
    url = link(exporter)
    assert url in mailbox.last_text(before + 1)
    assert mailbox.recipients[-1] == exporter.get("me")["emails"][0]["address"]
    answer = exporter.http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    lines = [json.loads(line) for line in archive.read(f"{room['name']}.json").splitlines()]
    assert [line["msg"] for line in lines] == ["first <b>words</b>", ""]
    assert archive.read(lines[1]["attachments"][0]["path"]) == b"the file"
    # It is nobody else's: not those of the room, not other administrators, not whoever knows the link.
    for other in (user, admin, Api(admin.url)):
        assert other.http.get(url).status_code == 403
    part = exporter.http.get(url, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, b"PK")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "file"}, "error-invalid-format"),
        ({"type": "file", "format": "pdf"}, "error-invalid-format"),
        ({"type": "fax"}, "invalid-params"),
        ({"type": "file", "format": "html", "dateFrom": "soon"}, "error-invalid-date"),
        (
            {"type": "file", "format": "html", "dateFrom": "2026-02-01", "dateTo": "2026-01-01"},
            "error-invalid-dates",
        ),
        ({"rid": "nowhere", "type": "file", "format": "html"}, "error-invalid-room"),
        ({"type": "email", "subject": "s", "messages": ["m"]}, "error-invalid-recipient"),
        ({"type": "email", "toEmails": [" "], "messages": ["m"]}, "error-invalid-recipient"),
        ({"type": "email", "toEmails": ["nobody"], "messages": ["m"]}, "error-invalid-email"),
        ({"type": "email", "toEmails": ["a@example.com"], "messages": ["m"]}, "error-invalid-messages"),
        ({"type": "email", "toEmails": ["a@example.com"]}, "error-invalid-messages"),
        ({"type": "email", "toEmails": ["a@example.com"] * 101}, "error-invalid-recipient"),
        ({"type": "email", "toEmails": "a@example.com"}, "invalid-params"),
    ],
)
def test_what_is_refused(exporter: Api, fields: dict[str, Any], code: str) -> None:
    body = {"rid": "GENERAL", **fields}
    assert exporter.refused("POST", "rooms.export", json=body)["errorType"] == code


def test_messages_by_email(exporter: Api, user: Api, mailbox: Mailbox) -> None:
    room, other = user.new_channel(), user.new_channel()
    first, second = send(user, room, "one <script>"), send(user, room, "two")
    elsewhere = send(user, other, "three")
    before = len(mailbox.messages)
    answer = exporter.post(
        "rooms.export",
        rid=room["_id"],
        type="email",
        toUsers=[user.username(), "nobody-of-that-name", "rocket.cat"],
        toEmails=[" Else@example.com"],
        subject="What\r\nBcc: was@example.com",
        messages=[second, elsewhere, first, first],
    )
    assert answer["missing"] == ["nobody-of-that-name", "rocket.cat"]
    sent = mailbox.wait_for(before + 2)[before:]
    address = user.get("me")["emails"][0]["address"]
    assert {str(one["To"]) for one in sent} == {address, "Else@example.com"}
    (message, _) = sent
    assert message["Subject"] == "What Bcc: was@example.com"
    assert message["Reply-To"] == exporter.get("me")["emails"][0]["address"]
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    said = text.get_content()
    assert said.index("one <script>") < said.index("two")
    assert "three" not in said
    assert "one &lt;script&gt;" in page.get_content()


def test_ones_own_data(admin: Api) -> None:
    user = admin.new_user(bio="who I am")
    begun = user.get("users.requestDataDownload", fullExport="true")
    assert begun["requested"] is True
    operation = begun["exportOperation"]
    assert (operation["userId"], operation["fullExport"]) == (user.user_id, True)
    url = link(user)
    again = user.get("users.requestDataDownload", fullExport="true")
    assert (again["requested"], again["exportOperation"]["_id"]) == (False, operation["_id"])
    assert again["exportOperation"]["status"] == "completed"
    assert [room["roomId"] for room in again["exportOperation"]["roomList"]] == ["GENERAL"]
    assert url.endswith(again["url"])
    archive = zipfile.ZipFile(io.BytesIO(user.http.get(again["url"]).content))
    assert archive.namelist() == ["user.json", "channels.json", "general.json"]
    profile = json.loads(archive.read("user.json"))
    assert (profile["username"], profile["services"]) == (user.username(), ["password"])
    assert admin.http.get(again["url"]).status_code == 403
    assert user.refused("GET", "users.requestDataDownload", params={"fullExport": "perhaps"})[
        "errorType"
    ] == ("invalid-params")


def test_who_may(admin: Api, user: Api, exporter: Api) -> None:
    """The permission may be given to the owners of rooms; administrators export what they see."""
    room = user.new_channel()
    body = {"rid": room["_id"], "type": "file", "format": "html"}
    answer = user.refused("POST", "rooms.export", json=body)
    assert answer["error"] == "Mailing is not allowed [error-action-not-allowed]"
    group = user.post("groups.create", name=room["name"] + "-group")["group"]
    assert exporter.refused("POST", "rooms.export", json={**body, "rid": group["_id"]})["errorType"] == (
        "error-not-allowed"
    )
    admin.post("permissions.update", permissions=[{"_id": "mail-messages", "roles": ["admin", "owner"]}])
    try:
        assert user.post("rooms.export", **body)["success"]
        assert user.refused("POST", "rooms.export", json={**body, "rid": "GENERAL"})["errorType"] == (
            "error-action-not-allowed"
        )
    finally:
        admin.post("permissions.update", permissions=[{"_id": "mail-messages", "roles": ["admin"]}])
