"""Who hears what: messages of a room, of all rooms of a user, and who no longer does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.realtime.client import connected
from tests.running import Api, Server, unique

ROOM = "stream-room-messages"
MINE = "__my_messages__"


def say(api: Api, room: Any, text: str) -> Any:
    return api.post("chat.postMessage", roomId=room["_id"], text=text)["message"]


def test_messages_of_a_room(server: Server, user: Api, stranger: Api) -> None:
    room = user.new_channel()
    with connected(server.url, user) as member, connected(server.url, stranger) as other:
        for client in (member, other):
            client.subscribe(ROOM, room["_id"], False)
        sent = say(user, room, "hello")
        message, about = member.said(room["_id"])
        assert message["_id"] == sent["_id"]
        assert message["msg"] == "hello"
        assert message["u"]["_id"] == user.user_id
        assert isinstance(message["ts"]["$date"], int)
        assert about == {"roomParticipant": True, "roomType": "c", "roomName": room["name"]}
        assert other.said(room["_id"])[1]["roomParticipant"] is False
        user.post("chat.update", roomId=room["_id"], msgId=sent["_id"], text="changed")
        changed = member.said(room["_id"])[0]
        assert (changed["msg"], changed["editedBy"]["_id"]) == ("changed", user.user_id)
        user.post("chat.react", messageId=sent["_id"], emoji=":tada:", shouldReact=True)
        assert ":tada:" in member.said(room["_id"])[0]["reactions"]
        # Who joins is a member from the next message on.
        stranger.post("channels.join", roomId=room["_id"])
        while not other.said(room["_id"])[1]["roomParticipant"]:
            say(user, room, "again")


def test_stars_are_the_readers_own(server: Server, user: Api, stranger: Api) -> None:
    room = user.new_channel()
    sent = say(user, room, "a star")
    stranger.post("channels.join", roomId=room["_id"])
    stranger.post("chat.starMessage", messageId=sent["_id"])
    with connected(server.url, user) as one, connected(server.url, stranger) as two:
        for client in (one, two):
            client.subscribe(ROOM, room["_id"], False)
        user.post("chat.react", messageId=sent["_id"], emoji=":tada:", shouldReact=True)
        assert "starred" not in one.said(room["_id"])[0]
        assert two.said(room["_id"])[0]["starred"] == [{"_id": stranger.user_id}]


def test_all_messages_of_a_user(server: Server, admin: Api, user: Api, stranger: Api) -> None:
    open_one = user.new_channel()
    group = user.post("groups.create", name=unique("group"))["group"]
    with connected(server.url, user) as mine, connected(server.url, stranger) as theirs:
        for client in (mine, theirs):
            client.subscribe(ROOM, MINE, False)
        say(user, group, "secret")
        say(user, open_one, "public")
        direct = user.post("im.create", username=stranger.username())["room"]
        say(user, direct, "only you")
        assert mine.said(MINE)[0]["msg"] == "secret"
        # Whoever may read a public channel hears it, as no participant (SDKs have ``allPublic`` for it).
        message, about = theirs.said(MINE)
        assert (message["msg"], about["roomParticipant"], about["roomName"]) == (
            "public",
            False,
            open_one["name"],
        )
        message, about = theirs.said(MINE)
        assert (message["msg"], about) == ("only you", {"roomParticipant": True, "roomType": "d"})
        # A room that somebody comes into is theirs from the first message on.
        user.post("groups.invite", roomId=group["_id"], userId=stranger.user_id)
        say(user, group, "welcome")
        assert "welcome" in [theirs.said(MINE)[0]["msg"] for _ in range(2)]
        user.post("groups.kick", roomId=group["_id"], userId=stranger.user_id)
        say(user, group, "they are gone")
        say(user, direct, "still here?")
        assert "they are gone" not in theirs.texts(MINE, "still here?")


def test_who_leaves_hears_nothing_more(server: Server, user: Api, stranger: Api) -> None:
    group = user.post("groups.create", name=unique("group"), members=[stranger.username()])["group"]
    with connected(server.url, user) as member, connected(server.url, stranger) as other:
        for client in (member, other):
            client.subscribe(ROOM, group["_id"], False)
            client.subscribe("stream-notify-room", f"{group['_id']}/deleteMessage", False)
        user.post("groups.kick", roomId=group["_id"], userId=stranger.user_id)
        ended = [other.next("nosub")["error"]["error"] for _ in range(2)]
        assert ended == ["not-allowed", "not-allowed"]
        say(user, group, "secret")
        assert "secret" in member.texts(group["_id"], "secret")
        other.send(msg="ping")
        other.next("pong")
        assert "secret" not in str(other.heard)
        assert other.refused(ROOM, group["_id"]) == "not-allowed"


def test_coming_and_going_in_one_breath(server: Server, user: Api, stranger: Api) -> None:
    group = user.post("groups.create", name=unique("group"), members=[stranger.username()])["group"]
    with connected(server.url, stranger) as client:
        for number in map(str, range(50)):
            client.send(msg="sub", id=number, name=ROOM, params=[group["_id"], False])
            client.send(msg="unsub", id=number)
        for number in map(str, range(50)):
            assert client.next("ready")["subs"] == [number]
            assert client.next("nosub") == {"msg": "nosub", "id": number}
        client.subscribe(ROOM, group["_id"], False)
        user.post("groups.kick", roomId=group["_id"], userId=stranger.user_id)
        assert client.next("nosub")["error"]["error"] == "not-allowed"


@pytest.mark.parametrize("how", ["logout", "token", "deactivated", "deleted"])
def test_a_login_that_ends(server: Server, admin: Api, how: str) -> None:
    user = admin.new_user()
    with connected(server.url, user) as client:
        client.subscribe(ROOM, "GENERAL", False)
        match how:
            case "logout":
                user.post("logout")
            case "token":
                admin.post("users.logout", userId=user.user_id)
            case "deactivated":
                admin.post("users.setActiveStatus", userId=user.user_id, activeStatus=False)
            case _:
                admin.post("users.delete", userId=user.user_id)
        assert client.closed() == (4401, "logged out")


def test_logging_out_and_in_on_one_connection(server: Server, user: Api, stranger: Api) -> None:
    group = user.post("groups.create", name=unique("group"))["group"]
    login = Api.login(server.url, user.username(), "Correct-horse-1")
    with connected(server.url, login) as client:
        client.subscribe(ROOM, group["_id"], False)
        client.subscribe(ROOM, MINE, False)
        client.call("logout")
        assert client.next("removed")["collection"] == "users"
        assert client.next("nosub")["error"]["error"] == "not-allowed"
        say(user, group, "secret")
        client.login(stranger)
        direct = user.post("im.create", username=stranger.username())["room"]
        say(user, direct, "for you")
        assert client.texts(MINE, "for you") == ["for you"]


def test_who_did_not_log_in(server: Server, user: Api) -> None:
    with connected(server.url) as client:
        assert client.refused(ROOM, "GENERAL") == "not-allowed"
        assert client.refused("stream-notify-logged", "Users:NameChanged") == "not-allowed"
        assert client.refused("stream-notify-user", f"{user.user_id}/message") == "not-allowed"
        assert client.refused("stream-notify-room", "GENERAL/typing") == "not-allowed"
        assert client.refused("stream-notify-all", "private-settings-changed") == "not-allowed"
        client.subscribe("stream-notify-all", "public-settings-changed")


def test_what_is_anothers(server: Server, user: Api, stranger: Api) -> None:
    with connected(server.url, stranger) as client:
        assert client.refused("stream-notify-user", f"{user.user_id}/message") == "not-allowed"
        assert client.refused("stream-notify-all", "private-settings-changed") == "not-allowed"
        client.subscribe("stream-notify-user", f"{stranger.user_id}/message")
        client.subscribe("stream-notify-logged", "roles-change")
        client.subscribe("stream-roles", "roles")


def test_hidden_system_messages(server: Server, admin: Api, user: Api) -> None:
    room = user.new_channel()
    with connected(server.url, user) as client:
        client.subscribe(ROOM, room["_id"], False)
        user.post("channels.setTopic", roomId=room["_id"], topic="shown")
        assert client.said(room["_id"])[0]["t"] == "room_changed_topic"
        admin.post("settings/Hide_System_Messages", value=["room_changed_topic"])
        try:
            user.post("channels.setTopic", roomId=room["_id"], topic="hidden")
            say(user, room, "after")
            assert client.said(room["_id"])[0]["msg"] == "after"
        finally:
            admin.post("settings/Hide_System_Messages", value=[])


def test_public_channels_without_a_login_where_the_server_lets_people(
    server: Server, admin: Api, user: Api
) -> None:
    room = user.new_channel()
    group = user.post("groups.create", name=unique("group"))["group"]
    setting = "settings/Accounts_AllowAnonymousRead"
    with connected(server.url) as nobody:
        assert nobody.refused(ROOM, room["_id"], False) == "not-allowed"
        admin.post(setting, value=True)
        try:
            subscription = nobody.subscribe(ROOM, room["_id"], False)
            assert nobody.refused(ROOM, group["_id"], False) == "not-allowed"
            say(user, room, "hello")
            message, about = nobody.said(room["_id"])
            assert (message["msg"], about["roomParticipant"]) == ("hello", False)
        finally:
            admin.post(setting, value=False)
        assert nobody.next("nosub")["id"] == subscription
