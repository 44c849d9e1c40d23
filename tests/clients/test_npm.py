"""Clients from npm: ``@rocket.chat/sdk`` (released and alpha) and Hubot with ``hubot-rocketchat``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.clients.npm import HERE, started
from tests.running import Api, Server

PASSWORD = "Correct-horse-1"


@pytest.fixture
def room(admin: Api) -> Any:
    return admin.new_channel()


def login(server: Server, admin: Api, room: Any) -> dict[str, str]:
    """The environment that these clients read, with a bot of its own."""
    name = admin.new_bot().username()
    return {
        "ROCKETCHAT_URL": server.url,
        "ROCKETCHAT_USER": name,
        "ROCKETCHAT_PASSWORD": PASSWORD,
        "ROCKETCHAT_USE_SSL": "false",
        "ROCKETCHAT_ROOM": room["name"],
        "ROOM": room["name"],
    }


def until(found: Callable[[], Any]) -> Any:
    """The first thing that ``found`` finds, within 20 seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come")


def message(api: Api, room: Any, text: str) -> Any:
    """Wait for a message of that text."""
    return until(
        lambda: next(
            (
                one
                for one in api.get("channels.messages", roomId=room["_id"])["messages"]
                if one["msg"] == text
            ),
            None,
        )
    )


def post(api: Api, room: Any, text: str) -> Any:
    return api.post("chat.postMessage", roomId=room["_id"], text=text)["message"]


def test_the_sdk(server: Server, admin: Api, room: Any) -> None:
    environment = login(server, admin, room)
    bot = environment["ROCKETCHAT_USER"]
    with started("sdk.js", environment=environment) as client:
        ready = client.heard("ready")
        assert (ready["me"], ready["info"], ready["posted"]) == (bot, bot, "by REST")
        asked = post(admin, room, "ping")
        answered = client.heard("answered")
        assert answered["name"] == room["name"]
        assert answered["meta"]["roomType"] == "c"
        assert answered["meta"]["roomParticipant"] is True
        assert isinstance(answered["ts"]["$date"], int)
        assert answered["refusal"]["error"] == "error-invalid-room"
        assert message(admin, room, "pong, changed")["u"]["username"] == bot
        assert message(admin, room, "with a picture")["attachments"]
        reacted = admin.get("chat.getMessage", msgId=asked["_id"])["message"]["reactions"]
        assert reacted[":thumbsup:"]["usernames"] == [bot]
        direct = admin.get("im.messages", username=bot)["messages"]
        assert [one["msg"] for one in direct] == ["just you"]
        post(admin, room, "bye")
        client.heard("gone")
        assert client.ended() == 0
    assert bot not in {
        one["username"] for one in admin.get("channels.members", roomId=room["_id"])["members"]
    }


def test_the_alpha_of_the_sdk(server: Server, admin: Api, room: Any) -> None:
    with started("sdk_alpha.js", environment=login(server, admin, room)) as client:
        assert client.heard("ready")["rooms"] >= 1
        asked = post(admin, room, "ping")
        message(admin, room, "pong")
        admin.post("chat.delete", roomId=room["_id"], msgId=asked["_id"])
        told = client.heard("notified")["fields"]
        assert told["eventName"] == f"{room['_id']}/deleteMessage"
        assert told["args"][0]["_id"] == asked["_id"]
        post(admin, room, "bye")
        client.heard("gone")
        assert client.ended() == 0


def test_hubot_answers(server: Server, admin: Api, room: Any) -> None:
    environment = {**login(server, admin, room), "RESPOND_TO_DM": "true"}
    bot, asker = environment["ROCKETCHAT_USER"], admin.username()
    scripts = str(HERE / "hubot_scripts")
    arguments = ("-a", "rocketchat", "-n", bot, "-d", "-r", scripts)
    with started("hubot/bin/hubot.js", *arguments, environment=environment) as client:
        # It joins before it loads its scripts, and hears nothing of what came before.
        until(lambda: any("Loading scripts" in line for line in client.said) or _is_in(admin, room, bot))
        until(lambda: _heard(admin, room, "is anybody there?", "I am."))
        post(admin, room, f"@{bot} add 2 and 3")
        assert message(admin, room, f"@{asker} 5")["u"]["username"] == bot
        direct = admin.post("im.create", username=bot)["room"]
        admin.post("chat.postMessage", roomId=direct["_id"], text="add 20 and 22")
        until(
            lambda: any(
                one["msg"].endswith("42")
                for one in admin.get("im.messages", roomId=direct["_id"])["messages"]
            )
        )
        newcomer = admin.new_user()
        newcomer.post("channels.join", roomId=room["_id"])
        message(admin, room, f"Welcome, {newcomer.username()}!")


def _is_in(api: Api, room: Any, username: str) -> bool:
    members = api.get("channels.members", roomId=room["_id"])["members"]
    return any(one["username"] == username for one in members)


def _heard(api: Api, room: Any, question: str, answer: str) -> bool:
    """Ask, and say whether it was answered already: a bot that is still starting is asked again."""
    found = api.get("channels.messages", roomId=room["_id"])["messages"]
    if any(one["msg"] == answer for one in found):
        return True
    post(api, room, question)
    return False
