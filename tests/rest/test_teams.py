"""Teams over REST: what each endpoint answers and refuses, and what a team opens and closes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, unique

PUBLIC, PRIVATE = 0, 1
FORBIDDEN = "User does not have the permissions required for this action [error-unauthorized]"


@pytest.fixture(scope="module")
def member(admin: Api) -> Api:
    """Somebody in ``user``'s teams."""
    return admin.new_user()


@pytest.fixture(scope="module")
def team(user: Api, member: Api) -> Any:
    """A private team of ``user``'s that ``member`` is in."""
    return user.post("teams.create", name=unique("team"), type=PRIVATE, members=[member.user_id])["team"]


@pytest.fixture(scope="module")
def channel(user: Api, team: Any) -> Any:
    """A public channel of ``team``."""
    body = {"name": unique("team-channel"), "extraData": {"teamId": team["_id"], "topic": "plans"}}
    return user.post("channels.create", **body)["channel"]


def a_team(owner: Api, **fields: Any) -> Any:
    """A team of its own for a test that changes it."""
    return owner.post("teams.create", **{"name": unique("team"), "type": PUBLIC, **fields})["team"]


def names(answer: Any, key: str = "rooms") -> list[str]:
    return [room["name"] for room in answer[key]]


def said(reader: Api, room_id: str, path: str = "channels.history") -> list[tuple[str, str]]:
    """Types and texts of a room's system messages, the oldest first."""
    found = reader.get(path, roomId=room_id, count=50)["messages"]
    return [(one["t"], one["msg"]) for one in reversed(found) if "t" in one]


def test_a_team_is_answered_with_its_sizes(user: Api, team: Any, channel: Any) -> None:
    assert team.keys() == {"_id", "name", "type", "createdAt", "createdBy", "_updatedAt", "roomId"}
    assert team["createdBy"] == {"_id": user.user_id, "username": user.username()}
    assert user.get("teams.info", teamName=team["name"])["teamInfo"] == team
    (listed,) = user.get("teams.list", query=f'{{"_id": "{team["_id"]}"}}')["teams"]
    assert listed == {**team, "rooms": 1, "numberOfUsers": 2}
    assert channel["teamId"] == team["_id"]
    assert channel["topic"] == "plans"
    main = user.get("rooms.info", roomId=team["roomId"])
    assert (main["room"]["t"], main["room"]["teamMain"]) == ("p", True)
    assert main["team"] == {key: team[key] for key in ("_id", "name", "roomId", "type")}
    inner = user.get("rooms.info", roomId=channel["_id"])
    assert inner["parent"]["_id"] == team["roomId"]
    assert "lastMessage" not in inner["parent"]
    (own,) = [one for one in user.get("subscriptions.get")["update"] if one["rid"] == team["roomId"]]
    assert (own["teamId"], own["teamMain"]) == (team["_id"], True)


def test_members_are_listed_with_roles_and_who_added_them(user: Api, member: Api, team: Any) -> None:
    answer = user.get("teams.members", teamId=team["_id"])
    by_id = {one["user"]["_id"]: one for one in answer["members"]}
    assert answer["total"] == answer["count"] == 2
    assert by_id[user.user_id]["roles"] == ["owner"]
    assert by_id[member.user_id]["createdBy"]["_id"] == user.user_id
    assert by_id[member.user_id]["user"]["username"] == member.username()
    for sought, total in (
        ({"username": member.username().upper()}, 1),
        ({"name": "nobody"}, 0),
        ({"status": "offline"}, 2),
        ({"status[]": ["online", "away"]}, 0),
        ({"count": 1, "offset": 1}, 2),
    ):
        assert user.get("teams.members", teamId=team["_id"], **sought)["total"] == total


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("teams.info", None),
        ("teams.listRooms", None),
        ("teams.members", "members"),
        ("teams.list", "teams"),
        ("teams.autocomplete", "teams"),
        ("users.listTeams", "teams"),
        ("channels.list", "channels"),
    ],
)
def test_a_private_team_is_hidden(
    user: Api, stranger: Api, team: Any, channel: Any, path: str, key: str | None
) -> None:
    query = {"teamId": team["_id"]}
    if path == "users.listTeams":
        query = {"userId": user.user_id}
    elif path == "teams.autocomplete":
        query = {"name": team["name"]}
    elif path == "channels.list":
        query = {"_id": channel["_id"]}
    elif path == "teams.list":
        query = {}
    answer = stranger.call("GET", path, params=query).json()
    if key is None:
        assert answer["success"] is False
        assert answer["error"] in (FORBIDDEN, "user-not-on-private-team")
    else:
        assert answer[key] == []
    shown = user.call("GET", path, params=query).json()
    assert shown["success"] is True
    assert key is None or shown[key]


