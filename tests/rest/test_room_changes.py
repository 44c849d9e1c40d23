"""Channels and groups: being made, changed, archived and removed. The same for both kinds."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, Kind, both_kinds, person, said
from tests.running import Api, Server, unique


@both_kinds
def test_a_room_is_made(admin: Api, kind: Kind) -> None:
    owner = person(admin)
    name = unique("made")
    room = kind.create(owner, name=name, members=["rocket.cat", "nobody-has-this-name"], readOnly=True)
    assert room["t"] == kind.type
    assert (room["name"], room["fname"], room["ro"]) == (name, name, True)
    assert room["u"]["_id"] == owner.user_id
    assert (room["msgs"], room["usersCount"]) == (0, 2)
    assert (room["default"], room["sysMes"], room["customFields"]) == (False, True, {})
    assert {"ts", "_updatedAt"} <= room.keys()
    assert kind.info(owner, room) == room
    assert kind.info(owner, {"_id": room["_id"]})["name"] == name
    assert owner.get(kind.path("info"), roomName=name)[kind.one] == room
    assert said(owner, kind, room) == []


@both_kinds
def test_what_may_come_with_a_new_room(admin: Api, kind: Kind) -> None:
    room = kind.create(
        admin,
        excludeSelf=True,
        members=["rocket.cat"],
        customFields={"team": "ops"},
        extraData={"topic": "why", "description": "what", "announcement": "now", "broadcast": True},
    )
    assert room["usersCount"] == 1
    assert room["customFields"] == {"team": "ops"}
    assert (room["topic"], room["description"], room["announcement"]) == ("why", "what", "now")
    assert (room["broadcast"], room["ro"]) == (True, True)


@both_kinds
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "two words"}, "error-invalid-room-name"),
        ({"name": "all"}, "error-invalid-room-name"),
        ({"name": "x" * 256}, "error-invalid-room-name"),
        ({"name": "<b>"}, "error-invalid-room-name"),
        ({"name": "   "}, "error-invalid-name"),
        ({"name": "fine", "extraData": {"teamId": "none"}}, "error-team-not-found"),
    ],
)
def test_rooms_that_are_not_made(admin: Api, kind: Kind, body: dict[str, Any], code: str) -> None:
    assert admin.refused("POST", kind.path("create"), json=body)["errorType"] == code


@both_kinds
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, '"name" is required'),
        ({"name": "fine", "members": "ann"}, '"members" must be an array if provided'),
        ({"name": "fine", "members": [1]}, '"members" must be an array of strings if provided'),
        ({"name": "fine", "customFields": "x"}, '"customFields" must be an object if provided'),
        ({"name": "fine", "extraData": 1}, '"extraData" must be an object if provided'),
    ],
)
def test_bodies_that_are_no_room(admin: Api, kind: Kind, body: dict[str, Any], error: str) -> None:
    assert error in admin.refused("POST", kind.path("create"), json=body)["error"]


@both_kinds
def test_a_name_is_taken_by_either_kind(admin: Api, kind: Kind) -> None:
    name = CHANNEL.create(admin)["name"]
    answer = admin.refused("POST", kind.path("create"), json={"name": name})
    assert answer["errorType"] == "error-duplicate-channel-name"
    assert answer["error"] == f"A channel with name '{name}' exists [error-duplicate-channel-name]"
    assert answer["details"]["channel_name"] == name
    room = GROUP.create(admin)
    admin.post("groups.archive", roomId=room["_id"])
    answer = admin.refused("POST", kind.path("create"), json={"name": room["name"]})
    assert answer["errorType"] == "error-archived-duplicate-name"


@both_kinds
def test_making_rooms_needs_the_permission(admin: Api, kind: Kind) -> None:
    guest = admin.new_user(roles=["guest"])
    answer = guest.refused("POST", kind.path("create"), 403, json={"name": unique("room")})
    assert "error-unauthorized" in answer["error"]


@both_kinds
def test_a_room_is_renamed(admin: Api, kind: Kind) -> None:
    room, name = kind.create(admin), unique("renamed")
    renamed = admin.post(kind.path("rename"), roomId=room["_id"], name=name)[kind.one]
    assert (renamed["_id"], renamed["name"], renamed["fname"]) == (room["_id"], name, name)
    assert renamed["_updatedAt"] > room["_updatedAt"]
    assert said(admin, kind, room) == [("r", name, admin.username())]
    missing = admin.refused("GET", kind.path("info"), params={"roomName": room["name"]})
    assert missing["errorType"] == "error-room-not-found"
    # The old name is free again.
    kind.create(admin, name=room["name"])


@both_kinds
def test_names_that_a_room_cannot_take(admin: Api, kind: Kind) -> None:
    room, other = kind.create(admin), CHANNEL.create(admin)
    username = person(admin).username()
    for name, code in (
        (other["name"], "error-duplicate-channel-name"),
        (username, "error-duplicate-handle"),
        ("two words", "error-invalid-room-name"),
    ):
        body = {"roomId": room["_id"], "name": name}
        assert admin.refused("POST", kind.path("rename"), json=body)["errorType"] == code
    answer = admin.refused("POST", kind.path("rename"), json={"roomId": room["_id"]})
    assert answer["error"] == 'The bodyParam "name" is required'
    assert kind.info(admin, room)["name"] == room["name"]


@both_kinds
@pytest.mark.parametrize(
    ("endpoint", "name", "field"),
    [
        ("setTopic", "topic", "topic"),
        ("setDescription", "description", "description"),
        ("setPurpose", "purpose", "description"),
        ("setAnnouncement", "announcement", "announcement"),
    ],
)
def test_texts_of_a_room(admin: Api, kind: Kind, endpoint: str, name: str, field: str) -> None:
    room = kind.create(admin)
    path = kind.path(endpoint)
    assert admin.post(path, roomId=room["_id"], **{name: "Straße & <b>"})[name] == "Straße & <b>"
    assert kind.info(admin, room)[field] == "Straße & <b>"
    assert admin.post(path, roomId=room["_id"], **{name: ""})[name] == ""
    assert kind.info(admin, room)[field] == ""
    me = admin.username()
    kinds = [(f"room_changed_{field}", "Straße & <b>", me), (f"room_changed_{field}", "", me)]
    assert said(admin, kind, room) == kinds
    answer = admin.refused("POST", path, json={"roomId": room["_id"]})
    assert name in answer["error"]
    assert "required" in answer["error"]


@both_kinds
def test_read_only(admin: Api, kind: Kind) -> None:
    room, path = kind.create(admin), kind.path("setReadOnly")
    assert admin.post(path, roomId=room["_id"], readOnly=True)[kind.one]["ro"] is True
    answer = admin.refused("POST", path, json={"roomId": room["_id"], "readOnly": True})
    assert answer["error"] == f"The {kind.noun} read only setting is the same as what it would be changed to."
    assert admin.post(path, roomId=room["_id"], readOnly=False)[kind.one]["ro"] is False
    assert [one[0] for one in said(admin, kind, room)] == ["room-set-read-only", "room-removed-read-only"]


@both_kinds
def test_a_room_becomes_one_of_the_other_kind(admin: Api, kind: Kind) -> None:
    room = kind.create(admin)
    other = GROUP if kind is CHANNEL else CHANNEL
    changed = admin.post(kind.path("setType"), roomId=room["_id"], type=other.type)[kind.one]
    assert changed["t"] == other.type
    assert other.info(admin, room)["t"] == other.type
    text = "Private Group" if other is GROUP else "Channel"
    assert said(admin, other, room) == [("room_changed_privacy", text, admin.username())]
    for body, error in (
        ({"type": other.type}, f"The {other.noun} type is the same as what it would be changed to."),
        ({"type": "d"}, "error-invalid-room-type [error-invalid-room-type]"),
        ({}, 'The bodyParam "type" is required'),
    ):
        refused = admin.refused("POST", other.path("setType"), json={"roomId": room["_id"], **body})
        assert refused["error"] == error


@both_kinds
def test_custom_fields(admin: Api, kind: Kind) -> None:
    room, path = kind.create(admin), kind.path("setCustomFields")
    fields = {"organization": {"unit": 7}, "tags": ["a"]}
    assert admin.post(path, roomId=room["_id"], customFields=fields)[kind.one]["customFields"] == fields
    answer = admin.refused("POST", path, json={"roomId": room["_id"], "customFields": "x"})
    assert answer["error"] == 'The bodyParam "customFields" is required with a type like object.'


@both_kinds
@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("rename", {"name": "other"}),
        ("setTopic", {"topic": "x"}),
        ("setAnnouncement", {"announcement": "x"}),
        ("setReadOnly", {"readOnly": True}),
        ("setType", {"type": "?"}),
    ],
)
def test_changing_a_room_needs_edit_room(admin: Api, kind: Kind, endpoint: str, body: dict[str, Any]) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    answer = member.refused("POST", kind.path(endpoint), json={"roomId": room["_id"], **body})
    assert answer["error"] == "Editing room is not allowed [error-action-not-allowed]"
    assert answer["details"] == {"method": "saveRoomSettings", "action": "Editing_room"}
    # A moderator holds it there.
    admin.post(kind.path("addModerator"), roomId=room["_id"], userId=member.user_id)
    member.post(kind.path("setTopic"), roomId=room["_id"], topic="mine now")


@both_kinds
def test_an_archived_room(admin: Api, kind: Kind) -> None:
    room = kind.create(admin)
    admin.post(kind.path("archive"), roomId=room["_id"])
    assert kind.info(admin, room)["archived"] is True
    for endpoint, body in (("archive", {}), ("setTopic", {"topic": "x"}), ("leave", {})):
        answer = admin.refused("POST", kind.path(endpoint), json={"roomId": room["_id"], **body})
        assert answer["errorType"] == "error-room-archived"
        assert answer["error"] == f"The {kind.noun}, {room['name']}, is archived [error-room-archived]"
    posted = admin.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "still?"})
    assert "room_is_archived" in posted["error"]
    admin.post(kind.path("unarchive"), roomId=room["_id"])
    assert "archived" not in kind.info(admin, room)
    admin.post("chat.postMessage", roomId=room["_id"], text="again")
    assert [one[0] for one in said(admin, kind, room)] == ["room-archived", "room-unarchived"]


@both_kinds
def test_archiving_needs_the_permission(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    answer = member.refused("POST", kind.path("archive"), json={"roomId": room["_id"]})
    assert (answer["errorType"], answer["details"]) == ("error-not-authorized", {"method": "archiveRoom"})


@both_kinds
def test_a_deleted_room_is_gone_with_all_that_was_in_it(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    message = admin.post("chat.postMessage", roomId=room["_id"], text="soon gone")["message"]
    refused = member.refused("POST", kind.path("delete"), json={"roomId": room["_id"]})
    assert (refused["errorType"], refused["details"]) == ("error-not-allowed", {"method": "eraseRoom"})
    admin.post(kind.path("delete"), roomId=room["_id"])
    gone = admin.refused("GET", kind.path("info"), params={"roomId": room["_id"]})
    assert gone["errorType"] == "error-room-not-found"
    assert admin.get("subscriptions.getOne", roomId=room["_id"])["subscription"] is None
    assert member.get("subscriptions.getOne", roomId=room["_id"])["subscription"] is None
    assert admin.call("GET", "chat.getMessage", params={"msgId": message["_id"]}).status_code == 400
    kind.create(admin, name=room["name"])


@both_kinds
def test_opening_and_closing(admin: Api, kind: Kind) -> None:
    room = kind.create(admin)
    already = admin.refused("POST", kind.path("open"), json={"roomId": room["_id"]})
    assert "is already open" in already["error"]
    admin.post(kind.path("close"), roomId=room["_id"])
    assert admin.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["open"] is False
    closed = admin.refused("POST", kind.path("close"), json={"roomId": room["_id"]})
    assert closed["error"] == f"The {kind.noun}, {room['name']}, is already closed to the sender"
    admin.post(kind.path("open"), roomId=room["_id"])
    assert admin.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["open"] is True


@both_kinds
def test_counters(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    message = admin.post("chat.postMessage", roomId=room["_id"], text="one")["message"]
    counters = member.get(kind.path("counters"), roomId=room["_id"])
    assert {k: counters[k] for k in ("joined", "members", "msgs", "unreads", "latest")} == {
        "joined": True,
        "members": 2,
        "msgs": 1,
        "unreads": 1,
        "latest": message["ts"],
    }
    others = admin.get(kind.path("counters"), roomId=room["_id"], userId=member.user_id)
    assert others["unreadsFrom"] == counters["unreadsFrom"]
    query = {"roomId": room["_id"], "userId": admin.user_id}
    member.refused("GET", kind.path("counters"), 403, params=query)


@both_kinds
@pytest.mark.parametrize("endpoint", ["archive", "setTopic", "addOwner", "kick", "rename", "leave"])
def test_no_room_no_change(admin: Api, kind: Kind, endpoint: str) -> None:
    body = {"roomId": "there-is-none"}
    if endpoint in ("setTopic", "rename"):
        body["topic" if endpoint == "setTopic" else "name"] = "x"
    answer = admin.refused("POST", kind.path(endpoint), json=body)
    assert answer["error"] == (
        f'The required "roomId" or "roomName" param provided does not match any {kind.one}'
        " [error-room-not-found]"
    )


@both_kinds
def test_nobody_changes_anything_without_a_login(server: Server, kind: Kind) -> None:
    for endpoint in ("create", "archive", "invite", "delete", "rename"):
        Api(server.url).refused("POST", kind.path(endpoint), 401, json={"roomId": "GENERAL"})
    for endpoint in ("info", "members", "list"):
        Api(server.url).refused("GET", kind.path(endpoint), 401, params={"roomId": "GENERAL"})
