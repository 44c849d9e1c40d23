"""Slash commands, and what they say to their user alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.receivers import PATIENCE_S
from tests.running import Api, unique
from websockets.sync.client import ClientConnection, connect


class Ear:
    """Hears what a user alone is told, over the realtime API."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def send(self, **message: Any) -> None:
        self._connection.send(json.dumps(message))

    def wait(self, kind: str) -> Any:
        while True:
            message = json.loads(self._connection.recv(PATIENCE_S))
            if message.get("msg") == "ping":
                self.send(msg="pong")
            elif message.get("msg") == kind:
                return message

    def told(self) -> Any:
        """The next message that only this user sees."""
        return self.wait("changed")["fields"]["args"][0]


@contextlib.contextmanager
def listening(api: Api) -> Iterator[Ear]:
    with connect(api.url.replace("http", "ws") + "/websocket") as connection:
        ear = Ear(connection)
        ear.send(msg="connect", version="1", support=["1"])
        ear.wait("connected")
        ear.send(msg="method", method="login", id="1", params=[{"resume": api.headers["X-Auth-Token"]}])
        ear.wait("result")
        name = f"{api.user_id}/message"
        ear.send(msg="sub", id="2", name="stream-notify-user", params=[name, False])
        ear.wait("ready")
        yield ear


@pytest.fixture(scope="module")
def ear(user: Api) -> Iterator[Ear]:
    with listening(user) as ear:
        yield ear


def run(api: Api, room_id: str, command: str, params: str = "", **more: Any) -> None:
    api.post("commands.run", command=command, roomId=room_id, params=params, **more)


def texts(api: Api, room_id: str, path: str = "channels") -> list[str]:
    found = api.get(f"{path}.messages", roomId=room_id)["messages"]
    return [one["msg"] for one in reversed(found) if "t" not in one]


def info(api: Api, room: Any) -> Any:
    return api.get("rooms.info", roomId=room["_id"])["room"]


def members(api: Api, room: Any) -> set[str]:
    return {one["_id"] for one in api.get("channels.members", roomId=room["_id"])["members"]}


def test_which_there_are(user: Api) -> None:
    listed = user.get("commands.list", count=0)
    names = [one["command"] for one in listed["commands"]]
    assert names == sorted(names)
    assert {"archive", "create", "help", "hide", "invite", "invite-all-from", "invite-all-to"} < {*names}
    assert {"join", "kick", "leave", "part", "me", "msg", "mute", "unmute", "status", "topic"} < {*names}
    assert listed["total"] == len(names)
    assert {"command": "topic", "permission": "edit-room"}.items() <= next(
        one for one in listed["commands"] if one["command"] == "topic"
    ).items()
    assert user.get("commands.get", command="ME")["command"] == {
        "command": "me",
        "params": "your_message",
        "description": "Displays_action_text",
        "clientOnly": False,
        "providesPreview": False,
    }
    some = user.get("commands.list", query='{"command": "shrug"}')
    assert (some["total"], some["commands"][0]["command"]) == (1, "shrug")


def test_those_that_say_something(user: Api) -> None:
    room = user.new_channel()
    for command, params in (
        ("shrug", "oh well"),
        ("gimme", ""),
        ("me", "waves"),
        ("me", " "),
        ("Unflip", "x"),
    ):
        run(user, room["_id"], command, params)
    assert texts(user, room["_id"]) == [
        "oh well ¯\\\\_(ツ)_/¯",
        "༼ つ ◕_◕ ༽つ",
        "_waves_",
        "x ┬─┬ ノ( ゜-゜ノ)",
    ]
    first = user.post("chat.postMessage", channel=room["_id"], text="first")["message"]
    run(user, room["_id"], "lennyface", tmid=first["_id"])
    assert len(user.get("chat.getThreadMessages", tmid=first["_id"])["messages"]) == 1


def test_those_about_the_room(user: Api, admin: Api, ear: Ear) -> None:
    room = user.new_channel()
    run(user, room["_id"], "topic", " news ")
    assert info(user, room)["topic"] == "news"
    run(user, room["_id"], "archive")
    told = ear.told()
    assert told["msg"] == f"Channel with name `#{room['name']}` has been archived successfully"
    assert (told["rid"], told["private"], told["u"]["username"]) == (room["_id"], True, "rocket.cat")
    assert isinstance(told["ts"]["$date"], int)
    run(user, room["_id"], "archive")
    assert ear.told()["msg"] == f"An archived channel with name `#{room['name']}` already exists"
    run(admin, "GENERAL", "unarchive", f"#{room['name']}")
    assert not user.get("channels.info", roomId=room["_id"])["channel"].get("archived")

    name = unique("made")
    run(user, room["_id"], "create", f"#{name} --private")
    group = user.get("groups.info", roomName=name)["group"]
    assert group["t"] == "p"
    run(user, room["_id"], "create", name)
    assert ear.told()["msg"] == f"The channel `#{name}` already exists."
    run(user, room["_id"], "hide")
    assert user.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["open"] is False
    run(user, room["_id"], "help")
    assert "`/topic Slash_Topic_Params`" in ear.told()["msg"]

    public = admin.new_channel()
    run(user, room["_id"], "join", f"#{public['name']}")
    body = {"command": "join", "roomId": room["_id"], "params": public["name"]}
    answer = user.refused("POST", "commands.run", json=body)
    assert answer["errorType"] == "error-user-already-in-room"
    run(user, public["_id"], "part")
    assert user.user_id not in members(admin, public)
    for secret in (admin.post("groups.create", name=unique("secret"))["group"]["name"], "no-such-room"):
        run(user, room["_id"], "join", secret)
        assert ear.told()["msg"] == f"The channel `#{secret}` does not exist."