def test_a_public_channel_of_a_private_team_is_its_members(
    user: Api, member: Api, stranger: Api, channel: Any
) -> None:
    room_id, name = channel["_id"], channel["name"]
    post = {"channel": f"#{name}", "text": "hello"}
    assert member.post("chat.postMessage", **post)["message"]["rid"] == room_id
    assert stranger.refused("POST", "chat.postMessage", json=post)["error"] == "error-not-allowed"
    message = {"message": {"rid": room_id, "msg": "hello"}}
    assert "error-not-allowed" in stranger.refused("POST", "chat.sendMessage", json=message)["error"]
    join = {"roomId": room_id}
    assert stranger.refused("POST", "channels.join", json=join)["errorType"] == "error-not-allowed"
    assert stranger.refused("GET", "rooms.info", params=join)["errorType"] == "Not Allowed"
    stranger.refused("GET", "channels.history", params=join, status=403)
    for path in ("channels.info", "channels.members"):
        assert stranger.refused("GET", path, params=join)["errorType"] == "error-room-not-found"
    assert member.get("channels.info", roomId=room_id)["channel"]["_id"] == room_id


def test_a_webhook_writes_in_a_private_team_as_one_of_its_members(
    admin: Api, user: Api, channel: Any
) -> None:
    bot = admin.new_bot()
    hook = {"type": "webhook-incoming", "name": unique("hook"), "enabled": True, "scriptEnabled": False}
    hook |= {"username": bot.username(), "channel": f"#{channel['name']}"}
    made = admin.post("integrations.create", **hook)["integration"]
    call = f"{admin.url}/hooks/{made['_id']}/{made['token']}"
    refused = admin.http.post(call, json={"text": "hello"})
    assert (refused.status_code, refused.json()) == (400, {"success": False, "error": "error-not-allowed"})
    user.post("teams.addMembers", teamId=channel["teamId"], members=[{"userId": bot.user_id}])
    try:
        assert admin.http.post(call, json={"text": "hello"}).json() == {"success": True}
    finally:
        user.post("teams.removeMember", teamId=channel["teamId"], userId=bot.user_id)


def test_a_public_team_is_open(user: Api, stranger: Api) -> None:
    team = a_team(user)
    room = user.post("channels.create", name=unique("open"), extraData={"teamId": team["_id"]})["channel"]
    assert stranger.get("teams.info", teamId=team["_id"])["teamInfo"] == team
    assert names(stranger.get("teams.listRooms", teamId=team["_id"])) == [room["name"]]
    stranger.post("chat.postMessage", channel=f"#{room['name']}", text="hello")
    stranger.post("channels.join", roomId=team["roomId"])
    (own,) = stranger.get("users.listTeams", userId=stranger.user_id)["teams"]
    assert own == {**team, "isOwner": False}
    assert ("ujt", stranger.username()) in said(user, team["roomId"])
    stranger.post("channels.leave", roomId=team["roomId"])
    assert stranger.get("teams.list")["total"] == 0
    assert said(user, team["roomId"])[-1] == ("ult", stranger.username())


def test_who_sees_no_public_rooms(admin: Api, user: Api) -> None:
    """A guest is told of the teams and rooms that they are in, and of what was said there, alone."""
    guest = admin.new_user(roles=["guest"])
    team = a_team(user)
    rooms = [
        user.post("channels.create", name=unique("of-team"), extraData={"teamId": team["_id"]})["channel"]
        for _ in range(2)
    ]
    for room_id in (team["roomId"], *(room["_id"] for room in rooms)):
        user.post("chat.postMessage", roomId=room_id, text="among us")
    query = {"teamId": team["_id"]}

    def told() -> list[list[str]]:
        found = guest.get("directory", type="teams", text=team["name"])["result"]
        suggested = guest.get("teams.autocomplete", name=team["name"])["teams"]
        return [[one["name"] for one in found], [one["name"] for one in suggested]]

    assert told() == [[], []]
    assert names(guest.get("teams.listRooms", **query)) == []
    user.post("teams.addMembers", **query, members=[{"userId": guest.user_id}])
    user.post("channels.invite", roomId=rooms[1]["_id"], userId=guest.user_id)
    assert told() == [[team["name"]], [team["name"]]]
    assert names(guest.get("teams.listRooms", **query)) == [rooms[1]["name"]]
    assert names(guest.get("teams.listChildren", **query), "data") == [rooms[1]["name"], team["name"]]
    assert len(names(user.get("teams.listChildren", **query), "data")) == 3


