"""Methods of messages: sending, changing and marking them, and loading what was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.methods.calls import method, refused
from tests.running import Api, tick, unique


@pytest.fixture(scope="module")
def reader(admin: Api) -> Api:
    return admin.new_user()


def say(api: Api, room_id: str, text: str, **fields: Any) -> Any:
    """Send a message, later than all before it."""
    tick()
    return method(api, "sendMessage", {"rid": room_id, "msg": text, **fields})


def texts(found: Any) -> list[str]:
    return [one["msg"] for one in found if "t" not in one]


@pytest.fixture
def room_id(user: Api, reader: Api) -> str:
    made: str = method(user, "createChannel", unique("talk"), [reader.username()])["rid"]
    return made


def test_a_message_and_its_changes(user: Api, reader: Api, room_id: str) -> None:
    own_id = unique("message")
    sent = say(user, room_id, "hello", _id=own_id, customFields={"a": 1}, bot={"i": "x"}, u={"_id": "other"})
    assert (sent["_id"], sent["msg"], sent["u"]["_id"]) == (own_id, "hello", user.user_id)
    assert "bot" not in sent
    assert refused(user, "sendMessage", {"rid": room_id, "msg": "again", "_id": own_id})["error"] == (
        "error-message-already-exists"
    )
    assert refused(user, "sendMessage", {"rid": "none", "msg": "x"})["error"] == "error-invalid-room"
    assert method(user, "updateMessage", {"_id": own_id, "rid": room_id, "msg": "changed"}) is None
    shown = method(reader, "getSingleMessage", own_id)
    assert (shown["msg"], shown["editedBy"]["_id"]) == ("changed", user.user_id)
    assert isinstance(shown["editedAt"]["$date"], int)
    assert refused(reader, "updateMessage", {"_id": own_id, "msg": "mine"})["error"] == (
        "error-action-not-allowed"
    )
    assert refused(reader, "deleteMessage", {"_id": own_id})["error"] == "error-action-not-allowed"
    assert method(user, "deleteMessage", {"_id": own_id}) is None
    assert method(user, "getSingleMessage", own_id) is None
    assert refused(user, "deleteMessage", {"_id": own_id})["error"] == "error-action-not-allowed"


def test_marks(user: Api, reader: Api, room_id: str) -> None:
    first = say(user, room_id, "first")["_id"]
    assert method(reader, "setReaction", ":smile:", first) is None
    assert method(user, "getMessages", [first, "none"])[0]["reactions"][":smile:"]["usernames"] == [
        reader.username()
    ]
    method(reader, "setReaction", "smile", first, False)
    assert "reactions" not in method(user, "getSingleMessage", first)
    assert refused(reader, "setReaction", ":smile:", "none")["error"] == "error-not-allowed"
    assert method(reader, "starMessage", {"_id": first, "rid": room_id, "starred": True}) is True
    assert method(reader, "getSingleMessage", first)["starred"] == [{"_id": reader.user_id}]
    assert method(reader, "starMessage", {"_id": "none", "starred": True}) is False
    said = method(user, "pinMessage", {"_id": first, "rid": room_id})
    assert said["t"] == "message_pinned"
    assert method(user, "getSingleMessage", first)["pinned"] is True
    assert method(user, "unpinMessage", {"_id": first, "rid": room_id}) is True
    assert refused(user, "pinMessage", {"_id": "none"})["error"] == "error-invalid-message"
    assert method(reader, "reportMessage", first, "rude") is True


def test_a_thread(user: Api, reader: Api, room_id: str) -> None:
    first = say(user, room_id, "begin")["_id"]
    assert method(user, "getThreadMessages", {"tmid": first}) == []
    for text in ("one", "two"):
        say(reader, room_id, text, tmid=first)
    found = method(user, "getThreadMessages", {"tmid": first})
    assert texts(found) == ["begin", "two", "one"]
    assert texts(method(user, "getThreadMessages", {"tmid": first, "limit": 1, "skip": 1})) == [
        "begin",
        "one",
    ]
    assert method(user, "unfollowMessage", {"mid": first}) is True
    assert user.user_id not in method(user, "getSingleMessage", first)["replies"]
    assert method(user, "followMessage", {"mid": first}) is True
    assert refused(user, "getThreadMessages", {"tmid": first, "limit": 101})["error"] == "error-not-allowed"
    whole = method(user, "loadHistory", room_id, None, 50)["messages"]
    assert texts(whole) == ["two", "one", "begin"]
    assert texts(method(user, "loadHistory", room_id, None, 50, None, False)["messages"]) == ["begin"]


def test_a_thread_is_read(user: Api, reader: Api, room_id: str) -> None:
    def unread() -> list[str]:
        own = next(one for one in method(user, "subscriptions/get") if one["rid"] == room_id)
        found: list[str] = own.get("tunread", [])
        return found

    first = say(user, room_id, "begin")["_id"]
    ways: tuple[Callable[[], Any], ...] = (
        lambda: method(user, "getThreadMessages", {"tmid": first}),
        lambda: method(user, "readThreads", first),
        lambda: method(user, "readMessages", room_id, True),
    )
    for read in ways:
        say(reader, room_id, "answer", tmid=first)
        assert unread() == [first]
        read()
        assert unread() == []


def test_notifications_and_cleaning(admin: Api, user: Api, reader: Api, room_id: str) -> None:
    assert method(user, "saveNotificationSettings", room_id, "disableNotifications", "1") is True
    assert (
        refused(user, "saveNotificationSettings", room_id, "nothing", "1")["error"]
        == "error-invalid-settings"
    )
    sent = say(user, room_id, "soon gone")
    stretch = {"roomId": room_id, "oldest": sent["ts"], "latest": sent["ts"]}
    assert refused(reader, "cleanRoomHistory", stretch)["error"] == "error-not-allowed"
    assert method(admin, "cleanRoomHistory", stretch) == 1
    assert method(user, "getSingleMessage", sent["_id"]) is None


def test_loading_history(user: Api, reader: Api, room_id: str) -> None:
    sent = [say(user, room_id, f"m{number}") for number in range(6)]
    at = [one["ts"] for one in sent]
    newest = method(reader, "loadHistory", room_id, None, 2)
    assert texts(newest["messages"]) == ["m5", "m4"]
    assert newest["unreadNotLoaded"] == 0
    page = method(reader, "loadHistory", room_id, at[4], 2, at[0])
    assert texts(page["messages"]) == ["m3", "m2"]
    assert (page["unreadNotLoaded"], page["firstUnread"]["msg"]) == (1, "m1")
    assert texts(method(reader, "loadMissedMessages", room_id, at[3])) == ["m5", "m4"]
    assert texts(method(reader, "loadNextMessages", room_id, at[1], 3)["messages"]) == ["m2", "m3", "m4"]
    around = method(reader, "loadSurroundingMessages", {"_id": sent[2]["_id"]}, 4)
    assert texts(around["messages"])[-3:] == ["m2", "m3", "m4"]
    assert (around["moreBefore"], around["moreAfter"]) == (True, True)
    assert len(method(reader, "loadHistory", room_id, None, 0)["messages"]) >= 6


def test_what_is_not_ones_own_to_read(user: Api, admin: Api) -> None:
    stranger = admin.new_user()
    group = method(user, "createPrivateGroup", unique("closed"), [])["rid"]
    message = say(user, group, "secret")
    now = message["ts"]
    assert method(stranger, "loadHistory", group) is False
    assert method(stranger, "loadMissedMessages", group, now) is False
    assert method(stranger, "loadNextMessages", group) is False
    assert method(stranger, "loadSurroundingMessages", {"_id": message["_id"]}) is False
    for name, params in (
        ("getSingleMessage", [message["_id"]]),
        ("getMessages", [[message["_id"]]]),
        ("getThreadMessages", [{"tmid": message["_id"]}]),
        ("readMessages", [group]),
        ("getUserMentionsByChannel", [{"roomId": group}]),
    ):
        assert refused(stranger, name, *params)["error"] == "error-not-allowed", name
    assert refused(stranger, "sendMessage", {"rid": group, "msg": "x"})["error"] == "error-not-allowed"


def test_read_and_unread(user: Api, reader: Api, room_id: str) -> None:
    def alert() -> bool:
        found: bool = next(one for one in method(reader, "subscriptions/get") if one["rid"] == room_id)[
            "alert"
        ]
        return found

    message = say(user, room_id, f"@{reader.username()} look")
    assert alert() is True
    assert method(reader, "readMessages", room_id) is None
    assert alert() is False
    assert method(reader, "unreadMessages", {"_id": message["_id"]}) is None
    assert alert() is True
    method(reader, "readMessages", room_id)
    assert method(reader, "unreadMessages", None, room_id) is None
    assert alert() is True
    found = method(reader, "getUserMentionsByChannel", {"roomId": room_id, "options": {"limit": 5}})
    assert [one["_id"] for one in found] == [message["_id"]]
