"""What clients are told beside messages, through the realtime API of a running server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.live.client import Client, client
from tests.rules.pictures import png
from tests.running import Api, running, unique


@pytest.fixture(scope="module")
def ann(admin: Api) -> Api:
    return admin.new_user()


@pytest.fixture(scope="module")
def bob(admin: Api) -> Api:
    return admin.new_user()


@pytest.fixture
def told(ann: Api) -> Iterator[Client]:
    """Ann, who listens to everything of her own."""
    with client(ann) as connected:
        connected.listen_to_oneself(
            *("subscriptions-changed", "rooms-changed", "notification", "message", "userData"),
        )
        yield connected


def of(room_id: str, action: str = "updated") -> Any:
    return lambda args: args[0] == action and room_id in (args[1].get("rid"), args[1]["_id"])


def test_subscriptions_and_rooms(admin: Api, ann: Api, bob: Api, told: Client) -> None:
    room = bob.new_channel()
    rid = room["_id"]
    bob.post("channels.invite", roomId=rid, userId=ann.user_id)
    _, subscription = told.hear("subscriptions-changed", of(rid, "inserted"))
    assert (subscription["name"], subscription["alert"], subscription["u"]["_id"]) == (
        room["name"],
        False,
        ann.user_id,
    )
    assert isinstance(subscription["_updatedAt"]["$date"], int)
    assert told.hear("rooms-changed", of(rid, "inserted"))[1]["usersCount"] == 2

    for n in range(20):
        bob.post("chat.postMessage", roomId=rid, text=str(n))
    _, news = told.hear("subscriptions-changed", lambda args: of(rid)(args) and args[1]["alert"])
    assert news["unread"] == 0
    latest = told.hear("rooms-changed", lambda args: of(rid)(args) and args[1]["lastMessage"]["msg"] == "19")
    assert isinstance(latest[1]["lm"]["$date"], int)
    alerts = [args for args in told.heard("subscriptions-changed") if of(rid)(args)]
    assert not any(args[1]["alert"] for args in alerts), "nobody is told twice that something is new"
    assert len([args for args in told.heard("rooms-changed") if of(rid)(args)]) < 10

    bob.post("chat.postMessage", roomId=rid, text=f"@{ann.username()}")
    told.hear("subscriptions-changed", lambda args: of(rid)(args) and args[1]["userMentions"] == 1)
    ann.post("subscriptions.read", rid=rid)
    read = told.hear("subscriptions-changed", lambda args: of(rid)(args) and not args[1]["alert"])[1]
    assert (read["unread"], read["userMentions"]) == (0, 0)
    gone = bob.post("chat.postMessage", roomId=rid, text="@all")["message"]
    told.hear("subscriptions-changed", lambda args: of(rid)(args) and args[1]["groupMentions"] == 1)
    bob.post("chat.delete", roomId=rid, msgId=gone["_id"])
    told.hear("subscriptions-changed", lambda args: of(rid)(args) and args[1]["groupMentions"] == 0)

    bob.post("channels.rename", roomId=rid, name=unique("renamed"))
    told.hear("subscriptions-changed", lambda args: of(rid)(args) and "renamed" in args[1]["name"])
    bob.post("channels.kick", roomId=rid, userId=ann.user_id)
    _, gone = told.hear("subscriptions-changed", of(rid, "removed"))
    assert gone == {"_id": subscription["_id"], "rid": rid, "u": {"_id": ann.user_id}}
    bob.post("channels.invite", roomId=rid, userId=ann.user_id)
    told.hear("subscriptions-changed", of(rid, "inserted"))
    told.hear("rooms-changed", of(rid, "inserted"))
    bob.post("channels.delete", roomId=rid)
    told.hear("subscriptions-changed", of(rid, "removed"))
    assert told.hear("rooms-changed", of(rid, "removed"))[1] == {"_id": rid}


def test_threads(ann: Api, bob: Api, told: Client) -> None:
    rid = bob.new_channel(members=[ann.username()])["_id"]
    first = ann.post("chat.postMessage", roomId=rid, text="why?")["message"]
    ann.post("subscriptions.read", rid=rid)
    bob.post("chat.postMessage", roomId=rid, text="because", tmid=first["_id"])
    told.hear("subscriptions-changed", lambda args: args[1].get("tunread") == [first["_id"]])
    (notice,) = told.hear("notification", lambda args: args[0]["text"].endswith("because"))
    assert notice["payload"]["tmid"] == first["_id"]
    ann.post("subscriptions.read", rid=rid, readThreads=True)
    told.hear("subscriptions-changed", lambda args: of(rid)(args) and "tunread" not in args[1])


def test_notifications(ann: Api, bob: Api, told: Client) -> None:
    direct = bob.post("im.create", username=ann.username())["room"]["_id"]
    sent = bob.post("chat.postMessage", roomId=direct, text="hello")["message"]
    (notice,) = told.hear("notification", lambda args: args[0]["payload"]["rid"] == direct)
    assert notice == {
        "title": bob.username(),
        "text": "hello",
        "payload": {
            "_id": sent["_id"],
            "rid": direct,
            "sender": {"_id": bob.user_id, "username": bob.username(), "name": bob.username()},
            "type": "d",
            "name": bob.username(),
            "message": {"msg": "hello"},
        },
    }
    room = bob.new_channel(members=[ann.username()])
    ann.post("rooms.saveNotification", roomId=room["_id"], notifications={"desktopNotifications": "mentions"})
    bob.post("chat.postMessage", roomId=room["_id"], text="not for anybody")
    bob.post("chat.postMessage", roomId=room["_id"], text=f"@{ann.username()}: for you")
    (notice,) = told.hear("notification", lambda args: args[0]["payload"]["rid"] == room["_id"])
    assert (notice["title"], notice["text"]) == (
        f"#{room['name']}",
        f"{bob.username()}: @{ann.username()}: for you",
    )
    ann.post("chat.postMessage", roomId=direct, text="what one says oneself is no news")
    assert told.heard("notification") == []


def test_deleted_messages(ann: Api, bob: Api, told: Client) -> None:
    rid = bob.new_channel(members=[ann.username()])["_id"]
    told.listen("stream-notify-room", f"{rid}/deleteMessage")
    message = bob.post("chat.postMessage", roomId=rid, text="oops")["message"]
    bob.post("chat.delete", roomId=rid, msgId=message["_id"])
    assert told.hear(f"{rid}/deleteMessage") == [{"_id": message["_id"]}]


def test_people(admin: Api, told: Client) -> None:
    told.listen("stream-notify-logged", "user-status", "Users:NameChanged", "Users:Deleted", "roles-change")
    someone = admin.new_user()
    name = someone.username()
    someone.post("users.setStatus", status="busy", message="in a meeting")
    assert told.hear("user-status", lambda args: args[0][0] == someone.user_id) == [
        [someone.user_id, name, 3, "in a meeting", name, ["user"]]
    ]
    with client(someone) as connected:
        connected.call("UserPresence:setDefaultStatus", "online")
        told.hear("user-status", lambda args: args[0][:3] == [someone.user_id, name, 1])
        connected.call("UserPresence:away")
        told.hear("user-status", lambda args: args[0][:3] == [someone.user_id, name, 2])
    told.hear("user-status", lambda args: args[0][:3] == [someone.user_id, name, 0])
    admin.post("users.update", userId=someone.user_id, data={"name": "Somebody Else"})
    assert told.hear("Users:NameChanged") == [
        {"_id": someone.user_id, "name": "Somebody Else", "username": name}
    ]
    told.listen("stream-notify-logged", "updateAvatar")
    dot = "data:image/png;base64," + base64.b64encode(png(3, 3)).decode()
    someone.post("users.setAvatar", avatarUrl=dot)
    (picture,) = told.hear("updateAvatar")
    assert picture.keys() == {"username", "etag"}
    room = someone.new_channel()
    someone.post("rooms.saveRoomSettings", rid=room["_id"], roomAvatar=dot)
    (picture,) = told.hear("updateAvatar", lambda args: "rid" in args[0])
    assert (picture["rid"], bool(picture["etag"])) == (room["_id"], True)
    assert told.heard("updateAvatar") == [], "each is told once"
    admin.post("roles.addUserToRole", roleName="bot", username=name)
    assert told.hear("roles-change", lambda args: args[0]["u"]["_id"] == someone.user_id) == [
        {"type": "added", "_id": "bot", "u": {"_id": someone.user_id, "username": name}}
    ]
    with client(someone) as connected:
        connected.listen_to_oneself("userData")
        someone.post("users.updateOwnBasicInfo", data={"nickname": "else"})
        (own,) = connected.hear("userData", lambda args: args[0]["diff"].get("nickname") == "else")
        assert (own["type"], own["id"], own["unset"]["bio"]) == ("updated", someone.user_id, 1)
        connected.listen_to_oneself("force_logout")
        admin.post("users.setActiveStatus", userId=someone.user_id, activeStatus=False)
        assert connected.hear("force_logout") == []
    admin.post("users.delete", userId=someone.user_id)
    assert told.hear("Users:Deleted")[0]["userId"] == someone.user_id


def test_the_server_itself(admin: Api, told: Client) -> None:
    with client(admin) as chief:
        chief.listen("stream-notify-logged", "private-settings-changed", "permissions-changed")
        chief.listen("stream-roles", "roles")
        told.listen("stream-notify-all", "public-settings-changed", "public-info")
        admin.post("settings/Message_MaxAll", value=7)
        value = {"_id": "Message_MaxAll", "value": 7}
        assert told.hear("public-settings-changed") == ["updated", value]
        assert told.hear("public-info") == [["public-settings-changed", ["updated", value]]]
        assert chief.hear("private-settings-changed") == ["updated", value]
        admin.post("settings/Message_MaxAll", value=0)
        admin.post("permissions.update", permissions=[{"_id": "view-statistics", "roles": ["admin", "bot"]}])
        assert chief.hear("permissions-changed")[1]["roles"] == ["admin", "bot"]
        admin.post("permissions.update", permissions=[{"_id": "view-statistics", "roles": ["admin"]}])
        role = admin.post("roles.create", name=unique("role"))["role"]
        assert chief.hear("roles")[0]["name"] == role["name"]
        admin.post("roles.delete", roleId=role["_id"])
        assert chief.hear("roles") == [{"type": "removed", "_id": role["_id"]}]
        for stream in ("stream-notify-all", "stream-notify-logged"):
            with pytest.raises(AssertionError, match="not-allowed"):
                told.listen(stream, "private-settings-changed")


def test_on_another_node(postgres_url: str, tmp_path: Path) -> None:
    with (
        running(tmp_path / "one", database_url=postgres_url) as here,
        running(tmp_path / "two", database_url=postgres_url) as there,
    ):
        admin = here.admin()
        ann = admin.new_user()
        direct = admin.post("im.create", username=ann.username())["room"]["_id"]
        rid = admin.new_channel(members=[ann.username()])["_id"]
        with client(Api(there.url, ann.headers)) as told:
            told.listen_to_oneself("subscriptions-changed", "rooms-changed", "notification")
            told.listen("stream-notify-room", f"{rid}/deleteMessage")
            told.listen("stream-notify-logged", "user-status")
            told.listen("stream-notify-all", "public-settings-changed")
            admin.post("chat.postMessage", roomId=direct, text="from afar")
            assert told.hear("notification")[0]["text"] == "from afar"
            told.hear("subscriptions-changed", lambda args: of(direct)(args) and args[1]["unread"] == 1)
            told.hear("rooms-changed", lambda args: args[1].get("lastMessage", {}).get("msg") == "from afar")
            message = admin.post("chat.postMessage", roomId=rid, text="oops")["message"]
            admin.post("chat.delete", roomId=rid, msgId=message["_id"])
            assert told.hear(f"{rid}/deleteMessage") == [{"_id": message["_id"]}]
            admin.post("settings/Message_MaxAll", value=9)
            assert told.hear("public-settings-changed")[1]["value"] == 9
            admin.post("users.setStatus", status="away")
            told.hear("user-status", lambda args: args[0][0] == admin.user_id and args[0][2] == 2)
            admin.post("channels.delete", roomId=rid)
            told.hear("subscriptions-changed", of(rid, "removed"))
