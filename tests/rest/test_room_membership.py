"""Channels and groups: who comes, who goes, and who holds roles there. The same for both kinds."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, Kind, both_kinds, person, said
from tests.running import Api, unique

ROLES = pytest.mark.parametrize(("role", "article"), [("owner", "an"), ("moderator", "a"), ("leader", "a")])


def members(api: Api, kind: Kind, room: Any, **query: Any) -> list[str]:
    found = api.get(kind.path("members"), roomId=room["_id"], **query)["members"]
    return [one["username"] for one in found]


@both_kinds
@pytest.mark.parametrize("by", ["userId", "username", "user", "userIds", "usernames"])
def test_inviting(admin: Api, kind: Kind, by: str) -> None:
    guest, room = person(admin), kind.create(admin)
    value: Any = guest.user_id if by.startswith("userId") else guest.username()
    body = {by: [value, value] if by.endswith("s") else value}
    assert admin.post(kind.path("invite"), roomId=room["_id"], **body)[kind.one]["usersCount"] == 2
    assert guest.username() in members(admin, kind, room)
    assert said(admin, kind, room) == [("au", guest.username(), admin.username())]
    # Who is there already stays, and nothing is said of it.
    admin.post(kind.path("invite"), roomId=room["_id"], **body)
    assert len(said(admin, kind, room)) == 1


@both_kinds
def test_inviting_nobody(admin: Api, kind: Kind) -> None:
    room = kind.create(admin)
    answer = admin.refused("POST", kind.path("invite"), json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-users-params-not-provided"
    answer = admin.refused("POST", kind.path("invite"), json={"roomId": room["_id"], "userId": "nobody"})
    if kind is CHANNEL:
        assert answer["error"] == "invalid-user-invite-list"
        assert answer["errorType"] == "Cannot invite if no users are provided"
    else:
        assert answer["errorType"] == "error-empty-invite-list"


@both_kinds
def test_inviting_needs_the_permission(admin: Api, kind: Kind) -> None:
    member, guest = person(admin), person(admin, 1)
    room = kind.create(admin, members=[member.username()])
    body = {"roomId": room["_id"], "userId": guest.user_id}
    answer = member.refused("POST", kind.path("invite"), json=body)
    assert (answer["errorType"], answer["details"]) == ("error-not-allowed", {"method": "addUsersToRoom"})
    admin.post(kind.path("addModerator"), roomId=room["_id"], userId=member.user_id)
    member.post(kind.path("invite"), **body)


@both_kinds
def test_removing_somebody(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    body = {"roomId": room["_id"], "userId": member.user_id}
    admin.post(kind.path("kick"), **body)
    assert members(admin, kind, room) == [admin.username()]
    assert kind.info(admin, room)["usersCount"] == 1
    assert said(admin, kind, room) == [("ru", member.username(), admin.username())]
    assert admin.refused("POST", kind.path("kick"), json=body)["errorType"] == "error-user-not-in-room"


@both_kinds
def test_removing_needs_the_permission(admin: Api, kind: Kind) -> None:
    member, other = person(admin), person(admin, 1)
    room = kind.create(admin, members=[member.username(), other.username()])
    body = {"roomId": room["_id"], "userId": other.user_id}
    answer = member.refused("POST", kind.path("kick"), json=body)
    assert (answer["errorType"], answer["details"]) == ("error-not-allowed", {"method": "removeUserFromRoom"})
    answer = admin.refused("POST", kind.path("kick"), json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-user-param-not-provided"
    answer = admin.refused("POST", kind.path("kick"), json={"roomId": room["_id"], "userId": "nobody"})
    assert answer["errorType"] == "error-invalid-user"


@both_kinds
def test_leaving(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    member.post(kind.path("leave"), roomId=room["_id"])
    assert members(admin, kind, room) == [admin.username()]
    assert said(admin, kind, room) == [("ul", member.username(), member.username())]
    again = member.refused("POST", kind.path("leave"), json={"roomId": room["_id"]})
    expected = "error-user-not-in-room" if kind is CHANNEL else "error-room-not-found"
    assert again["errorType"] == expected


@both_kinds
def test_the_last_owner_stays(admin: Api, kind: Kind) -> None:
    owner, other = person(admin), person(admin, 1)
    room = kind.create(owner, members=[other.username()])
    body = {"roomId": room["_id"]}
    answer = owner.refused("POST", kind.path("leave"), json=body)
    assert answer["error"] == (
        "You are the last owner. Please set new owner before leaving the room. [error-you-are-last-owner]"
    )
    answer = owner.refused("POST", kind.path("removeOwner"), json={**body, "userId": owner.user_id})
    assert answer["errorType"] == "error-remove-last-owner"
    answer = owner.refused("POST", kind.path("kick"), json={**body, "userId": owner.user_id})
    assert answer["errorType"] == "error-you-are-last-owner"
    owner.post(kind.path("addOwner"), **body, userId=other.user_id)
    owner.post(kind.path("leave"), **body)
    answer = other.refused("POST", kind.path("leave"), json=body)
    assert answer["errorType"] == "error-you-are-last-owner"


@both_kinds
@ROLES
def test_roles_are_given_and_taken(admin: Api, kind: Kind, role: str, article: str) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()])
    add, remove = kind.path(f"add{role.capitalize()}"), kind.path(f"remove{role.capitalize()}")
    body = {"roomId": room["_id"], "userId": member.user_id}
    answer = admin.refused("POST", remove, json=body)
    assert answer["error"] == f"User is not {article} {role} [error-user-not-{role}]"
    assert answer["details"] == {"method": f"removeRoom{role.capitalize()}"}
    admin.post(add, **body)
    held = {
        one["u"]["username"]: one["roles"]
        for one in admin.get(kind.path("roles"), roomId=room["_id"])["roles"]
    }
    assert held == {admin.username(): ["owner"], member.username(): [role]}
    assert member.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["roles"] == [role]
    answer = admin.refused("POST", add, json=body)
    assert answer["error"] == f"User is already {article} {role} [error-user-already-{role}]"
    moderators = admin.get(kind.path("moderators"), roomId=room["_id"])["moderators"]
    expected = [member.username()] if role == "moderator" else []
    assert [one["username"] for one in moderators] == expected
    admin.post(remove, **body)
    me, name = admin.username(), member.username()
    assert said(admin, kind, room) == [
        ("subscription-role-added", name, me),
        ("subscription-role-removed", name, me),
    ]
    said_roles = admin.get(kind.path("messages"), roomId=room["_id"])["messages"]
    assert {one["role"] for one in said_roles} == {role}


@both_kinds
@ROLES
def test_giving_roles_needs_the_permission(admin: Api, kind: Kind, role: str, article: str) -> None:
    member, stranger = person(admin), person(admin, 1)
    room = kind.create(admin, members=[member.username()])
    path = kind.path(f"add{role.capitalize()}")
    body = {"roomId": room["_id"], "userId": member.user_id}
    assert member.refused("POST", path, json=body)["errorType"] == "error-not-allowed"
    answer = admin.refused("POST", path, json={**body, "userId": stranger.user_id})
    assert answer["errorType"] == "error-user-not-in-room"
    # An owner of this room holds it here, and nowhere else.
    admin.post(kind.path("addOwner"), **body)
    admin.post(kind.path("invite"), roomId=room["_id"], userId=stranger.user_id)
    member.post(path, roomId=room["_id"], userId=stranger.user_id)
    elsewhere = kind.create(admin, members=[member.username(), stranger.username()])
    answer = member.refused("POST", path, json={"roomId": elsewhere["_id"], "userId": stranger.user_id})
    assert answer["errorType"] == "error-not-allowed"
    assert article


@both_kinds
def test_members_page_by_page(admin: Api, kind: Kind) -> None:
    prefix = unique("member")
    people = [admin.new_user(username=f"{prefix}-{n}", name=f"Name {n}") for n in range(4)]
    names = [person.username() for person in people]
    room = kind.create(admin, members=names)
    page = admin.get(kind.path("members"), roomId=room["_id"], count=2, offset=1, filter=prefix)
    assert [one["username"] for one in page["members"]] == names[1:3]
    assert (page["count"], page["offset"], page["total"]) == (2, 1, 4)
    down = members(admin, kind, room, sort='{"username": -1}', filter=prefix)
    assert down == names[::-1]
    assert members(admin, kind, room, filter="NAME 2") == [names[2]]
    assert members(admin, kind, room, filter="%") == []
    one = admin.get(kind.path("members"), roomId=room["_id"], filter=names[0])["members"][0]
    assert (one["_id"], one["name"]) == (people[0].user_id, "Name 0")
    assert one["subscription"].keys() >= {"_id", "ts"}
    assert "emails" not in one


@both_kinds
def test_the_members_of_a_broadcast_room(admin: Api, kind: Kind) -> None:
    member = person(admin)
    room = kind.create(admin, members=[member.username()], extraData={"broadcast": True})
    assert member.username() in members(admin, kind, room)
    for path in (kind.path("members"), "rooms.membersOrderedByRole"):
        member.refused("GET", path, 403, params={"roomId": room["_id"]})


@both_kinds
def test_who_is_online(admin: Api, kind: Kind) -> None:
    member = admin.new_user()
    room = kind.create(admin, members=[member.username(), "rocket.cat"])
    member.post("users.setStatus", status="busy")
    busy = members(admin, kind, room, status="busy")
    assert busy == [member.username()]
    assert members(admin, kind, room, **{"status[]": ["busy", "away"]}) == busy
    online = admin.get(kind.path("online"), _id=room["_id"])["online"]
    assert {one["username"] for one in online} >= {member.username(), "rocket.cat"}
    named = admin.get(kind.path("online"), query=f'{{"name": "{room["name"]}"}}')["online"]
    assert named == online
    assert admin.refused("GET", kind.path("online"))["error"] == "Invalid query"
    missing = admin.refused("GET", kind.path("online"), params={"_id": "none"})
    assert missing["error"] == f"{kind.one.capitalize()} does not exists"


@both_kinds
def test_adding_everybody_needs_the_permission(admin: Api, kind: Kind) -> None:
    owner = person(admin)
    room = kind.create(owner)
    answer = owner.refused("POST", kind.path("addAll"), json={"roomId": room["_id"]})
    assert (answer["errorType"], answer["details"]) == ("error-not-allowed", {"method": "addAllToRoom"})
