"""Every event that outgoing webhooks are told of, field by field (contract, section 4), but for uploads."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.delivery.listening import Body, listening
from tests.delivery.webhooks import channel, say
from tests.running import Api, Server, unique

EVERYWHERE = "all_public_channels,all_private_groups,all_direct_messages"

OF_ALL = {"token", "bot"}
OF_MESSAGE = {
    *OF_ALL,
    *("channel_id", "channel_name", "message_id", "timestamp", "user_id", "user_name", "text", "siteUrl"),
}
OF_CHANGE = OF_MESSAGE | {"user", "room", "message"}
OF_ROOM = OF_ALL | {"timestamp", "channel_id", "channel_name", "user_id", "user_name", "user", "room"}
OF_CREATION = OF_ROOM - {"user"} | {"owner"}
OF_USER = OF_ALL | {"timestamp", "user_id", "user_name", "user"}

USER = {
    *("_id", "username", "name", "type", "active", "roles", "createdAt", "_updatedAt", "status", "emails"),
}
"""Of a user who has never logged in; e-mails since an administrator made the integrations here."""
ROOM = {"_id", "t", "name", "fname", "u", "ro", "default", "sysMes", "customFields", "ts", "_updatedAt"}


@pytest.fixture(scope="module")
def server(quiet_server: Server) -> Server:
    return quiet_server


@pytest.fixture(scope="module")
def admin(server: Server) -> Api:
    return server.admin()


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def check_room(body: Body, room: Any, *, more: frozenset[str] | set[str] = frozenset()) -> None:
    assert body["channel_id"] == body["room"]["_id"] == room["_id"]
    assert body["channel_name"] == body["room"]["name"] == room["name"]
    assert set(body["room"]) == ROOM | more
    assert body["room"]["t"] == room["t"]


def check_user(body: Body, user: Api, key: str = "user") -> None:
    assert set(body[key]) - {"lastLogin"} == USER
    assert body[key]["_id"] == user.user_id
    assert body[key]["username"] == user.username()


class TestSendMessage:
    @pytest.mark.parametrize("kind", ["public", "private", "direct"])
    def test_in_every_kind_of_room(self, server: Server, admin: Api, person: Api, kind: str) -> None:
        if kind == "public":
            room = admin.new_channel(members=[person.username()])
        elif kind == "private":
            room = admin.post("groups.create", name=unique("group"), members=[person.username()])["group"]
        else:
            room = admin.post("im.create", username=person.username())["room"]
        with listening(admin, "sendMessage", EVERYWHERE) as ear:
            message = person.post("chat.postMessage", roomId=room["_id"], text="hello")["message"]
            body = ear.one()
        named = {"channel_name": room["name"]} if kind != "direct" else {}
        assert body == {
            "token": "outgoing-token",
            "bot": False,
            "channel_id": room["_id"],
            **named,
            "message_id": message["_id"],
            "timestamp": message["ts"],
            "user_id": person.user_id,
            "user_name": person.username(),
            "text": "hello",
            "siteUrl": server.url,
        }

    def test_alias(self, admin: Api, room: Any) -> None:
        bot = admin.new_bot()
        bot.post("channels.join", roomId=room["_id"])
        with listening(admin, "sendMessage", channel(room)) as ear:
            bot.post("chat.postMessage", roomId=room["_id"], text="hello", alias="The boss")
            body = ear.one()
        assert set(body) == OF_MESSAGE | {"alias"}
        assert (body["alias"], body["user_name"], body["bot"]) == ("The boss", bot.username(), False)

    def test_by_an_incoming_webhook(self, server: Server, admin: Api, room: Any) -> None:
        fields = {"type": "webhook-incoming", "enabled": True, "username": "rocket.cat"}
        fields |= {"name": unique("hook"), "channel": channel(room), "scriptEnabled": False}
        hook = admin.post("integrations.create", **fields)["integration"]
        with listening(admin, "sendMessage", channel(room)) as ear:
            url = f"{server.url}/hooks/{hook['_id']}/{hook['token']}"
            assert httpx.post(url, json={"text": "deployed"}, trust_env=False).json() == {"success": True}
            body = ear.one()
        assert set(body) == OF_MESSAGE
        assert (body["bot"], body["user_name"], body["text"]) == (True, "rocket.cat", "deployed")

    def test_in_a_thread_with_a_trigger_word(self, admin: Api, room: Any) -> None:
        first = say(admin, "where it begins", channel(room))
        with listening(admin, "sendMessage", channel(room), triggerWords=["ship", "deploy"]) as ear:
            admin.post("chat.postMessage", roomId=room["_id"], text="not this one", tmid=first["_id"])
            admin.post("chat.postMessage", roomId=room["_id"], text="deploy it", tmid=first["_id"])
            body = ear.one()
        assert set(body) == OF_MESSAGE | {"tmid", "trigger_word"}
        assert (body["tmid"], body["trigger_word"]) == (first["_id"], "deploy")

    def test_only_attachments(self, admin: Api, room: Any) -> None:
        with listening(admin, "sendMessage", channel(room)) as ear:
            admin.post("chat.postMessage", roomId=room["_id"], attachments=[{"text": "see"}])
            body = ear.one()
        assert set(body) == OF_MESSAGE
        assert body["text"] == ""

    def test_edits_only_where_it_runs_on_them(self, admin: Api, room: Any) -> None:
        message = say(admin, "draft", channel(room))
        with (
            listening(admin, "sendMessage", channel(room), runOnEdits=True) as ear,
            listening(admin, "sendMessage", channel(room)) as other,
        ):
            edit(admin, message, "final")
            body = ear.one()
            other.nothing()
        assert set(body) == OF_MESSAGE | {"isEdited"}
        assert (body["isEdited"], body["text"], body["message_id"]) == (True, "final", message["_id"])
        assert body["timestamp"] == message["ts"]

    def test_not_by_system_messages(self, admin: Api, person: Api, room: Any) -> None:
        of_room = {"roomId": room["_id"]}
        with listening(admin, "sendMessage", EVERYWHERE, runOnEdits=True) as ear:
            person.post("channels.join", **of_room)
            admin.post("channels.setTopic", **of_room, topic="news")
            admin.post("channels.kick", **of_room, userId=person.user_id)
            admin.post("channels.archive", **of_room)
            admin.post("channels.unarchive", **of_room)
            admin.post("channels.rename", **of_room, name=unique("renamed"))
            found = admin.get("channels.messages", **of_room)["messages"]
            ear.nothing()
        assert len([message for message in found if "t" in message]) >= 6


def edit(api: Api, message: Any, text: str) -> None:
    api.post("chat.update", roomId=message["rid"], msgId=message["_id"], text=text)


class TestChangesOfMessages:
    def check(self, body: Body, person: Api, admin: Api, room: Any, said: Any) -> None:
        """``person`` wrote it, and ``admin`` did something to it."""
        assert (body["user_id"], body["user_name"]) == (person.user_id, person.username())
        assert body["message_id"] == body["message"]["_id"] == said["_id"]
        assert body["text"] == body["message"]["msg"]
        assert body["message"]["u"]["_id"] == person.user_id
        check_user(body, admin)
        check_room(body, room)

    @pytest.fixture
    def said(self, person: Api, room: Any) -> Any:
        person.post("channels.join", roomId=room["_id"])
        return say(person, "as it was", channel(room))

    def test_edited(self, admin: Api, person: Api, room: Any, said: Any) -> None:
        with listening(admin, "messageEdited", channel(room)) as ear:
            edit(admin, said, "as it was")
            ear.nothing()
            edit(admin, said, "as it is")
            body = ear.one()
        assert set(body) == OF_CHANGE | {"isEdited"}
        assert body["text"] == "as it is"
        self.check(body, person, admin, room, said)

    def test_deleted(self, admin: Api, person: Api, room: Any, said: Any) -> None:
        with listening(admin, "messageDeleted", channel(room)) as ear:
            admin.post("chat.delete", roomId=room["_id"], msgId=said["_id"])
            body = ear.one()
        assert set(body) == OF_CHANGE
        assert body["text"] == "as it was"
        self.check(body, person, admin, room, said)

    def test_reacted(self, admin: Api, person: Api, room: Any, said: Any) -> None:
        with listening(admin, "messageReacted", channel(room)) as ear:
            for wanted in (True, True, False):
                admin.post("chat.react", messageId=said["_id"], emoji="smile", shouldReact=wanted)
            body = ear.one()
        assert set(body) == OF_CHANGE | {"reaction"}
        assert body["reaction"] == ":smile:"
        assert body["message"]["reactions"][":smile:"]["usernames"] == [admin.username()]
        self.check(body, person, admin, room, said)


class TestRooms:
    def test_archived_and_unarchived(self, admin: Api, room: Any) -> None:
        with listening(admin, "roomArchived") as archived, listening(admin, "roomUnarchived") as unarchived:
            for change in ("archive", "archive", "unarchive", "unarchive"):
                admin.call("POST", f"channels.{change}", json={"roomId": room["_id"]})
            for ear, more in ((archived, {"archived"}), (unarchived, set[str]())):
                body = ear.one()
                assert set(body) == OF_ROOM
                assert (body["user_id"], body["user_name"]) == (admin.user_id, admin.username())
                check_user(body, admin)
                check_room(body, room, more=more)

    def test_created(self, admin: Api, person: Api) -> None:
        with listening(admin, "roomCreated") as ear, listening(admin, "roomJoined", EVERYWHERE) as joined:
            rooms = [
                admin.new_channel(members=[person.username()]),
                admin.post("groups.create", name=unique("group"))["group"],
            ]
            # Direct rooms have no name to tell.
            admin.post("im.create", username=admin.new_user(joinDefaultChannels=False).username())
            bodies = ear.bodies(2)
            joined.nothing()
        for body, room in zip(bodies, rooms, strict=True):
            assert set(body) == OF_CREATION
            assert (body["user_id"], body["user_name"]) == (admin.user_id, admin.username())
            assert body["timestamp"] == room["ts"]
            check_user(body, admin, "owner")
            check_room(body, room)

    def test_joined_and_left(self, admin: Api, room: Any) -> None:
        one, other = admin.new_user(), admin.new_user()
        of_room = {"roomId": room["_id"]}
        with (
            listening(admin, "roomJoined", channel(room)) as joined,
            listening(admin, "roomLeft", channel(room)) as left,
        ):
            one.post("channels.join", **of_room)
            admin.post("channels.invite", **of_room, userId=other.user_id)
            # Once more changes nothing.
            one.post("channels.join", **of_room)
            one.post("channels.leave", **of_room)
            admin.post("channels.kick", **of_room, userId=other.user_id)
            for bodies in (joined.bodies(2), left.bodies(2)):
                # Whom it happened to, not who did it.
                for body, who in zip(bodies, (one, other), strict=True):
                    assert set(body) == OF_ROOM
                    assert (body["user_id"], body["user_name"]) == (who.user_id, who.username())
                    check_user(body, who)
                    check_room(body, room)

    def test_a_new_user_joins_the_default_channels(self, admin: Api) -> None:
        with listening(admin, "roomJoined", "all_public_channels") as ear:
            newcomer = admin.new_user()
            body = ear.one()
        assert (body["channel_name"], body["user_id"]) == ("general", newcomer.user_id)
        assert set(body) == OF_ROOM


class TestUsers:
    def test_created(self, admin: Api) -> None:
        with listening(admin, "userCreated") as ear:
            newcomer = admin.new_user()
            body = ear.one()
        assert set(body) == OF_USER
        assert set(body["user"]) == USER
        assert body["timestamp"] == body["user"]["createdAt"]
        assert (body["user_id"], body["user_name"]) == (newcomer.user_id, newcomer.username())
        check_user(body, newcomer)

    def test_deactivated(self, admin: Api) -> None:
        leaver = admin.new_user()
        name = leaver.username()
        with listening(admin, "userDeactivated") as ear:
            for active in (True, False, False, True):
                admin.post("users.setActiveStatus", userId=leaver.user_id, activeStatus=active)
            body = ear.one()
        assert set(body) == OF_USER
        assert set(body["user"]) == USER | {"lastLogin"}
        assert body["user"]["active"] is False
        assert (body["user_id"], body["user_name"]) == (leaver.user_id, name)
