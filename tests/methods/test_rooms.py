"""Methods of rooms: making, changing and finding them, and who is in them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.methods.calls import method, refused
from tests.running import Api, tick, unique


@pytest.fixture(scope="module")
def room(user: Api) -> Any:
    return method(user, "createChannel", unique("room"), [])


@pytest.fixture(scope="module")
def group(user: Api, stranger: Api) -> Any:
    return method(user, "createPrivateGroup", unique("group"), [])


def test_making_rooms_of_a_team(user: Api, stranger: Api) -> None:
    """Not public ones beside it, and by who may."""
    team = user.post("teams.create", name=unique("team"), type=1)["team"]
    extra = {"teamId": team["_id"]}
    for name in ("createChannel", "createPrivateGroup"):
        made = method(user, name, unique("of-team"), [], False, {}, extra)
        assert made["teamId"] == team["_id"]
        assert refused(stranger, "getRoomById", made["_id"])["error"] == "error-not-allowed"
        assert refused(stranger, name, unique("x"), [], False, {}, extra)["error"] == "error-unauthorized"
        error = refused(user, name, unique("x"), [], False, {}, {"teamId": "nowhere"})
        assert error["error"] == "error-team-not-found"


def test_making_rooms(user: Api, stranger: Api) -> None:
    name = unique("made")
    made = method(user, "createChannel", name, [stranger.username()], True, {"a": 1}, {"topic": "of today"})
    assert (made["name"], made["t"], made["ro"], made["topic"]) == (name, "c", True, "of today")
    assert made["rid"] == made["_id"]
    assert isinstance(made["ts"]["$date"], int)
    assert made["usersCount"] == 2
    assert refused(user, "createChannel", name, [])["error"] == "error-duplicate-channel-name"
    direct = method(user, "createDirectMessage", stranger.username())
    assert (direct["t"], len(direct["uids"])) == ("d", 2)
    assert method(user, "createDirectMessage", stranger.username())["rid"] == direct["rid"]
    many = method(user, "createDirectMessage", stranger.username(), "rocket.cat", True)
    assert user.user_id not in many["uids"]
    assert refused(user, "createDirectMessage", "nobody-at-all")["error"] == "error-invalid-user"
    aside = method(user, "createDiscussion", {"prid": made["rid"], "t_name": "aside"})
    assert aside["prid"] == made["rid"]


def test_finding_rooms(user: Api, stranger: Api, room: Any, group: Any) -> None:
    for key in (room["name"], room["_id"]):
        assert method(stranger, "getRoomIdByNameOrId", key) == room["_id"]
    assert method(stranger, "getRoomNameById", room["_id"]) == room["name"]
    assert method(user, "getRoomById", group["_id"])["name"] == group["name"]
    assert method(user, "getRoomByTypeAndName", "p", group["name"])["_id"] == group["_id"]
    for name in ("getRoomIdByNameOrId", "getRoomNameById", "getRoomById", "getUsersOfRoom"):
        error = refused(stranger, name, group["_id"])
        assert (error["error"], error["details"]) == ("error-not-allowed", {"method": name})
    listed = method(stranger, "channelsList", room["name"], "public", 10, "name")["channels"]
    assert [one["_id"] for one in listed] == [room["_id"]]
    assert method(stranger, "channelsList", group["name"], "private")["channels"] == []
    assert [one["_id"] for one in method(user, "channelsList", group["name"], "")["channels"]] == [
        group["_id"]
    ]
    (owner,) = method(user, "getRoomRoles", room["_id"])
    assert (owner["u"]["_id"], owner["roles"]) == (user.user_id, ["owner"])


def test_searching(user: Api, stranger: Api, room: Any) -> None:
    word = unique("needle").replace("-", "")
    message = method(user, "sendMessage", {"rid": room["_id"], "msg": f"a {word} in hay"})
    for name, params in (
        ("messageSearch", [word, room["_id"], 10]),
        ("rocketchatSearch.search", [word, {"uid": user.user_id, "rid": room["_id"]}, {"limit": 10}]),
    ):
        (found,) = method(user, name, *params)["message"]["docs"]
        assert (found["_id"], found["ts"]) == (message["_id"], message["ts"])
    suggested = method(stranger, "spotlight", user.username(), [], {"users": True, "rooms": False})
    assert [one["_id"] for one in suggested["users"]] == [user.user_id]
    assert suggested["rooms"] == []
    rooms = method(stranger, "spotlight", f"#{room['name']}")["rooms"]
    assert [one["_id"] for one in rooms] == [room["_id"]]
    page = method(stranger, "browseChannels", {"text": room["name"], "type": "channels", "limit": 5})
    assert (page["total"], [one["_id"] for one in page["results"]]) == (1, [room["_id"]])
    people = method(
        stranger, "browseChannels", {"text": user.username(), "type": "users", "sortBy": "username"}
    )
    assert [one["_id"] for one in people["results"]] == [user.user_id]
    assert method(stranger, "browseChannels", {"sortBy": "nothing"}) is None


def test_coming_and_going(user: Api, stranger: Api, room: Any) -> None:
    room_id, name = room["_id"], stranger.username()
    assert method(stranger, "joinRoom", room_id) is True
    records = method(user, "getUsersOfRoom", room_id, True)
    assert (
        records["total"],
        [one["_id"] for one in records["records"] if one["_id"] == stranger.user_id],
    ) == (
        2,
        [stranger.user_id],
    )
    assert method(user, "addRoomModerator", room_id, stranger.user_id) is True
    assert (
        refused(user, "addRoomModerator", room_id, stranger.user_id)["error"]
        == "error-user-already-moderator"
    )
    assert method(user, "removeRoomModerator", room_id, stranger.user_id) is True
    assert refused(stranger, "addRoomOwner", room_id, stranger.user_id)["error"] == "error-not-allowed"
    assert method(user, "muteUserInRoom", {"rid": room_id, "username": name}) is True
    assert refused(stranger, "sendMessage", {"rid": room_id, "msg": "hm"})["error"] == "You_have_been_muted"
    assert method(user, "unmuteUserInRoom", {"rid": room_id, "username": name}) is True
    assert method(stranger, "leaveRoom", room_id) is None
    assert method(user, "addUserToRoom", {"rid": room_id, "username": name}) is True
    assert method(user, "removeUserFromRoom", {"rid": room_id, "username": name}) is True
    assert method(user, "addUsersToRoom", {"rid": room_id, "users": [name]}) is True
    assert refused(user, "addUsersToRoom", {"rid": room_id, "users": ["no one"]})["error"] == (
        "error-invalid-username"
    )
    assert refused(user, "leaveRoom", room_id)["error"] == "error-you-are-last-owner"
    assert method(user, "ignoreUser", {"rid": room_id, "userId": stranger.user_id, "ignore": True}) is True


def test_changing_rooms(admin: Api, user: Api, stranger: Api) -> None:
    room_id = method(user, "createChannel", unique("changing"), [])["rid"]
    assert method(user, "saveRoomSettings", room_id, "roomTopic", "new") == {"result": True, "rid": room_id}
    assert method(user, "saveRoomSettings", room_id, {"readOnly": True, "roomDescription": "d"})["result"]
    changed = method(user, "getRoomById", room_id)
    assert (changed["topic"], changed["description"], changed["ro"]) == ("new", "d", True)
    assert refused(user, "saveRoomSettings", room_id, {"roomTopic": {}})["error"] == 400
    assert refused(user, "saveRoomSettings", room_id, {"nope": 1})["error"] == "error-invalid-settings"
    assert refused(stranger, "saveRoomSettings", room_id, {"roomTopic": "x"})["error"] == (
        "error-action-not-allowed"
    )
    name = unique("renamed")
    assert method(user, "saveRoomName", room_id, name) == name
    method(user, "archiveRoom", room_id)
    assert method(user, "getRoomById", room_id)["archived"] is True
    method(admin, "unarchiveRoom", room_id)
    assert refused(stranger, "eraseRoom", room_id)["error"] == "error-not-allowed"
    assert method(user, "eraseRoom", room_id) is True
    assert refused(user, "eraseRoom", room_id)["error"] == "error-invalid-room"


def test_what_clients_keep(user: Api, stranger: Api) -> None:
    room_id = method(user, "createChannel", unique("kept"), [])["rid"]
    kept = {one["_id"]: one for one in method(user, "rooms/get")}
    own = next(one for one in method(user, "subscriptions/get") if one["rid"] == room_id)
    since = max(kept[room_id]["_updatedAt"]["$date"], own["_updatedAt"]["$date"])
    tick()
    assert method(user, "rooms/get", {"$date": since}) == {"update": [], "remove": []}
    assert method(user, "subscriptions/get", {"$date": since})["update"] == []
    assert method(user, "toggleFavorite", room_id, True) == 1
    assert method(user, "hideRoom", room_id) == 1
    (changed,) = method(user, "subscriptions/get", {"$date": since})["update"]
    assert (changed["f"], changed["open"]) == (True, False)
    method(user, "openRoom", room_id)
    method(user, "eraseRoom", room_id)
    gone = method(user, "rooms/get", {"$date": since})["remove"]
    assert [one["_id"] for one in gone] == [room_id]
    assert gone[0]["_deletedAt"]["$date"] > since
    assert [one["_id"] for one in method(user, "subscriptions/get", {"$date": since})["remove"]] == [
        own["_id"]
    ]


def test_settings_and_permissions(admin: Api, user: Api) -> None:
    public = {one["_id"] for one in method(user, "public-settings/get")}
    assert "Site_Name" in public
    assert method(user, "private-settings/get") == []
    private = {one["_id"] for one in method(admin, "private-settings/get")}
    assert public < private
    before = {"$date": admin_clock(admin)}
    assert method(admin, "saveSettings", [{"_id": "First_Channel_After_Login", "value": "general"}]) is True
    changed = method(user, "public-settings/get", before)["update"]
    assert [one["value"] for one in changed if one["_id"] == "First_Channel_After_Login"] == ["general"]
    error = refused(user, "saveSettings", [{"_id": "Site_Name", "value": "mine"}])
    assert (error["error"], error["details"]["settingIds"]) == ("error-action-not-allowed", ["Site_Name"])
    assert any(one["_id"] == "create-c" for one in method(user, "permissions/get"))
    assert method(user, "permissions/get", {"$date": admin_clock(admin)})["update"] == []
    assert any("admin" in one["roles"] for one in method(user, "getUserRoles"))
    assert refused(user, "authorization:addPermissionToRole", "create-c", "user")["error"] == (
        "error-action-not-allowed"
    )


def admin_clock(admin: Api) -> int:
    """A moment later than all that was written so far."""
    at: int = method(admin, "sendMessage", {"rid": "GENERAL", "msg": "now"})["ts"]["$date"]
    tick()
    return at


def test_typing_is_for_members_and_in_ones_own_name(user: Api, stranger: Api, group: Any) -> None:
    event, name = f"{group['_id']}/user-activity", user.username()
    assert method(user, "stream-notify-room", event, name, ["user-typing"], {}) is None
    assert method(user, "stream-notify-room", f"{group['_id']}/typing", name, True) is None
    for caller, args in (
        (stranger, (event, stranger.username(), ["user-typing"], {})),
        (user, (event, stranger.username(), ["user-typing"], {})),
        (user, (f"{group['_id']}/deleteMessage", name, True)),
        (user, (event, name, ["user-typing"] * 11)),
    ):
        assert refused(caller, "stream-notify-room", *args)["error"] == "error-not-allowed"
    assert (
        refused(user, "stream-notify-user", f"{stranger.user_id}/message", {})["error"] == "error-not-allowed"
    )


def test_presence(user: Api) -> None:
    assert method(user, "UserPresence:online") is None
    assert method(user, "UserPresence:away") is None
    assert method(user, "setUserStatus", "busy", "in a talk") is None
    assert user.get("users.getStatus")["status"] in ("busy", "offline")
    assert user.get("users.getStatus")["message"] == "in a talk"
    assert refused(user, "UserPresence:setDefaultStatus", "asleep")["error"] == "error-invalid-status"


def test_commands_and_tokens(user: Api, room: Any) -> None:
    assert (
        method(user, "slashCommand", {"cmd": "shrug", "params": "well", "msg": {"rid": room["_id"]}}) is None
    )
    said = user.get("channels.messages", roomId=room["_id"], count=1)["messages"][0]["msg"]
    assert said.startswith("well")
    name = unique("token")
    token = method(user, "personalAccessTokens:generateToken", {"tokenName": name, "bypassTwoFactor": False})
    own = Api(user.url, {"X-User-Id": user.user_id, "X-Auth-Token": token})
    assert own.get("me")["_id"] == user.user_id
    assert method(user, "personalAccessTokens:regenerateToken", {"tokenName": name}) != token
    method(user, "personalAccessTokens:removeToken", {"tokenName": name})
    assert refused(user, "personalAccessTokens:removeToken", {"tokenName": name})["error"] == (
        "error-token-does-not-exists"
    )