def test_people_come_and_go(user: Api, member: Api, stranger: Api) -> None:
    team = a_team(user)
    of_team = {"teamId": team["_id"]}
    room = user.post("channels.create", name=unique("joined"), extraData=of_team)["channel"]
    user.post("teams.addMembers", **of_team, members=[{"userId": member.user_id, "roles": ["member"]}])
    assert user.get("channels.members", roomId=room["_id"])["total"] == 1
    assert user.post("teams.updateRoom", roomId=room["_id"], isDefault=True)["room"]["teamDefault"] is True
    assert user.get("channels.members", roomId=room["_id"])["total"] == 2
    user.post("teams.addMembers", **of_team, members=[{"userId": stranger.user_id, "roles": ["moderator"]}])
    assert user.get("channels.members", roomId=room["_id"])["total"] == 3
    assert names(user.get("teams.listRooms", **of_team, type="autoJoin")) == [room["name"]]
    (rooms,) = stranger.get("teams.listRoomsOfUser", **of_team, userId=stranger.user_id)["rooms"]
    assert rooms["isLastOwner"] is False

    user.post("teams.updateMember", **of_team, member={"userId": stranger.user_id, "roles": ["owner"]})
    holders = user.get("channels.roles", roomId=team["roomId"])["roles"]
    assert sorted(one["u"]["_id"] for one in holders) == sorted([user.user_id, stranger.user_id])
    stranger.post("teams.leave", teamName=team["name"], rooms=[room["_id"]])
    user.post("teams.removeMember", **of_team, userId=member.user_id)
    assert user.get("channels.members", roomId=room["_id"])["total"] == 2
    assert user.get("teams.members", **of_team)["total"] == 1
    removed, again = {**of_team, "userId": member.user_id}, {**of_team, "userId": user.user_id}
    for body, error in ((removed, "member-does-not-exist"), (again, "last-owner-can-not-be-removed")):
        assert user.refused("POST", "teams.removeMember", json=body)["error"] == error
    assert said(user, team["roomId"])[1:] == [
        ("added-user-to-team", member.username()),
        ("added-user-to-team", stranger.username()),
        ("ult", stranger.username()),
        ("removed-user-from-team", member.username()),
    ]


def test_rooms_come_and_go(user: Api, member: Api) -> None:
    team, room, foreign = a_team(user, members=[member.user_id]), user.new_channel(), member.new_channel()
    of_team = {"teamId": team["_id"]}
    add = {**of_team, "rooms": [room["_id"]]}
    for caller, body, status, error in (
        (member, add, 403, "error-no-permission-team-channel"),
        (user, {**add, "rooms": [room["_id"], "none"]}, 400, "invalid-room"),
        (user, {**add, "rooms": [room["_id"], foreign["_id"]]}, 400, "error-no-owner-channel"),
        (user, {**add, "teamId": "none"}, 400, "team-does-not-exist"),
    ):
        assert caller.refused("POST", "teams.addRooms", status, json=body)["error"] == error
    assert room["_id"] in [
        one["_id"] for one in user.get("rooms.autocomplete.availableForTeams", name=room["name"])["items"]
    ]
    (moved,) = user.post("teams.addRooms", **add)["rooms"]
    assert moved["teamId"] == team["_id"]
    assert user.get("rooms.autocomplete.availableForTeams", name=room["name"])["items"] == []
    assert user.refused("POST", "teams.addRooms", json=add)["error"] == "room-already-on-team"
    group = user.post("groups.create", name=unique("inner"), extraData=of_team)["group"]
    assert names(member.get("teams.listRooms", **of_team)) == [room["name"]]
    assert names(user.get("teams.listRooms", **of_team, filter="INNER")) == [group["name"]]
    user.post("rooms.createDiscussion", prid=team["roomId"], t_name="about it")
    children = user.get("teams.listChildren", roomId=room["_id"])
    assert children["total"] == 4
    assert user.get("teams.listChildren", **of_team, type="discussions")["total"] == 1
    assert "teamId" not in user.post("teams.removeRoom", **of_team, roomId=room["_id"])["room"]
    again = {**of_team, "roomId": room["_id"]}
    assert user.refused("POST", "teams.removeRoom", json=again)["error"] == "room-not-on-that-team"
    kinds = [one for one in said(user, team["roomId"]) if one[0].startswith("user-")]
    assert kinds == [("user-added-room-to-team", room["name"]), ("user-removed-room-from-team", room["name"])]


