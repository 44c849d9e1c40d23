"""Reports to moderators, the console that lists them, and what closes them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP
from tests.running import Api, unique


@pytest.fixture
def author(admin: Api) -> Api:
    """Somebody whom nobody has reported yet."""
    return admin.new_user()


def send(api: Api, room_id: str, text: str) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text})["message"]


def reported(admin: Api, author: Api, **query: Any) -> list[str]:
    """The reported messages of ``author``, in the console."""
    found = admin.get("moderation.user.reportedMessages", userId=author.user_id, **query)
    return [one["message"]["msg"] for one in found["messages"]]


def test_reported_messages(admin: Api, user: Api, author: Api) -> None:
    rooms = [CHANNEL.create(author), CHANNEL.create(author)]
    first, second = (
        send(author, room["_id"], text) for room, text in zip(rooms, ("rude", "ruder"), strict=True)
    )
    word = unique("because")
    for message in (first, first, second):
        user.post("chat.reportMessage", messageId=message["_id"], description=word)
    found = admin.get("moderation.reportsByUsers", selector=word.upper())
    assert (found["count"], found["offset"], found["total"]) == (1, 0, 1)
    (one,) = found["reports"]
    expected = {
        "userId": author.user_id,
        "username": author.username(),
        "isUserDeleted": False,
        "message": "ruder",
        "msgId": second["_id"],
        "count": 3,
    }
    assert expected.items() <= one.items()
    assert {room["_id"] for room in one["rooms"]} == {room["_id"] for room in rooms}
    assert admin.get("moderation.reportsByUsers", selector=word, latest=first["ts"])["reports"] == []
    assert len(admin.get("moderation.reportsByUsers", selector=word, oldest=first["ts"])["reports"]) == 1
    assert reported(admin, author) == ["ruder", "rude"]
    assert reported(admin, author, selector="ruder") == ["ruder"]
    reports = admin.get("moderation.reports", msgId=first["_id"])["reports"]
    assert [(one["description"], one["reportedBy"]["_id"]) for one in reports] == [(word, user.user_id)] * 2
    assert reports[0]["room"]["name"] == rooms[0]["name"]
    info = admin.get("moderation.reportInfo", reportId=reports[0]["_id"])["report"]
    assert info["message"]["msg"] == "rude"
    # What it said then stays in the report.
    author.post("chat.update", roomId=first["rid"], msgId=first["_id"], text="polite")
    assert reported(admin, author) == ["ruder", "rude"]
    admin.post("moderation.dismissReports", msgId=first["_id"], reason="not so bad", action="none needed")
    assert reported(admin, author) == ["ruder"]
    assert admin.get("moderation.reports", msgId=first["_id"])["total"] == 0
    info = admin.get("moderation.reportInfo", reportId=reports[0]["_id"])["report"]
    assert info["_hidden"] is True
    assert (
        info["moderationInfo"].items()
        >= {
            "moderatedBy": admin.user_id,
            "reason": "not so bad",
            "action": "none needed",
        }.items()
    )
    admin.post("moderation.dismissReports", userId=author.user_id)
    assert reported(admin, author) == []
    answer = admin.refused("POST", "moderation.dismissReports", json={"userId": author.user_id})
    assert answer["error"] == "no-reports-found"


def test_deleting_reported_messages(admin: Api, user: Api, author: Api) -> None:
    group = GROUP.create(author, members=[user.username()])
    bad, good = send(author, group["_id"], "bad"), send(author, group["_id"], "good")
    user.post("chat.reportMessage", messageId=bad["_id"], description="bad")
    admin.post("moderation.user.deleteReportedMessages", userId=author.user_id, reason="too bad")
    left = [one["msg"] for one in author.get("groups.messages", roomId=group["_id"])["messages"]]
    assert left == [good["msg"]]
    assert reported(admin, author) == []
    answer = admin.refused("POST", "moderation.user.deleteReportedMessages", json={"userId": author.user_id})
    assert answer["error"] == "No reported messages found for this user."


def test_reported_users(admin: Api, user: Api, author: Api) -> None:
    name = author.username()
    for description in ("spam", "more spam"):
        user.post("moderation.reportUser", userId=author.user_id, description=description)
    (one,) = admin.get("moderation.userReports", selector=name)["reports"]
    assert (one["count"], one["reportedUser"]["_id"]) == (2, author.user_id)
    assert one["reportedUser"]["emails"][0]["address"] == f"{name}@example.com"
    found = admin.get("moderation.user.reportsByUserId", userId=author.user_id)
    assert [one["description"] for one in found["reports"]] == ["more spam", "spam"]
    assert found["user"]["username"] == name
    # Reports of a user are not reports of messages.
    assert reported(admin, author) == []
    admin.refused("POST", "moderation.dismissReports", json={"userId": author.user_id})
    admin.post("users.delete", userId=author.user_id)
    (one,) = admin.get("moderation.userReports", selector=name)["reports"]
    assert "emails" not in one["reportedUser"]
    found = admin.get("moderation.user.reportsByUserId", userId=author.user_id)["user"]
    assert (found["username"], "active" in found) == (name, False)
    admin.post("moderation.dismissUserReports", userId=author.user_id, reason="gone")
    assert admin.get("moderation.userReports", selector=name)["reports"] == []
    answer = admin.refused("POST", "moderation.dismissUserReports", json={"userId": author.user_id})
    assert answer["error"] == "no-reports-found"


def test_who_may_report_what(user: Api, author: Api, stranger: Api) -> None:
    secret = send(author, GROUP.create(author)["_id"], "secret")
    for message_id, description, error in (
        (secret["_id"], "x", "error-invalid-message_id"),
        ("nothing", "x", "error-invalid-message_id"),
        (secret["_id"], " ", "error-invalid-description"),
        (secret["_id"], "x" * 5001, "error-invalid-description"),
    ):
        body = {"messageId": message_id, "description": description}
        assert stranger.refused("POST", "chat.reportMessage", json=body)["error"] == error
    body = {"userId": "nobody", "description": "x"}
    assert user.refused("POST", "moderation.reportUser", json=body)["error"] == "Invalid user id provided."


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "moderation.reportsByUsers", {}),
        ("GET", "moderation.userReports", {}),
        ("GET", "moderation.user.reportedMessages", {"userId": "x"}),
        ("GET", "moderation.user.reportsByUserId", {"userId": "x"}),
        ("GET", "moderation.reports", {"msgId": "x"}),
        ("GET", "moderation.reportInfo", {"reportId": "x"}),
        ("POST", "moderation.dismissReports", {"userId": "x"}),
        ("POST", "moderation.dismissUserReports", {"userId": "x"}),
        ("POST", "moderation.user.deleteReportedMessages", {"userId": "x"}),
    ],
)
def test_the_console_is_for_moderators(user: Api, method: str, path: str, fields: Any) -> None:
    user.refused(method, path, 403, **{"params" if method == "GET" else "json": fields})


@pytest.mark.parametrize(
    ("path", "query", "error"),
    [
        ("moderation.reportInfo", {"reportId": "nothing"}, "error-report-not-found"),
        (
            "moderation.reportsByUsers",
            {"oldest": "once"},
            'The "oldest" query parameter must be a valid date. [error-invalid-date]',
        ),
        ("moderation.reports", {}, "must have required property 'msgId' [invalid-params]"),
    ],
)
def test_what_the_console_does_not_know(admin: Api, path: str, query: Any, error: str) -> None:
    assert admin.refused("GET", path, params=query)["error"] == error