def test_those_about_people(user: Api, admin: Api, stranger: Api, ear: Ear) -> None:
    room, name = user.new_channel(), stranger.username()
    third = admin.new_user()
    run(user, room["_id"], "invite", f"@{name} {third.username()} @nobody-at-all")
    assert ear.told()["msg"] == "The username `nobody-at-all` doesn't exist."
    assert members(user, room) == {user.user_id, stranger.user_id, third.user_id}
    run(user, room["_id"], "invite", f"@{name}")
    assert ear.told()["msg"] == f"`@{name}` is already in here."
    run(user, room["_id"], "mute", f"@{name}")
    assert info(user, room)["muted"] == [name]
    run(user, room["_id"], "unmute", name)
    assert not info(user, room).get("muted")
    run(user, room["_id"], "kick", f"@{third.username()}")
    assert members(user, room) == {user.user_id, stranger.user_id}
    run(user, room["_id"], "kick", f"@{third.username()}")
    assert ear.told()["msg"] == f"`@{third.username()}` is not in this room."
    stranger.refused("POST", "commands.run", json={"command": "mute", "roomId": room["_id"], "params": name})

    to = unique("to")
    run(user, room["_id"], "invite-all-to", f"#{to}")
    assert ear.told()["msg"] == f"Channel `#{to}` created successfully."
    made = user.get("channels.info", roomName=to)["channel"]
    assert members(user, made) == {user.user_id, stranger.user_id}
    other = user.new_channel()
    run(user, other["_id"], "invite-all-from", f"#{to}")
    assert ear.told()["msg"] == "The users have been added."
    assert members(user, other) == {user.user_id, stranger.user_id}


def test_how_many_are_invited_at_once(user: Api, ear: Ear) -> None:
    """One is told once, however many one names."""
    room = user.new_channel()
    run(user, room["_id"], "invite", " ".join(f"nobody{number}" for number in range(501)))
    run(user, room["_id"], "invite", "nobody")
    assert ear.told()["msg"] == "More than 500 users cannot be invited at once."
    assert ear.told()["msg"] == "The username `nobody` doesn't exist."


def test_a_direct_message_and_a_status(user: Api, stranger: Api, ear: Ear) -> None:
    room = user.new_channel()
    run(user, room["_id"], "msg", f"@{stranger.username()} psst, listen")
    direct = stranger.post("im.create", username=user.username())["room"]
    assert texts(stranger, direct["_id"], "im")[-1] == "psst, listen"
    run(user, room["_id"], "msg", "@somebody")
    assert ear.told()["msg"] == "Username and message must not be empty."
    run(user, room["_id"], "status", "at lunch")
    assert ear.told()["msg"] == "Status message changed successfully."
    assert user.get("users.getStatus")["message"] == "at lunch"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "You must provide a command to run."),
        (
            {"command": "fly", "roomId": "GENERAL"},
            400,
            "The command provided does not exist (or is disabled).",
        ),
        (
            {"command": "me"},
            400,
            "The room's id where to execute this command must be provided and be a string.",
        ),
        ({"command": "me", "roomId": "nowhere"}, 403, "User does not have access to this room"),
        ({"command": "me", "roomId": "GENERAL", "tmid": "x"}, 400, "Invalid thread."),
    ],
)
def test_what_is_refused(user: Api, body: Any, status: int, error: str) -> None:
    assert user.refused("POST", "commands.run", status, json=body)["error"] == error


def test_a_room_that_one_does_not_see(stranger: Api, group: Any) -> None:
    body = {"command": "shrug", "roomId": group["_id"]}
    stranger.refused("POST", "commands.run", 403, json=body)


def test_no_command_has_a_preview(user: Api) -> None:
    query = {"command": "me", "roomId": "GENERAL"}
    item = {"id": "1", "type": "text", "value": "x"}
    for answer in (
        user.refused("GET", "commands.preview", params=query),
        user.refused("POST", "commands.preview", json={**query, "previewItem": item}),
    ):
        assert answer["error"] == "Command Does Not Provide Previews [error-invalid-command]"
    assert user.refused("GET", "commands.preview")["error"] == (
        "You must provide a command to get the previews from."
    )
    answer = user.refused("GET", "commands.get", params={"command": "fly"})
    assert answer["error"] == "There is no command in the system by the name of: fly"