def test_a_room_becomes_a_team_and_back(user: Api, member: Api, stranger: Api) -> None:
    room = user.new_channel(members=[member.username()])
    convert = {"channelId": room["_id"]}
    stranger.refused("POST", "channels.convertToTeam", 403, json=convert)
    team = user.post("channels.convertToTeam", **convert)["team"]
    assert (team["roomId"], team["name"], team["type"]) == (room["_id"], room["name"], PUBLIC)
    assert member.get("teams.list")["teams"][-1]["_id"] == team["_id"]
    assert user.refused("POST", "channels.convertToTeam", json=convert)["error"] == "team-name-already-exists"
    answer = user.refused("POST", "channels.delete", json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-cannot-delete-team-channel"
    inner = user.post("channels.create", name=unique("in"), extraData={"teamId": team["_id"]})["channel"]
    name = unique("renamed")
    user.post("teams.update", teamId=team["_id"], data={"name": name, "type": PRIVATE})
    assert user.get("teams.info", teamName=name)["teamInfo"]["type"] == PRIVATE
    assert user.get("groups.info", roomId=room["_id"])["group"]["name"] == name
    user.post("groups.rename", roomId=room["_id"], name=room["name"])
    assert user.get("teams.info", teamId=team["_id"])["teamInfo"]["name"] == room["name"]
    member.refused("POST", "teams.convertToChannel", 403, json={"teamId": team["_id"]})
    user.post("teams.convertToChannel", teamName=room["name"], roomsToRemove=[inner["_id"]])
    now = user.get("rooms.info", roomId=room["_id"])["room"]
    assert now.keys().isdisjoint({"teamId", "teamMain"})
    assert ("user-converted-to-team", room["name"]) in said(user, room["_id"], "groups.history")
    assert said(user, room["_id"], "groups.history")[-1] == ("user-converted-to-channel", room["name"])
    assert (
        user.refused("GET", "rooms.info", params={"roomId": inner["_id"]})["errorType"]
        == "error-room-not-found"
    )
    group = user.post("groups.create", name=unique("group"))["group"]
    assert user.post("groups.convertToTeam", roomId=group["_id"])["team"]["type"] == PRIVATE


def test_a_team_is_deleted_with_what_is_named(admin: Api, user: Api, member: Api) -> None:
    team = a_team(user, members=[member.user_id])
    rooms = [
        user.post("channels.create", name=unique("in"), extraData={"teamId": team["_id"]})["channel"]
        for _ in range(2)
    ]
    body = {"teamId": team["_id"], "roomsToRemove": [rooms[0]["_id"]]}
    member.refused("POST", "teams.delete", 403, json=body)
    user.post("teams.delete", **body)
    for room_id in (team["roomId"], rooms[0]["_id"]):
        user.refused("GET", "rooms.info", params={"roomId": room_id})
    assert "teamId" not in user.get("rooms.info", roomId=rooms[1]["_id"])["room"]
    assert user.refused("GET", "teams.info", params={"teamId": team["_id"]})["error"] == "Team not found"
    assert user.refused("POST", "teams.delete", json=body)["error"] == "team-does-not-exist"
    user.refused("GET", "teams.listAll", 403)
    assert admin.get("teams.listAll", count=1)["count"] == 1


def test_the_members_of_a_team_are_added_to_a_room(user: Api, member: Api, stranger: Api, team: Any) -> None:
    for path, one in (("channels.create", "channel"), ("groups.create", "group")):
        made = user.post(path, name=unique("all"), teams=[team["name"]])[one]
        assert made["usersCount"] == 2
        # Whose members one may not know, one cannot collect.
        assert stranger.post(path, name=unique("all"), teams=[team["name"]])[one]["usersCount"] == 1
    body = {"name": unique("no"), "extraData": {"teamId": team["_id"]}}
    member.refused("POST", "channels.create", 403, json=body)
    member.refused("POST", "groups.create", 403, json=body)
    body["extraData"] = {"teamId": "none"}
    assert user.refused("POST", "channels.create", json=body)["errorType"] == "error-team-not-found"


def test_a_team_is_mentioned(user: Api, member: Api, team: Any) -> None:
    text = f"@{team['name']}. look"
    message = user.post("chat.postMessage", roomId=team["roomId"], text=text)["message"]
    assert message["mentions"] == [{"_id": team["_id"], "name": team["name"], "type": "team"}]
    (own,) = [one for one in member.get("subscriptions.get")["update"] if one["rid"] == team["roomId"]]
    assert own["userMentions"] == 1


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("teams.create", {"name": "x"}, "must have required property 'type'"),
        ("teams.create", {"name": "x", "type": 2}, "must be equal to one of the allowed values"),
        ("teams.create", {"name": "not a name!", "type": 0}, "error-invalid-room-name"),
        ("teams.create", {"name": " ", "type": 0}, "error-invalid-name"),
        ("teams.create", {"name": "general", "type": 0}, "room-name-already-exists"),
        ("teams.create", {"name": "ROCKET.cat", "type": 0}, "team-name-already-exists"),
        ("teams.create", {"name": "y", "type": 0, "owner": "nobody"}, "invalid-user"),
        ("teams.create", {"name": "y", "type": 0, "room": {"id": "none"}}, "invalid-room"),
        ("teams.create", {"name": "y", "type": 0, "sidepanel": {"items": ["x"]}}, "allowed values"),
        ("teams.addMembers", {"teamId": "none", "members": [{"userId": "x"}]}, "team-does-not-exist"),
        ("teams.addMembers", {"members": [{"userId": "x"}]}, "must have required property 'teamId'"),
        ("teams.updateRoom", {"roomId": "none", "isDefault": True}, "invalid-room"),
        ("teams.updateRoom", {"roomId": "GENERAL", "isDefault": True}, "room-not-on-team"),
        ("teams.delete", {}, "must have required property 'teamName'"),
        ("teams.update", {"teamId": "x", "data": {}}, "must have required property 'name'"),
        ("channels.convertToTeam", {}, "must have required property 'channelId'"),
        ("channels.convertToTeam", {"channelName": "none"}, "error-room-not-found"),
    ],
)
def test_bad_input_is_refused(admin: Api, path: str, body: dict[str, Any], error: str) -> None:
    assert error in admin.refused("POST", path, json=body)["error"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("teams.list", {}),
        ("teams.listAll", {}),
        ("teams.members", {"teamId": "T"}),
        ("teams.listRooms", {"teamId": "T"}),
        ("teams.listRooms", {"teamId": "T", "type": "autoJoin"}),
        ("teams.listRoomsOfUser", {"teamId": "T", "userId": "x"}),
        ("teams.listChildren", {"teamId": "T"}),
    ],
)
def test_listings_refuse_unknown_fields_and_page(
    admin: Api, user: Api, team: Any, path: str, query: dict[str, Any]
) -> None:
    query = {key: team["_id"] if value == "T" else value for key, value in query.items()}
    caller = admin if path in ("teams.listAll", "teams.listRoomsOfUser") else user
    for name, value in (
        ("sort", '{"none": 1}'),
        ("fields", '{"none": 1}'),
        ("query", '{"none": 1}'),
        ("query", '{"name": {"$where": "1"}}'),
        ("query", "nonsense"),
        ("count", "-1"),
    ):
        answer = caller.refused("GET", path, params={**query, name: value})
        assert answer["errorType"] in (f"error-invalid-{name}", "invalid-params")
    page = caller.get(path, **query, offset=100)
    assert (page["count"], page["offset"]) == (0, 100)
    assert page["total"] >= 0


def test_roles_are_given_by_who_may(user: Api, member: Api, stranger: Api) -> None:
    team = a_team(user)
    people = [{"userId": member.user_id, "roles": ["moderator"]}]
    user.post("teams.addMembers", teamId=team["_id"], members=people)
    owner = {"teamId": team["_id"], "members": [{"userId": stranger.user_id, "roles": ["owner"]}]}
    member.refused("POST", "teams.addMembers", 403, json=owner)
    member.post("teams.addMembers", teamId=team["_id"], members=[{"userId": stranger.user_id}])
    stranger.refused("POST", "teams.addMembers", 403, json=owner)
    change = {"teamId": team["_id"], "member": {"userId": user.user_id, "roles": []}}
    member.refused("POST", "teams.updateMember", 403, json=change)
    assert user.refused("POST", "teams.updateMember", json=change)["error"] == "last-owner-can-not-be-removed"
    for role in ("admin", "none"):
        change["member"] = {"userId": stranger.user_id, "roles": [role]}
        assert user.refused("POST", "teams.updateMember", json=change)["error"] == "invalid-role"
