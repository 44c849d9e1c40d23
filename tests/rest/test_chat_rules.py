"""Rules of the chat that hold across rooms and messages, each by a table: who may do what, where, and when not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, person
from tests.running import Api, Server, unique

FIELDS: dict[str, dict[str, Any]] = {
    "team": {"type": "select", "options": ["red", "blue"], "required": True},
    "about": {"type": "text", "maxLength": 10, "modifyRecordField": {"field": "bio"}},
}


@pytest.fixture(scope="module")
def owner(admin: Api) -> Api:
    return person(admin, 1)


@pytest.fixture(scope="module")
def member(admin: Api) -> Api:
    return person(admin, 2)


@pytest.fixture
def settings(admin: Api) -> Iterator[Any]:
    """Sets settings, and puts them back at the end."""
    before: dict[str, Any] = {}

    def put(**values: Any) -> None:
        for name, value in values.items():
            before.setdefault(name, admin.get(f"settings/{name}")["value"])
            admin.post(f"settings/{name}", value=value)

    yield put
    for name, value in before.items():
        admin.post(f"settings/{name}", value=value)


def send(api: Api, room_id: str, text: str = "hello", **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def every_way(room_id: str, message: Any) -> list[tuple[str, Any]]:
    """Every way to put something into a room: in the room, in a thread, by a change, with a mark."""
    return [
        ("chat.sendMessage", {"message": {"rid": room_id, "msg": "x"}}),
        ("chat.sendMessage", {"message": {"rid": room_id, "msg": "x", "tmid": message["_id"]}}),
        ("chat.postMessage", {"roomId": room_id, "text": "x"}),
        ("chat.postMessage", {"channel": room_id, "text": "x", "tmid": message["_id"]}),
        ("chat.update", {"roomId": room_id, "msgId": message["_id"], "text": "changed"}),
        ("rooms.createDiscussion", {"prid": room_id, "t_name": "about it"}),
    ]


@pytest.mark.parametrize(
    ("closing", "opening", "error"),
    [
        ("rooms.muteUser", "rooms.unmuteUser", "You_have_been_muted"),
        ("channels.archive", "channels.unarchive", "room_is_archived"),
        ("channels.setReadOnly", "channels.setReadOnly", "because the room is readonly"),
    ],
)
def test_a_room_that_one_may_not_write_in(
    admin: Api, owner: Api, member: Api, closing: str, opening: str, error: str
) -> None:
    room = CHANNEL.create(owner, members=[member.username()])
    message = send(member, room["_id"])
    whom = {"userId": member.user_id} if "mute" in closing else {}
    owner.post(closing, roomId=room["_id"], **whom, **({"readOnly": True} if "ReadOnly" in closing else {}))
    for path, body in every_way(room["_id"], message):
        assert error in member.refused("POST", path, json=body)["error"]
    # Whoever opens an archived room needs a permission that its owner has not.
    by = admin if "archive" in opening else owner
    by.post(opening, roomId=room["_id"], **whom, **({"readOnly": False} if "ReadOnly" in closing else {}))
    for path, body in every_way(room["_id"], message):
        member.post(path, **body)


def test_broadcast(owner: Api, member: Api) -> None:
    room = CHANNEL.create(owner, members=[member.username()], extraData={"broadcast": True})
    message = send(owner, room["_id"])
    body: dict[str, Any] = {"message": {"rid": room["_id"], "msg": "x"}}
    assert "readonly" in member.refused("POST", "chat.sendMessage", json=body)["error"]
    body = {"messageId": message["_id"], "emoji": "smile"}
    assert "readonly" in member.refused("POST", "chat.react", json=body)["error"]
    body = {"rid": room["_id"], "readOnly": True}
    answer = owner.refused("POST", "rooms.saveRoomSettings", json=body)
    assert answer["errorType"] == "error-action-not-allowed"


def test_custom_fields_of_messages(owner: Api, settings: Any) -> None:
    room = CHANNEL.create(owner)
    send(owner, room["_id"], customFields={"anything": 1})
    settings(
        Message_CustomFields='{"properties": {"priority": {"enum": ["low", "high"]}}}',
        Message_CustomFields_Enabled=True,
    )
    message = send(owner, room["_id"], customFields={"priority": "low"})
    change = {"roomId": room["_id"], "msgId": message["_id"], "text": "x"}
    for path, body in (
        ("chat.sendMessage", {"message": {"rid": room["_id"], "msg": "x", "customFields": {"priority": 1}}}),
        ("chat.postMessage", {"roomId": room["_id"], "text": "x", "customFields": {"other": "low"}}),
        ("chat.update", {**change, "customFields": {"priority": "medium"}}),
    ):
        assert owner.refused("POST", path, json=body)["error"] == "Invalid custom fields"
    owner.post("chat.update", **change, customFields={"priority": "high"})
    shown = owner.get("chat.getMessage", msgId=message["_id"])["message"]
    assert (shown["msg"], shown["customFields"]) == ("x", {"priority": "high"})


def test_custom_fields_of_users(server: Server, admin: Api, settings: Any) -> None:
    settings(Accounts_CustomFields=msgspec.json.encode(FIELDS).decode())
    name = unique("fields")
    account: dict[str, Any] = {
        "username": name,
        "name": name,
        "email": f"{name}@example.com",
        "pass": "Correct-horse-1",
    }

    def register(**fields: Any) -> httpx.Response:
        url = f"{server.url}/api/v1/users.register"
        return httpx.post(url, json={**account, **fields}, trust_env=False)

    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({}, "Field team is required"),
        ({"team": "green"}, "Value for field team is invalid"),
        ({"team": "red", "about": "x" * 11}, "Max length of field about 10"),
    )
    for given, reason in wrong:
        answer = (register(customFields=given) if given else register()).json()
        assert answer["error"] == f"{reason} [error-user-registration-custom-field]"
    registered = register(customFields={"team": "red", "about": "me", "unknown": "x"})
    assert registered.status_code == 200, registered.text
    user = Api.login(server.url, name, "Correct-horse-1")
    me = user.get("me")
    assert (me["customFields"], me["bio"]) == ({"team": "red", "about": "me"}, "me")
    user.post("users.updateOwnBasicInfo", data={}, customFields={"about": "you"})
    assert user.get("me")["customFields"] == {"team": "red", "about": "you"}
    code = "error-user-registration-custom-field"
    body: dict[str, Any] = {"data": {}, "customFields": {"team": "green"}}
    assert user.refused("POST", "users.updateOwnBasicInfo", json=body)["errorType"] == code
    body = {"userId": user.user_id, "data": {"customFields": {"team": ""}}}
    assert admin.refused("POST", "users.update", json=body)["errorType"] == code
    admin.post("users.update", userId=user.user_id, data={"customFields": {"team": "blue"}})
    assert user.get("me")["customFields"]["team"] == "blue"
    new = {**account, "username": unique("fields"), "email": f"{unique('fields')}@example.com"}
    new["password"] = new.pop("pass")
    body = {**new, "customFields": {"team": "green"}}
    assert admin.refused("POST", "users.create", json=body)["errorType"] == code
    # Administrators make accounts of bots without them.
    assert "customFields" not in admin.post("users.create", **new)["user"]


def test_direct_rooms_of_several(admin: Api, owner: Api, member: Api) -> None:
    third = person(admin, 3)
    names = f"{member.username()}, {third.username()}"
    without = owner.post("im.create", usernames=names, excludeSelf=True)["room"]
    assert set(without["usernames"]) == {member.username(), third.username()}
    assert (
        "error-not-allowed"
        in owner.refused("POST", "chat.postMessage", json={"roomId": without["_id"], "text": "x"})["error"]
    )
    room = owner.post("im.create", usernames=names)["room"]
    assert room["usersCount"] == 3
    message = send(third, room["_id"])
    shown = owner.get("im.history", roomId=room["_id"])["messages"]
    assert [one["_id"] for one in shown] == [message["_id"]]
    assert owner.get("im.members", roomId=room["_id"])["total"] == 3
    # Blocking is for two.
    body = {"roomId": room["_id"], "block": True}
    assert owner.refused("POST", "im.blockUser", json=body)["errorType"] == "error-invalid-room"


def test_where_a_message_is_posted_to(owner: Api, member: Api) -> None:
    room, group = CHANNEL.create(owner), GROUP.create(owner)
    direct = f"@{member.username()}"
    owner.post("chat.postMessage", roomId=[room["_id"], f"#{group['name']}", direct], text="to all")
    found = [
        owner.get("channels.history", roomId=room["_id"]),
        owner.get("groups.history", roomId=group["_id"]),
        member.get("im.history", username=owner.username()),
    ]
    assert [one["messages"][0]["msg"] for one in found] == ["to all"] * 3
    for body, error in (
        ({"roomId": room["_id"], "text": "x", "blocks": []}, "must NOT have additional properties"),
        ({"roomId": room["_id"], "channel": direct, "text": "x"}, "must NOT have additional properties"),
        ({"roomId": [], "text": "x"}, "invalid-channel"),
    ):
        assert error in owner.refused("POST", "chat.postMessage", json=body)["error"]
    body = {"message": {"rid": room["_id"], "msg": "x", "blocks": [{"type": "section"}]}}
    assert owner.refused("POST", "chat.sendMessage", json=body)["error"] == "blocks are not supported"
    plain = owner.post("chat.postMessage", roomId=room["_id"], text="http://a.example", parseUrls=False)
    assert "urls" not in plain["message"]
    assert plain["message"]["parseUrls"] is False
