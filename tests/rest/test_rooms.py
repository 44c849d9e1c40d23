"""``rooms.*``: rooms of any kind."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, Kind, both_kinds, person, said
from tests.running import Api, unique


def test_what_changed_since(admin: Api) -> None:
    user = person(admin)
    quiet, busy = CHANNEL.create(user), CHANNEL.create(user)
    everything = user.get("rooms.get")
    assert everything["remove"] == []
    assert {one["_id"] for one in everything["update"]} >= {quiet["_id"], busy["_id"]}
    moment = max(one["_updatedAt"] for one in everything["update"])
    user.post("chat.postMessage", roomId=busy["_id"], text="news")
    changed = user.get("rooms.get", updatedSince=moment)
    assert [one["_id"] for one in changed["update"]] == [busy["_id"]]
    assert changed["update"][0]["lastMessage"]["msg"] == "news"
    admin.post("channels.delete", roomId=quiet["_id"])
    removed = user.get("rooms.get", updatedSince=moment)["remove"]
    assert quiet["_id"] in {one["_id"] for one in removed}
    assert all(one["_deletedAt"] > moment for one in removed)
    answer = user.refused("GET", "rooms.get", params={"updatedSince": "yesterday"})
    assert answer["errorType"] == "error-updatedSince-param-invalid"


def test_room_info(admin: Api) -> None:
    stranger, room = person(admin), GROUP.create(admin)
    assert admin.get("rooms.info", roomName=room["name"])["room"] == room
    shown = admin.get("rooms.info", roomId=room["_id"], fields='{"name": 1}')["room"]
    assert shown == {"_id": room["_id"], "name": room["name"]}
    for query, error, kind in (
        ({}, 'The parameter "roomId" or "roomName" is required', "error-roomid-param-not-provided"),
        (
            {"roomId": "none"},
            'The required "roomId" or "roomName" param provided does not match any channel',
            "error-room-not-found",
        ),
    ):
        answer = admin.refused("GET", "rooms.info", params=query)
        assert (answer["error"], answer["errorType"]) == (f"{error} [{kind}]", kind)
    answer = stranger.refused("GET", "rooms.info", params={"roomId": room["_id"]})
    assert (answer["error"], answer["errorType"]) == ("not-allowed", "Not Allowed")


def test_joining_and_leaving(admin: Api) -> None:
    user, room = person(admin), CHANNEL.create(admin)
    assert user.post("rooms.join", roomId=room["_id"])["room"]["usersCount"] == 2
    assert user.get("rooms.isMember", roomId=room["_id"], userId=user.user_id)["isMember"] is True
    user.post("rooms.leave", roomName=room["name"])
    assert user.get("rooms.isMember", roomId=room["_id"], username=user.username())["isMember"] is False
    assert [one[0] for one in said(admin, CHANNEL, room)] == ["uj", "ul"]


def test_asking_for_members_of_hidden_rooms(admin: Api) -> None:
    stranger, room = person(admin), GROUP.create(admin)
    query = {"roomId": room["_id"], "userId": admin.user_id}
    stranger.refused("GET", "rooms.isMember", 403, params=query)
    answer = admin.refused("GET", "rooms.isMember", params={"roomId": room["_id"], "userId": "nobody"})
    assert answer["error"] == "error-user-not-found"
    answer = admin.refused("GET", "rooms.isMember", params={"roomId": room["_id"]})
    assert answer["error"] == (
        "must have required property 'userId'\n must have required property 'username'\n"
        " must match exactly one schema in oneOf [invalid-params]"
    )


@both_kinds
def test_removing_a_room(admin: Api, kind: Kind) -> None:
    owner = person(admin)
    room = kind.create(owner)
    assert owner.refused("POST", "rooms.delete")["error"] == "The 'roomId' param is required"
    answer = person(admin, 1).refused("POST", "rooms.delete", json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-not-allowed"
    owner.post("rooms.delete", roomId=room["_id"])
    answer = owner.refused("POST", "rooms.delete", json={"roomId": room["_id"]})
    assert (answer["errorType"], answer["details"]) == ("error-invalid-room", {"method": "eraseRoom"})


def test_names_that_are_taken(admin: Api) -> None:
    room = GROUP.create(admin)
    assert admin.get("rooms.nameExists", roomName=room["name"])["exists"] is True
    assert admin.get("rooms.nameExists", roomName=unique("free"))["exists"] is False
    answer = admin.refused("GET", "rooms.nameExists")
    assert answer["error"] == "must have required property 'roomName' [invalid-params]"


def test_favorites(admin: Api) -> None:
    user, room = person(admin), CHANNEL.create(admin)
    body = {"roomId": room["_id"], "favorite": True}
    answer = user.refused("POST", "rooms.favorite", json=body)
    assert answer["errorType"] == "error-invalid-subscription"
    user.post("channels.join", roomId=room["_id"])
    user.post("rooms.favorite", **body)
    assert user.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["f"] is True
    user.post("rooms.favorite", roomName=room["name"], favorite=False)
    assert user.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["f"] is False
    answer = user.refused("POST", "rooms.favorite", json={"roomId": room["_id"]})
    assert answer["error"] == "The 'favorite' param is required"


def test_hiding_and_opening(admin: Api) -> None:
    room = CHANNEL.create(admin)
    admin.post("rooms.hide", roomId=room["_id"])
    answer = admin.refused("POST", "rooms.hide", json={"roomId": room["_id"]})
    assert answer["error"] == "error-room-already-hidden"
    admin.post("rooms.open", roomId=room["_id"])
    assert admin.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["open"] is True
    answer = admin.refused("POST", "rooms.open")
    assert answer["error"] == "must have required property 'roomId' [invalid-params]"


@both_kinds
def test_settings_are_saved_together(admin: Api, kind: Kind) -> None:
    room, name = kind.create(admin), unique("saved")
    answer = admin.post(
        "rooms.saveRoomSettings",
        rid=room["_id"],
        roomName=name,
        roomTopic="topic",
        roomDescription="description",
        roomAnnouncement={"message": "announcement"},
        roomCustomFields={"a": 1},
        readOnly=True,
        reactWhenReadOnly=True,
        systemMessages=["uj", "ul"],
        default=True,
        joinCode="sesame",
    )
    assert answer["rid"] == room["_id"]
    info = kind.info(admin, room)
    assert {
        "name": name,
        "fname": name,
        "topic": "topic",
        "description": "description",
        "announcement": "announcement",
        "customFields": {"a": 1},
        "ro": True,
        "reactWhenReadOnly": True,
        "sysMes": ["uj", "ul"],
        "default": True,
        "joinCodeRequired": True,
    }.items() <= info.items()
    admin.post("rooms.saveRoomSettings", rid=room["_id"], default=False)
    assert sorted(one[0] for one in said(admin, kind, room)) == [
        "r",
        "room-allowed-reacting",
        "room-set-read-only",
        "room_changed_announcement",
        "room_changed_description",
        "room_changed_topic",
    ]


@pytest.mark.parametrize(
    ("settings", "status", "error"),
    [
        ({"archived": True}, 400, "Invalid settings provided [error-invalid-settings]"),
        ({"systemMessages": "uj"}, 400, "Invalid settings provided [error-invalid-settings]"),
        ({"roomCustomFields": 1}, 400, "Invalid roomCustomFields type [invalid-roomCustomFields-type]"),
        ({"roomType": "x"}, 400, "error-invalid-room-type [error-invalid-room-type]"),
        ({"encrypted": True}, 501, "This server does not have the room setting encrypted."),
    ],
)
def test_settings_that_are_refused(admin: Api, settings: dict[str, Any], status: int, error: str) -> None:
    room = CHANNEL.create(admin)
    body = {"rid": room["_id"], "roomTopic": "not saved", **settings}
    assert admin.refused("POST", "rooms.saveRoomSettings", status, json=body)["error"] == error
    assert CHANNEL.info(admin, room) == room
    assert said(admin, CHANNEL, room) == []


def test_settings_of_no_room(admin: Api) -> None:
    answer = admin.refused("POST", "rooms.saveRoomSettings", json={"roomTopic": "x"})
    assert answer["errorType"] == "error-invalid-room"


@both_kinds
def test_archiving(admin: Api, kind: Kind) -> None:
    room = kind.create(admin)
    for action, archived in (("archive", True), ("archive", True), ("unarchive", None)):
        admin.post("rooms.changeArchivationState", rid=room["_id"], action=action)
        assert kind.info(admin, room).get("archived") is archived
    assert [one[0] for one in said(admin, kind, room)] == ["room-archived", "room-unarchived"]
    answer = admin.refused("POST", "rooms.changeArchivationState", json={"rid": "none", "action": "x"})
    assert answer["details"] == {"method": "unarchiveRoom"}


@both_kinds
def test_muting(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    body = {"roomId": room["_id"], "username": member.username()}
    admin.post("rooms.muteUser", **body)
    assert kind.info(admin, room)["muted"] == [member.username()]
    answer = member.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "x"})
    assert answer["error"] == "You_have_been_muted"
    admin.post("rooms.unmuteUser", roomId=room["_id"], userId=member.user_id)
    member.post("chat.postMessage", roomId=room["_id"], text="thanks")
    me = admin.username()
    assert said(admin, kind, room) == [
        ("user-muted", member.username(), me),
        ("user-unmuted", member.username(), me),
    ]


def test_one_member_may_speak_in_a_read_only_room(admin: Api) -> None:
    member = person(admin)
    room = CHANNEL.create(admin, members=[member.username()], readOnly=True)
    body = {"roomId": room["_id"], "text": "x"}
    answer = member.refused("POST", "chat.postMessage", json=body)
    assert answer["error"] == "You can't send messages because the room is readonly."
    admin.post("rooms.unmuteUser", roomId=room["_id"], userId=member.user_id)
    member.post("chat.postMessage", **body)
    admin.post("rooms.muteUser", roomId=room["_id"], userId=member.user_id)
    member.refused("POST", "chat.postMessage", json=body)


def test_muting_is_refused(admin: Api) -> None:
    member, stranger = person(admin), person(admin, 1)
    room = CHANNEL.create(admin, members=[member.username()])
    direct = admin.post("im.create", username=member.username())["room"]
    for api, body, code in (
        (member, {"roomId": room["_id"], "userId": admin.user_id}, "error-not-allowed"),
        (admin, {"roomId": room["_id"], "userId": stranger.user_id}, "error-user-not-in-room"),
        (admin, {"roomId": room["_id"], "userId": "nobody"}, "error-invalid-user"),
        (admin, {"roomId": "none", "userId": member.user_id}, "error-invalid-room"),
        (admin, {"roomId": direct["_id"], "userId": member.user_id}, "error-invalid-room-type"),
        (admin, {"roomId": room["_id"]}, "invalid-params"),
    ):
        assert api.refused("POST", "rooms.muteUser", json=body)["errorType"] == code


def test_roles_and_members_in_their_order(admin: Api) -> None:
    people = [admin.new_user(username=unique(f"z{n}")) for n in range(4)]
    room = CHANNEL.create(people[3], members=[one.username() for one in people[:3]])
    people[3].post("channels.addModerator", roomId=room["_id"], userId=people[2].user_id)
    page = people[0].get("rooms.membersOrderedByRole", roomId=room["_id"], count=3)
    found = [(one["_id"], one.get("roles")) for one in page["members"]]
    assert found == [
        (people[3].user_id, ["owner"]),
        (people[2].user_id, ["moderator"]),
        (people[0].user_id, None),
    ]
    assert page["total"] == 4
    roles = people[0].get("rooms.roles", rid=room["_id"])["roles"]
    assert [one["u"]["_id"] for one in roles] == [people[3].user_id, people[2].user_id]
    hidden = GROUP.create(people[1])
    answer = people[0].refused("GET", "rooms.roles", params={"rid": hidden["_id"]})
    assert answer["errorType"] == "error-invalid-user"
    people[0].refused("GET", "rooms.membersOrderedByRole", 404, params={"roomId": hidden["_id"]})


def test_administrators_see_all_rooms(admin: Api) -> None:
    user, prefix = person(admin), unique("ops")
    group, channel = GROUP.create(user, name=f"{prefix}-p"), CHANNEL.create(user, name=f"{prefix}-c")
    found = admin.get("rooms.adminRooms", filter=prefix.upper())
    assert [one["_id"] for one in found["rooms"]] == [channel["_id"], group["_id"]]
    assert (found["count"], found["offset"], found["total"]) == (2, 0, 2)
    only = admin.get("rooms.adminRooms", filter=prefix, types="p")
    assert [one["_id"] for one in only["rooms"]] == [group["_id"]]
    both = admin.get("rooms.adminRooms", filter=prefix, **{"types[]": ["c", "p"]}, sort='{"name": -1}')
    assert [one["_id"] for one in both["rooms"]] == [group["_id"], channel["_id"]]
    assert admin.get("rooms.adminRooms.getRoom", rid=group["_id"])["name"] == group["name"]
    for path in ("rooms.adminRooms", "rooms.adminRooms.getRoom", "rooms.autocomplete.adminRooms"):
        assert user.refused("GET", path, params={"rid": "GENERAL"})["error"] == "error-not-authorized"
    assert admin.refused("GET", "rooms.adminRooms.getRoom", params={"rid": "x"})["error"] == "not-allowed"


def test_suggestions(admin: Api) -> None:
    user, prefix = person(admin), unique("hint")
    rooms = [CHANNEL.create(user, name=f"{prefix}-{n}") for n in range(3)]
    CHANNEL.create(admin, name=f"{prefix}-hidden")
    selector = f'{{"name": "{prefix}"}}'
    found = user.get("rooms.autocomplete.channelAndPrivate", selector=selector)["items"]
    assert found[0] == {"_id": rooms[0]["_id"], "fname": f"{prefix}-0", "name": f"{prefix}-0", "t": "c"}
    assert len(found) == 3
    page = user.get(
        "rooms.autocomplete.channelAndPrivate.withPagination", selector=selector, count=1, offset=1
    )
    assert ([one["_id"] for one in page["items"]], page["total"]) == ([rooms[1]["_id"]], 3)
    assert len(admin.get("rooms.autocomplete.adminRooms", selector=selector)["items"]) == 4
    assert user.get("rooms.autocomplete.channelAndPrivate", selector='{"name": "%"}')["items"] == []
    answer = user.refused("GET", "rooms.autocomplete.channelAndPrivate")
    assert answer["error"] == "The 'selector' param is required"
    for selector in ("{", "[]", "{}"):
        query = {"selector": selector}
        answer = user.refused("GET", "rooms.autocomplete.channelAndPrivate", params=query)
        assert answer["errorType"] == "error-invalid-selector"


def test_hidden_system_messages_come_back(admin: Api) -> None:
    room = CHANNEL.create(admin)
    person(admin).post("channels.join", roomId=room["_id"])
    admin.post("rooms.saveRoomSettings", rid=room["_id"], systemMessages=["uj"])
    history = admin.get("channels.history", roomId=room["_id"])["messages"]
    assert [one["t"] for one in history] == []
    admin.post("rooms.saveRoomSettings", rid=room["_id"], systemMessages=[])
    history = admin.get("channels.history", roomId=room["_id"])["messages"]
    assert [one["t"] for one in history] == ["uj"]


def test_what_is_left_out_says_so(admin: Api) -> None:
    answer = admin.refused("POST", "groups.setEncrypted", 501, params={"roomId": "GENERAL"})
    assert "is left out" in answer["error"]
