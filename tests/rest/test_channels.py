"""What only channels have: listings of all of them, joining, join codes, being a default channel."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, person, said
from tests.running import Api, Server, unique


def names(answer: Any) -> list[str]:
    return [room["name"] for room in answer["channels"]]


def test_joining(admin: Api) -> None:
    room, guest = CHANNEL.create(admin), person(admin)
    joined = guest.post("channels.join", roomId=room["_id"])["channel"]
    assert (joined["_id"], joined["usersCount"]) == (room["_id"], 2)
    assert said(admin, CHANNEL, room) == [("uj", guest.username(), guest.username())]
    assert guest.post("channels.join", roomName=room["name"])["channel"]["usersCount"] == 2
    assert len(said(admin, CHANNEL, room)) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {},
            (
                "must have required property 'roomId'\n must have required property 'roomName'\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        (
            {"roomId": "none"},
            (
                'The required "roomId" or "roomName" param provided does not match any channel'
                " [error-room-not-found]"
            ),
        ),
    ],
)
def test_channels_that_cannot_be_joined(admin: Api, body: dict[str, Any], error: str) -> None:
    assert admin.refused("POST", "channels.join", json=body)["error"] == error


def test_guests_join_nothing_by_themselves(admin: Api) -> None:
    room, guest = CHANNEL.create(admin), admin.new_user(roles=["guest"])
    answer = guest.refused("POST", "channels.join", json={"roomId": room["_id"]})
    assert (answer["errorType"], answer["details"]) == ("error-not-allowed", {"method": "joinRoom"})
    # Invited, they see that room and no other.
    admin.post("channels.invite", roomId=room["_id"], userId=guest.user_id)
    assert room["name"] in names(guest.get("channels.list"))
    assert CHANNEL.create(admin)["name"] not in names(guest.get("channels.list", count=0))


def test_a_join_code(admin: Api) -> None:
    room, guest = CHANNEL.create(admin), person(admin)
    admin.post("channels.setJoinCode", roomId=room["_id"], joinCode="sesame")
    info = guest.get("channels.info", roomId=room["_id"])["channel"]
    assert info["joinCodeRequired"] is True
    assert "sesame" not in str(info)
    body = {"roomId": room["_id"]}
    assert guest.refused("POST", "channels.join", json=body)["errorType"] == "error-code-required"
    wrong = guest.refused("POST", "channels.join", json={**body, "joinCode": "Sesame"})
    assert wrong["error"] == "Invalid code [error-code-invalid]"
    guest.post("channels.join", **body, joinCode="sesame")
    for api, path in ((admin, "channels.list"), (guest, "rooms.get"), (admin, "rooms.adminRooms")):
        assert "sesame" not in api.call("GET", path, params={"count": 0}).text
    assert admin.refused("POST", "channels.setJoinCode", json=body)["error"] == (
        'The bodyParam "joinCode" is required'
    )


def test_the_list_is_paged_and_sorted(admin: Api) -> None:
    prefix = unique("list")
    rooms = [CHANNEL.create(admin, name=f"{prefix}-{n}") for n in range(4)]
    query = f'{{"name": {{"$regex": "^{prefix}"}}}}'
    page = admin.get("channels.list", count=2, offset=1, query=query)
    assert names(page) == [f"{prefix}-1", f"{prefix}-2"]
    assert (page["count"], page["offset"], page["total"]) == (2, 1, 4)
    admin.post("channels.invite", roomId=rooms[2]["_id"], userId="rocket.cat")
    fullest = admin.get("channels.list", sort='{"usersCount": -1, "name": 1}', query=query)
    assert names(fullest) == [f"{prefix}-2", f"{prefix}-0", f"{prefix}-1", f"{prefix}-3"]
    shown = admin.get("channels.list", query=query, fields='{"name": 1}', count=1)["channels"][0]
    assert shown.keys() == {"_id", "name"}
    one = admin.get("channels.list", _id=rooms[3]["_id"])
    assert (names(one), one["total"]) == ([f"{prefix}-3"], 1)


def test_pages_of_the_database_make_a_whole(admin: Api) -> None:
    for _ in range(3):
        CHANNEL.create(admin)
    total = admin.get("channels.list", count=1)["total"]
    seen: list[str] = []
    for offset in range(0, total, 5):
        seen += names(admin.get("channels.list", count=5, offset=offset, sort='{"ts": -1}'))
    assert len(seen) == len(set(seen)) == total
    created = [room["ts"] for room in admin.get("channels.list", count=0, sort='{"ts": -1}')["channels"]]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"sort": '{"topic": 1}'}, "error-invalid-sort"),
        ({"sort": '{"ts": 1, "name": 1, "msgs": 1}'}, "error-invalid-sort"),
        ({"query": '{"$where": "1"}'}, "error-invalid-query"),
        ({"query": '{"joinCode": "a"}'}, "error-invalid-query"),
        ({"fields": '{"joinCode": 1}'}, "error-invalid-fields"),
        ({"count": "-1"}, "invalid-params"),
        ({"_id": ""}, "invalid-params"),
    ],
)
def test_lists_that_are_refused(admin: Api, query: dict[str, str], code: str) -> None:
    assert admin.refused("GET", "channels.list", params=query)["errorType"] == code


def test_joined_channels(admin: Api) -> None:
    user = person(admin)
    mine, group = CHANNEL.create(user), GROUP.create(user)
    joined = names(user.get("channels.list.joined"))
    assert mine["name"] in joined
    assert group["name"] not in joined
    assert CHANNEL.create(admin)["name"] not in names(user.get("channels.list.joined"))


def test_the_last_message_is_shown(admin: Api) -> None:
    room = CHANNEL.create(admin)
    admin.post("chat.postMessage", roomId=room["_id"], text="first")
    message = admin.post("chat.postMessage", roomId=room["_id"], text="last")["message"]
    admin.post("channels.setTopic", roomId=room["_id"], topic="said after it")
    listed = admin.get("channels.list", query=f'{{"_id": "{room["_id"]}"}}')["channels"][0]
    assert (listed["lm"], listed["lastMessage"]["msg"]) == (message["ts"], "last")
    assert (listed["msgs"], listed["topic"]) == (3, "said after it")


def test_default_channels(admin: Api) -> None:
    room = CHANNEL.create(admin)
    changed = admin.post("channels.setDefault", roomId=room["_id"], default=True)["channel"]
    assert changed["default"] is True
    newcomer = admin.new_user(joinDefaultChannels=True)
    assert room["name"] in names(newcomer.get("channels.list.joined"))
    answer = admin.refused("POST", "channels.setDefault", json={"roomId": room["_id"], "default": True})
    assert answer["error"] == "The channel default setting is the same as what it would be changed to."
    answer = admin.refused("POST", "channels.setDefault", json={"roomId": room["_id"]})
    assert answer["error"] == 'The bodyParam "default" is required'
    owner = person(admin)
    answer = owner.refused(
        "POST", "channels.setDefault", json={"roomId": CHANNEL.create(owner)["_id"], "default": True}
    )
    assert answer["error"] == "Viewing room administration is not allowed [error-action-not-allowed]"
    admin.post("channels.setDefault", roomId=room["_id"], default="false")
    assert CHANNEL.info(admin, room)["default"] is False


def test_texts_that_are_the_same(admin: Api) -> None:
    room = CHANNEL.create(admin)
    admin.post("channels.setTopic", roomId=room["_id"], topic="same")
    admin.post("channels.setDescription", roomId=room["_id"], description="same")
    for endpoint, name, called in (
        ("setTopic", "topic", "topic"),
        ("setDescription", "description", "description"),
        ("setPurpose", "purpose", "purpose (description)"),
    ):
        answer = admin.refused("POST", f"channels.{endpoint}", json={"roomId": room["_id"], name: "same"})
        assert answer["error"] == f"The channel {called} is the same as what it would be changed to."
    answer = admin.refused("POST", "channels.rename", json={"roomId": room["_id"], "name": room["name"]})
    assert answer["error"] == "The channel name is the same as what it would be renamed to."


def test_what_is_not_archived_is_not_unarchived(admin: Api) -> None:
    room = CHANNEL.create(admin)
    answer = admin.refused("POST", "channels.unarchive", json={"roomId": room["_id"]})
    assert answer["error"] == f"The channel, {room['name']}, is not archived"


def test_nobody_reads_without_a_login(server: Server) -> None:
    answer = Api(server.url).refused("GET", "channels.anonymousread", params={"roomId": "GENERAL"})
    assert answer["error"] == 'Enable "Allow Anonymous Read" [error-not-allowed]'


def test_everybody_is_added(own_server: Server) -> None:
    admin = own_server.admin()
    people = [admin.new_user() for _ in range(3)]
    admin.post("users.setActiveStatus", userId=people[0].user_id, activeStatus=False)
    room = CHANNEL.create(admin)
    after = admin.post("channels.addAll", roomId=room["_id"], activeUsersOnly=True)["channel"]
    found = admin.get("channels.members", roomId=room["_id"], count=0)
    assert {one["_id"] for one in found["members"]} >= {people[1].user_id, people[2].user_id, "rocket.cat"}
    assert people[0].user_id not in {one["_id"] for one in found["members"]}
    assert after["usersCount"] == found["total"]
    joins = [one for one in said(admin, CHANNEL, room) if one[0] == "uj"]
    assert len(joins) == found["total"] - 1


def test_a_channels_life(own_server: Server) -> None:
    """From being made to being removed, on each kind of database."""
    admin = own_server.admin()
    owner, guest = admin.new_user(), admin.new_user()
    room = CHANNEL.create(owner, name="deploys", members=["rocket.cat"])
    guest.post("channels.join", roomName="deploys")
    guest.post("chat.postMessage", channel="#deploys", text="hello")
    owner.post("channels.addModerator", roomId=room["_id"], userId=guest.user_id)
    guest.post("channels.setTopic", roomId=room["_id"], topic="Deploys & more")
    owner.post("channels.rename", roomId=room["_id"], name="releases")
    owner.post("channels.kick", roomId=room["_id"], userId="rocket.cat")
    info = guest.get("channels.info", roomName="releases")["channel"]
    assert (info["usersCount"], info["topic"], info["lastMessage"]["msg"]) == (2, "Deploys & more", "hello")
    page = admin.get("channels.list", sort='{"lm": -1}', count=1)
    assert (names(page), page["total"]) == (["releases"], 2)
    ordered = admin.get("rooms.membersOrderedByRole", roomId=room["_id"])["members"]
    assert [one["_id"] for one in ordered] == [owner.user_id, guest.user_id]
    unread = owner.get("subscriptions.getOne", roomId=room["_id"])["subscription"]
    assert (unread["alert"], unread["name"]) == (True, "releases")
    owner.post("channels.archive", roomId=room["_id"])
    admin.post("channels.unarchive", roomId=room["_id"])
    since = owner.get("rooms.info", roomId=room["_id"])["room"]["_updatedAt"]
    owner.post("channels.delete", roomId=room["_id"])
    gone = guest.get("subscriptions.get", updatedSince=since)["remove"]
    assert len(gone) == 1
    assert [one["_id"] for one in guest.get("rooms.get", updatedSince=since)["remove"]] == [room["_id"]]
