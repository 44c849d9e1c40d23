"""``.messages`` and ``.history`` of channels, groups and direct rooms, and what changed since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.running import Api, Server, tick, unique


def send(api: Api, room_id: str, text: str = "hello", **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def texts(answer: Any) -> list[str]:
    return [one["msg"] for one in answer["messages"] if "t" not in one]


def rooms(user: Api, stranger: Api) -> list[tuple[str, Any]]:
    """A new room of each kind, with the family of its endpoints."""
    return [
        ("channels", user.new_channel()),
        ("groups", user.post("groups.create", name=unique("group"))["group"]),
        ("im", user.post("im.create", username=stranger.username())["room"]),
    ]


def test_pages_of_every_kind_of_room(own_server: Server) -> None:
    admin = own_server.admin()
    user, other = admin.new_user(), admin.new_user()
    for family, room in rooms(user, other):
        sent = [send(user, room["_id"], f"{i}") for i in range(5)]
        answer = user.get(f"{family}.messages", roomId=room["_id"], count=2)
        assert texts(answer) == ["4", "3"]
        assert (answer["count"], answer["offset"]) == (2, 0)
        assert answer["total"] == user.get(f"{family}.messages", roomId=room["_id"])["count"]
        assert texts(user.get(f"{family}.messages", roomId=room["_id"], count=2, offset=3)) == ["1", "0"]
        oldest = user.get(f"{family}.messages", roomId=room["_id"], sort='{"ts": 1}')
        assert texts(oldest) == ["0", "1", "2", "3", "4"]
        assert [one for one in oldest["messages"] if "t" not in one] == sent

        def told(family: str = family, room: Any = room, **query: Any) -> list[str]:
            return texts(user.get(f"{family}.history", roomId=room["_id"], **query))

        assert told() == ["4", "3", "2", "1", "0"]
        assert told(count=2, offset=1) == ["3", "2"]
        assert told(latest=sent[0]["ts"]) == []
        assert told(latest=sent[0]["ts"], inclusive="true")[-1] == "0"
        assert told(oldest=sent[4]["ts"]) == []
        assert told(oldest="None", latest=sent[4]["ts"].replace("T", " ").rstrip("Z")) == ["3", "2", "1", "0"]
        assert told(oldest=sent[4]["ts"], inclusive="true")[0] == "4"
        assert user.get(f"{family}.history", roomId=room["_id"])["messages"][0] == sent[4]


def test_rooms_by_name(user: Api, stranger: Api) -> None:
    for family, room in rooms(user, stranger)[:2]:
        send(user, room["_id"], "x")
        for call in ("messages", "history"):
            assert texts(user.get(f"{family}.{call}", roomName=room["name"])) == ["x"]
    send(user, user.post("im.create", username=stranger.username())["room"]["_id"], "to you")
    for prefix in ("im", "dm"):
        assert texts(user.get(f"{prefix}.messages", username=stranger.username()))[0] == "to you"


def test_unread_messages(user: Api) -> None:
    room = user.new_channel()
    sent = [send(user, room["_id"], f"{i}") for i in range(6)]
    answer = user.get("channels.history", roomId=room["_id"], oldest=sent[0]["ts"], unreads="true", count=2)
    newer = [one for one in sent if one["ts"] > sent[0]["ts"]]
    assert answer["unreadNotLoaded"] == len([o for o in newer if o["ts"] < answer["messages"][-1]["ts"]])
    assert answer["firstUnread"]["_id"] == newer[0]["_id"]
    answer = user.get("channels.history", roomId=room["_id"], unreads="true")
    assert answer["unreadNotLoaded"] == 0
    assert "firstUnread" not in answer


def test_hidden_system_messages(admin: Api) -> None:
    room = admin.new_channel()
    admin.post("channels.setTopic", roomId=room["_id"], topic="news")
    send(admin, room["_id"], "x")

    def types() -> list[str]:
        found = admin.get("channels.history", roomId=room["_id"])["messages"]
        return [one["t"] for one in found if "t" in one]

    assert "room_changed_topic" in types()
    admin.post("rooms.saveRoomSettings", rid=room["_id"], systemMessages=["room_changed_topic"])
    assert "room_changed_topic" not in types()
    assert texts(admin.get("channels.history", roomId=room["_id"])) == ["x"]
    everything = admin.get("channels.messages", roomId=room["_id"])
    assert "room_changed_topic" in [one.get("t") for one in everything["messages"]]
    assert everything["total"] == len(everything["messages"])


def test_chosen_messages(own_server: Server) -> None:
    admin = own_server.admin()
    user, other = admin.new_user(), admin.new_user()
    room = user.new_channel()
    me, them = user.username(), other.username()
    send(user, room["_id"], "nobody")
    both = send(user, room["_id"], f"@{me} @{them}")
    send(user, room["_id"], f"@{them}")
    everybody = send(user, room["_id"], "@all")
    for path, message in (
        ("chat.starMessage", both),
        ("chat.pinMessage", everybody),
        ("chat.pinMessage", both),
    ):
        user.post(path, messageId=message["_id"])

    def chosen(**query: Any) -> list[str]:
        answer = user.get("channels.messages", roomId=room["_id"], **query)
        assert answer["total"] == len(answer["messages"])
        return texts(answer)

    assert chosen(mentionIds=user.user_id) == [f"@{me} @{them}"]
    assert chosen(mentionIds=other.user_id) == [f"@{them}", f"@{me} @{them}"]
    assert chosen(mentionIds=f"{user.user_id}, {other.user_id}") == [f"@{them}", f"@{me} @{them}"]
    assert chosen(mentionIds=f'["{user.user_id}", "all"]') == ["@all", f"@{me} @{them}"]
    assert chosen(starredIds=user.user_id) == [f"@{me} @{them}"]
    assert chosen(starredIds=other.user_id) == []
    assert chosen(pinned="true") == ["@all", f"@{me} @{them}"]
    assert chosen(pinned="true", mentionIds="all") == ["@all"]
    assert chosen(query='{"pinned": true}') == ["@all", f"@{me} @{them}"]
    assert chosen(query=f'{{"mentions._id": {{"$in": ["{user.user_id}"]}}}}') == [f"@{me} @{them}"]
    assert chosen(query=f'{{"starred._id": "{user.user_id}"}}') == [f"@{me} @{them}"]
    assert chosen(pinned="true", sort='{"ts": 1}') == [f"@{me} @{them}", "@all"]

    found = user.get("chat.getMentionedMessages", roomId=room["_id"])
    assert texts(found) == [f"@{me} @{them}"]
    mentions = other.get("channels.getAllUserMentionsByChannel", roomId=room["_id"])
    assert [one["msg"] for one in mentions["mentions"]] == [f"@{me} @{them}", f"@{them}"]
    assert (mentions["count"], mentions["total"]) == (2, 2)
    user.post("chat.update", roomId=room["_id"], msgId=both["_id"], text=f"@{them} only")
    assert texts(user.get("chat.getMentionedMessages", roomId=room["_id"])) == []
    assert other.get("channels.getAllUserMentionsByChannel", roomId=room["_id"])["total"] == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"query": '{"msg": "x"}'}, "error-invalid-query"),
        ({"query": '{"$where": "1"}'}, "error-invalid-query"),
        ({"query": '{"pinned": {"$ne": true}}'}, "error-invalid-query"),
        ({"query": '{"mentions._id": {"$regex": "x"}}'}, "error-invalid-query"),
        ({"query": '{"mentions._id": 1}'}, "error-invalid-query"),
        ({"query": "[]"}, "error-invalid-query"),
        ({"query": "{"}, "error-invalid-query"),
        ({"query": "[" * 5000}, "error-invalid-query"),
        ({"mentionIds": ",".join("abcdefghijklmnopqrstuvwxyzA")}, "error-invalid-query"),
        ({"mentionIds": "[1]"}, "error-invalid-params"),
        ({"sort": '{"msg": 1}'}, "error-invalid-sort"),
        ({"sort": '{"ts": "DESC; DROP TABLE messages"}'}, "error-invalid-sort"),
        ({"count": "x"}, "invalid-params"),
        ({"count": "-1"}, "invalid-params"),
        ({"offset": "1e400"}, "invalid-params"),
        ({"fields": '{"u": 0}'}, "invalid-params"),
    ],
)
def test_hostile_parameters(user: Api, query: Any, code: str) -> None:
    answer = user.refused("GET", "channels.messages", params={"roomId": "GENERAL", **query})
    assert answer["errorType"] == code


@pytest.mark.parametrize("query", ["null", "{}", ""])
def test_a_query_for_nothing_chooses_nothing(user: Api, query: str) -> None:
    assert user.get("channels.messages", roomId="GENERAL", query=query)["total"] >= 0


def test_large_numbers_are_no_error(user: Api) -> None:
    answer = user.get("channels.messages", roomId="GENERAL", offset="99999999999999999999")
    assert answer["messages"] == []
    user.get("channels.history", roomId="GENERAL", count="9e18", offset="1e18")


@pytest.mark.parametrize("moment", ["yesterday", "9999-99-99", "1", "0001-01-01T00:00:00+23:59"])
def test_moments_that_are_none(user: Api, moment: str) -> None:
    response = user.call("GET", "channels.history", params={"roomId": "GENERAL", "latest": moment})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response.json()["errorType"] == "error-invalid-date"


def test_who_sees_what(user: Api, stranger: Api, admin: Api) -> None:
    (_, channel), (_, group), (_, direct) = rooms(user, stranger)
    outsider = admin.new_user()
    for call in ("messages", "history"):
        outsider.get(f"channels.{call}", roomId=channel["_id"])
        answer = outsider.refused("GET", f"groups.{call}", params={"roomId": group["_id"]})
        assert answer["errorType"] == "error-room-not-found"
        outsider.refused("GET", f"im.{call}", 403, params={"roomId": direct["_id"]})
        answer = outsider.refused("GET", f"channels.{call}", params={"roomId": group["_id"]})
        assert answer["errorType"] == "error-room-not-found"
        Api(user.url).refused("GET", f"channels.{call}", 401, params={"roomId": channel["_id"]})
    guest = admin.new_user(roles=["guest"])
    for call in ("messages", "history"):
        guest.refused("GET", f"channels.{call}", 403, params={"roomId": channel["_id"]})


def test_changes_since(own_server: Server) -> None:
    user = own_server.admin()
    room = user.new_channel()
    sent = [send(user, room["_id"], f"{i}") for i in range(4)]
    tick(4)
    before = (datetime.fromisoformat(sent[3]["_updatedAt"]) + timedelta(milliseconds=1)).isoformat()
    user.post("chat.update", roomId=room["_id"], msgId=sent[1]["_id"], text="changed")
    user.post("chat.delete", roomId=room["_id"], msgId=sent[0]["_id"])
    last = send(user, room["_id"], "new")
    result = user.get("chat.syncMessages", roomId=room["_id"], lastUpdate=before)["result"]
    assert {one["msg"] for one in result["updated"]} == {"changed", "new"}
    assert [one["_id"] for one in result["deleted"]] == [sent[0]["_id"]]
    everything = user.get("chat.syncMessages", roomId=room["_id"], lastUpdate="2000-01-01")["result"]
    assert texts({"messages": everything["updated"]}) == ["new", "changed", "3", "2"]
    gone = user.get("chat.getDeletedMessages", roomId=room["_id"], since="2000-01-01T00:00:00.000Z")
    assert gone["messages"] == [{"_id": sent[0]["_id"]}]
    assert (gone["count"], gone["total"]) == (1, 1)
    none = user.get("chat.getDeletedMessages", roomId=room["_id"], since=last["ts"])
    assert none["messages"] == []


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_changes_in_pages_lose_nothing(user: Api, count: int) -> None:
    room = user.new_channel()
    sent = [send(user, room["_id"], f"{i}")["_id"] for i in range(7)]
    user.post("chat.update", roomId=room["_id"], msgId=sent[2], text="changed")
    for kind, key in (("UPDATED", "updated"), ("DELETED", "deleted")):
        expected = user.get("chat.syncMessages", roomId=room["_id"], lastUpdate="2000-01-01")["result"][key]
        query: dict[str, Any] = {"roomId": room["_id"], "type": kind, "count": count}
        seen: list[str] = []
        page = user.get("chat.syncMessages", **query)["result"]
        while True:
            seen += [one["_id"] for one in page[key]]
            ahead = page["cursor"]["next"]
            if ahead is None:
                break
            page = user.get("chat.syncMessages", **query, next=ahead)["result"]
        assert seen == [one["_id"] for one in reversed(expected)]
        if expected:
            back = user.get("chat.syncMessages", **query, previous=str(2**52))["result"]
            assert back[key][0]["_id"] == seen[-1]
        for message_id in sent[:3]:
            if kind == "UPDATED":
                user.post("chat.delete", roomId=room["_id"], msgId=message_id)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "error-param-required"),
        ({"lastUpdate": "soon"}, "error-lastUpdate-param-invalid"),
        ({"type": "UPDATED", "next": "1", "previous": "2"}, "error-cursor-conflict"),
        ({"lastUpdate": "2020-01-01", "next": "1"}, "error-cursor-and-lastUpdate-conflict"),
        ({"type": "UPDATED", "next": "soon"}, "error-cursor-invalid"),
        ({"type": "ALL"}, "invalid-params"),
        ({"roomId": "nowhere", "lastUpdate": "2020-01-01"}, "error-not-allowed"),
    ],
)
def test_changes_that_cannot_be_asked_for(user: Api, query: Any, code: str) -> None:
    answer = user.refused("GET", "chat.syncMessages", params={"roomId": "GENERAL", **query})
    assert answer["errorType"] == code


def test_deleted_messages_need_a_moment_and_a_room(user: Api, stranger: Api) -> None:
    answer = user.refused(
        "GET", "chat.getDeletedMessages", params={"roomId": "GENERAL", "since": "yesterday"}
    )
    assert answer["error"] == 'must match format "iso-date-time" [invalid-params]'
    group = user.post("groups.create", name=unique("group"))["group"]
    query = {"roomId": group["_id"], "since": "2020-01-01T00:00:00Z"}
    assert (
        stranger.refused("GET", "chat.getDeletedMessages", params=query)["errorType"] == "error-not-allowed"
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "chat.getMessageReadReceipts"), ("POST", "chat.otr")],
)
def test_what_is_left_out_says_so(user: Api, method: str, path: str) -> None:
    sent: list[dict[str, Any]] = [{"json": {}}, {"files": {"a": b"x"}}, {"content": b"{"}]
    for body in sent if method == "POST" else [{}]:
        assert "left out" in user.refused(method, path, 501, **body)["error"]
