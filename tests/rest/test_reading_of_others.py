"""Reading without a login, direct rooms of others, and members whom one ignores."""

from __future__ import annotations

from typing import Any

import pytest
from tests.methods.calls import method
from tests.rest.room_kinds import CHANNEL, GROUP, person
from tests.running import Api, Server


def send(api: Api, room_id: str, text: str) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text})["message"]


def test_reading_without_a_login(server: Server, admin: Api) -> None:
    nobody = Api(server.url)
    owner = person(admin)
    room, group = CHANNEL.create(owner), GROUP.create(owner)
    send(owner, room["_id"], "for everybody")
    query = {"roomId": room["_id"]}
    answer = nobody.refused("GET", "channels.anonymousread", params=query)
    assert answer["error"] == 'Enable "Allow Anonymous Read" [error-not-allowed]'
    admin.post("settings/Accounts_AllowAnonymousRead", value=True)
    try:
        for api in (nobody, admin):
            found = api.get("channels.anonymousread", roomName=room["name"])
            assert [one["msg"] for one in found["messages"]] == ["for everybody"]
            assert (found["count"], found["offset"], found["total"]) == (1, 0, 1)
        answer = nobody.refused("GET", "channels.anonymousread", params={"roomId": group["_id"]})
        assert answer["errorType"] == "error-room-not-found"
        # Reading is all that it opens.
        for method, path in (
            ("GET", "channels.messages"),
            ("GET", "channels.list"),
            ("POST", "chat.postMessage"),
        ):
            nobody.refused(method, path, 401, params=query)
        admin.post("permissions.update", permissions=[{"_id": "view-c-room", "roles": ["admin", "user"]}])
        answer = nobody.refused("GET", "channels.anonymousread", params=query)
        assert answer["errorType"] == "error-not-allowed"
    finally:
        roles = ["admin", "user", "bot", "app", "anonymous"]
        admin.post("permissions.update", permissions=[{"_id": "view-c-room", "roles": roles}])
        admin.post("settings/Accounts_AllowAnonymousRead", value=False)


@pytest.mark.parametrize("prefix", ["im", "dm"])
def test_direct_messages_of_others(admin: Api, prefix: str) -> None:
    one, other = person(admin, 1), person(admin, 2)
    room = one.post("im.create", username=other.username())["room"]
    message = send(one, room["_id"], "between us")
    path, query = f"{prefix}.messages.others", {"roomId": room["_id"]}
    answer = admin.refused("GET", path, params=query)
    assert answer["errorType"] == "error-endpoint-disabled"
    one.refused("GET", path, 403, params=query)
    admin.post("settings/API_Enable_Direct_Message_History_EndPoint", value=True)
    try:
        found = admin.get(path, **query, count=1)
        assert [one["_id"] for one in found["messages"]] == [message["_id"]]
        one.refused("GET", path, 403, params=query)
        for wrong, code in (
            ({}, "error-roomid-param-not-provided"),
            ({"roomId": "john"}, "error-room-not-found"),
            ({"roomId": "GENERAL"}, "error-room-not-found"),
        ):
            assert admin.refused("GET", path, params=wrong)["errorType"] == code
    finally:
        admin.post("settings/API_Enable_Direct_Message_History_EndPoint", value=False)


def test_ignoring_a_member(admin: Api) -> None:
    user, other, stranger = person(admin, 1), person(admin, 2), person(admin, 3)
    room = CHANNEL.create(user, members=[other.username()])

    def ignore(api: Api, whom: Api, wanted: str) -> list[str]:
        api.get("chat.ignoreUser", rid=room["_id"], userId=whom.user_id, ignore=wanted)
        member = api.get("subscriptions.getOne", roomId=room["_id"])["subscription"]
        ignored: list[str] = member.get("ignored", [])
        return ignored

    for wanted, ignored in (
        ("true", [other]),
        ("1", [other]),
        ("false", []),
        ("false", []),
        ("true", [other]),
    ):
        assert ignore(user, other, wanted) == [one.user_id for one in ignored]
    # It is for clients to hide what they write.
    send(other, room["_id"], "hello")
    assert user.get("channels.history", roomId=room["_id"])["messages"][0]["msg"] == "hello"
    for api, whom in ((user, stranger), (stranger, user)):
        query = {"rid": room["_id"], "userId": whom.user_id, "ignore": "true"}
        answer = api.refused("GET", "chat.ignoreUser", params=query)
        assert answer["error"] == "Invalid subscription [error-invalid-subscription]"
        assert answer["details"] == {"method": "ignoreUser"}


def test_opening_a_direct_room_of_others(admin: Api) -> None:
    """Who opens it without being in it reads nothing of it, nor when something was said."""
    one, other, curious = (person(admin, number) for number in (1, 2, 3))
    room = one.post("im.create", username=other.username())["room"]
    send(one, room["_id"], "between us")
    names = [one.username(), other.username()]
    answers = [
        curious.post("im.create", usernames=",".join(names), excludeSelf=True)["room"],
        method(curious, "createDirectMessage", *names, True),
    ]
    for found in answers:
        assert found["_id"] == found["rid"] == room["_id"]
        assert not {"lastMessage", "lm", "msgs", "topic", "_updatedAt"} & found.keys()
    assert one.post("im.create", username=other.username())["room"]["lastMessage"]["msg"] == "between us"
