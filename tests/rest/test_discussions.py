"""Discussions: what they are made of, who is in them, and the message that stands for them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, Kind, both_kinds, person
from tests.running import Api, unique


@pytest.fixture(scope="module")
def other(admin: Api) -> Api:
    return admin.new_user()


def discuss(api: Api, room: Any, **fields: Any) -> Any:
    body = {"prid": room["_id"], "t_name": "About it", **fields}
    return api.post("rooms.createDiscussion", **body)["discussion"]


def send(api: Api, room_id: str, text: str, **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def standing_for(api: Api, discussion: Any) -> Any:
    found = api.get("chat.getDiscussions", roomId=discussion["prid"])["messages"]
    return next(one for one in found if one.get("drid") == discussion["_id"])


def wait_for_count(api: Api, discussion: Any, count: int) -> Any:
    """The message that stands for the discussion once it says that there are so many."""
    until = time.monotonic() + 10
    while (said := standing_for(api, discussion)).get("dcount") != count:
        assert time.monotonic() < until, said
    return said


@both_kinds
def test_a_discussion_is_a_room_of_its_parents_kind(user: Api, kind: Kind) -> None:
    room = kind.create(user)
    discussion = discuss(user, room, topic="Plans", users=["rocket.cat", "nobody-of-this-name"])
    assert discussion["rid"] == discussion["_id"]
    assert (discussion["t"], discussion["prid"], discussion["fname"]) == (kind.type, room["_id"], "About it")
    assert (discussion["topic"], discussion["msgs"], discussion["usersCount"]) == ("Plans", 0, 2)
    info = user.get("rooms.info", roomId=discussion["_id"])
    assert info["parent"]["_id"] == room["_id"]
    assert "lastMessage" not in info["parent"]
    said = standing_for(user, discussion)
    assert (said["t"], said["msg"], said["rid"]) == ("discussion-created", "About it", room["_id"])
    listed = user.get("rooms.getDiscussions", roomId=room["_id"])
    assert [one["_id"] for one in listed["discussions"]] == [discussion["_id"]]
    assert listed["total"] == 1
    member = user.get("subscriptions.getOne", roomId=discussion["_id"])["subscription"]
    assert (member["prid"], member["roles"]) == (room["_id"], ["owner"])


def test_a_discussion_of_a_direct_room_is_private(user: Api, other: Api) -> None:
    room = user.post("im.create", username=other.username())["room"]
    discussion = discuss(user, room)
    assert discussion["t"] == "p"
    send(other, discussion["_id"], "I am here too")


def test_a_discussion_about_a_message_quotes_it_and_has_its_author(user: Api, other: Api) -> None:
    room = CHANNEL.create(user)
    message = send(other, room["_id"], "what now?")
    discussion = discuss(user, room, pmid=message["_id"], reply="let us see")
    assert discussion["description"] == "what now?"
    assert discussion["topic"] == room["name"]
    members = user.get("channels.members", roomId=discussion["_id"])["members"]
    assert {one["_id"] for one in members} == {user.user_id, other.user_id}
    reply, quote = user.get("channels.messages", roomId=discussion["_id"])["messages"]
    assert reply["msg"] == "let us see"
    assert quote["attachments"][0]["text"] == "what now?"
    said = wait_for_count(user, discussion, 2)
    assert said["dlm"] == reply["ts"]
    assert said["attachments"] == quote["attachments"]


def test_the_parent_says_how_many_messages_there_are(user: Api, other: Api) -> None:
    discussion = discuss(user, CHANNEL.create(user))
    last = [send(user, discussion["_id"], f"message {i}") for i in range(5)][-1]
    assert wait_for_count(user, discussion, 5)["dlm"] == last["ts"]
    before = standing_for(user, discussion)
    changed = user.get("chat.syncMessages", roomId=discussion["prid"], lastUpdate=before["ts"])["result"]
    assert before in changed["updated"]
    user.post("chat.delete", roomId=discussion["_id"], msgId=last["_id"])
    wait_for_count(user, discussion, 4)
    # Who writes there joins: that is said, and counts.
    send(other, discussion["_id"], "me too")
    wait_for_count(user, discussion, 6)


def test_members_of_the_parent_see_it_and_join_by_writing(user: Api, other: Api, admin: Api) -> None:
    room = GROUP.create(user, members=[other.username()])
    discussion = discuss(user, room)
    stranger = person(admin)
    send(user, discussion["_id"], "hello")
    assert other.get("rooms.info", roomId=discussion["_id"])["room"]["prid"] == room["_id"]
    assert other.get("groups.history", roomId=discussion["_id"])["messages"][0]["msg"] == "hello"
    assert other.get("subscriptions.getOne", roomId=discussion["_id"])["subscription"] is None
    for path, body in (
        ("chat.sendMessage", {"message": {"rid": discussion["_id"], "msg": "let me in"}}),
        ("chat.postMessage", {"roomId": discussion["_id"], "text": "let me in"}),
    ):
        assert stranger.refused("POST", path, json=body)["error"] == "error-not-allowed"
    other.post("chat.postMessage", roomId=discussion["_id"], text="hello you")
    assert other.get("subscriptions.getOne", roomId=discussion["_id"])["subscription"]["open"] is True
    kinds = [one.get("t") for one in user.get("groups.messages", roomId=discussion["_id"])["messages"]]
    assert kinds == [None, "ut", None]
    other.post("rooms.leave", roomId=discussion["_id"])
    assert other.get("subscriptions.getOne", roomId=discussion["_id"])["subscription"] is None


@pytest.mark.parametrize("removed", ["parent", "discussion", "message"])
def test_what_is_removed_takes_the_rest_with_it(user: Api, removed: str) -> None:
    room = CHANNEL.create(user)
    discussion = discuss(user, room)
    said = standing_for(user, discussion)
    send(user, discussion["_id"], "hello")
    if removed == "parent":
        user.post("rooms.delete", roomId=room["_id"])
    elif removed == "discussion":
        user.post("rooms.delete", roomId=discussion["_id"])
    else:
        user.post("chat.delete", roomId=room["_id"], msgId=said["_id"])
    user.refused("GET", "rooms.info", params={"roomId": discussion["_id"]})
    if removed == "parent":
        user.refused("GET", "rooms.info", params={"roomId": room["_id"]})
        return
    assert user.get("rooms.getDiscussions", roomId=room["_id"])["total"] == 0
    assert user.get("chat.getDiscussions", roomId=room["_id"])["total"] == 0
    if removed == "discussion":
        left = user.get("chat.getMessage", msgId=said["_id"])["message"]
        assert (left["msg"], "drid" in left, "dcount" in left) == ("About it", False, False)


def test_renaming_the_parent_renames_the_topic(user: Api) -> None:
    room = CHANNEL.create(user)
    named, own = discuss(user, room), discuss(user, room, topic="Its own")
    name = unique("renamed")
    user.post("channels.rename", roomId=room["_id"], name=name)
    for discussion, topic in ((named, name), (own, "Its own")):
        assert user.get("rooms.info", roomId=discussion["_id"])["room"]["topic"] == topic


def test_listings_are_paged_and_searched(user: Api) -> None:
    room = CHANNEL.create(user)
    for name in ("Bees", "Ants", "Crab bees"):
        discuss(user, room, t_name=name)
    listed = user.get("rooms.getDiscussions", roomName=room["name"], count=2, offset=1)
    assert [one["fname"] for one in listed["discussions"]] == ["Bees", "Crab bees"]
    assert (listed["count"], listed["offset"], listed["total"]) == (2, 1, 3)
    found = user.get("chat.getDiscussions", roomId=room["_id"], text="BEES")
    assert [one["msg"] for one in found["messages"]] == ["Crab bees", "Bees"]
    found = user.get("chat.getDiscussions", roomId=room["_id"], text="bees", count=1, offset=1)
    assert ([one["msg"] for one in found["messages"]], found["total"]) == (["Bees"], 2)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"prid": ""}, 'Body parameter "prid" is required.'),
        ({"t_name": " "}, 'Body parameter "t_name" is required.'),
        ({"users": "rocket.cat"}, 'Body parameter "users" must be an array.'),
        ({"users": [1]}, 'Param "users" must be an array of strings if provided'),
        ({"encrypted": "yes"}, 'Body parameter "encrypted" must be a boolean when included.'),
        ({"prid": "nowhere"}, "[error-invalid-room]"),
        ({"pmid": "nothing"}, "Invalid message [error-invalid-message]"),
        ({"t_name": "x" * 5001}, "Message size exceeds Message_MaxAllowedSize [error-message-size-exceeded]"),
    ],
)
def test_what_is_no_discussion_is_refused(user: Api, room: Any, fields: Any, error: str) -> None:
    body = {"prid": room["_id"], "t_name": "About it", **fields}
    assert user.refused("POST", "rooms.createDiscussion", json=body)["error"] == error


def test_where_no_discussion_may_be_made(user: Api, other: Api, admin: Api, room: Any) -> None:
    def refused(api: Api, parent: str, **fields: Any) -> str:
        body = {"prid": parent, "t_name": "About it", **fields}
        error: str = api.refused("POST", "rooms.createDiscussion", json=body)["error"]
        return error

    inner = discuss(user, room)
    assert refused(user, inner["_id"]).endswith("[error-nested-discussion]")
    group = GROUP.create(user)
    secret = send(user, group["_id"], "secret")
    assert refused(other, group["_id"]) == "[error-not-allowed]"
    assert refused(other, room["_id"], pmid=secret["_id"]).endswith("[error-invalid-message]")
    assert refused(user, room["_id"], pmid=secret["_id"]).endswith("[error-invalid-arguments]")
    bot = admin.new_user(roles=["bot"])
    assert refused(bot, room["_id"]).endswith("[error-action-not-allowed]")
    answer = user.refused(
        "POST", "rooms.createDiscussion", 501, json={"prid": "x", "t_name": "x", "encrypted": True}
    )
    assert "encryption" in answer["error"]
    assert other.refused("GET", "rooms.getDiscussions", params={"roomId": group["_id"]})["error"] == (
        "not-allowed"
    )
    assert other.refused("GET", "chat.getDiscussions", params={"roomId": group["_id"]})["error"] == (
        "error-not-allowed"
    )


def test_discussions_can_be_switched_off(admin: Api, user: Api, room: Any) -> None:
    admin.post("settings/Discussion_enabled", value=False)
    try:
        answer = user.refused("POST", "rooms.createDiscussion", json={"prid": room["_id"], "t_name": "no"})
        assert answer["errorType"] == "error-action-not-allowed"
    finally:
        admin.post("settings/Discussion_enabled", value=True)


@pytest.mark.parametrize("how", ["made private", "moved into a team"])
def test_who_no_longer_sees_a_room_sees_no_discussion_of_it(user: Api, other: Api, how: str) -> None:
    room = CHANNEL.create(user)
    discussion = discuss(user, room)
    message = send(user, discussion["_id"], "for now to everybody")
    query = {"roomId": discussion["_id"]}
    assert other.get("rooms.info", **query)["room"]["lastMessage"]["_id"] == message["_id"]
    if how == "made private":
        user.post("rooms.saveRoomSettings", rid=room["_id"], roomType="p", roomName=unique("private"))
    else:
        team = user.post("teams.create", name=unique("team"), type=1)["team"]
        user.post("teams.addRooms", teamId=team["_id"], rooms=[room["_id"]])
    assert user.get("rooms.info", **query)["room"]["t"] == "p"
    for path, params in (
        ("rooms.info", query),
        ("chat.getMessage", {"msgId": message["_id"]}),
        ("chat.search", {**query, "searchText": "everybody"}),
    ):
        other.refused("GET", path, params=params)
    listed = other.get("channels.list", count=0)["channels"]
    assert discussion["_id"] not in {one["_id"] for one in listed}
