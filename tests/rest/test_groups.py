"""What only groups have: they are their members' alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.room_kinds import CHANNEL, GROUP, person
from tests.running import Api


def names(answer: Any) -> list[str]:
    return [room["name"] for room in answer["groups"]]


def test_own_groups(admin: Api) -> None:
    user = admin.new_user()
    assert user.get("groups.list")["groups"] == []
    mine = GROUP.create(user)
    CHANNEL.create(user)
    GROUP.create(admin)
    page = user.get("groups.list")
    assert (names(page), page["count"], page["total"]) == ([mine["name"]], 1, 1)


def test_all_groups_are_for_administrators(admin: Api) -> None:
    user = person(admin)
    theirs = GROUP.create(user)
    assert theirs["name"] in names(admin.get("groups.listAll", count=0))
    user.refused("GET", "groups.listAll", 403)


@pytest.mark.parametrize("endpoint", ["info", "members", "roles", "moderators"])
def test_a_group_is_hidden_from_others(admin: Api, endpoint: str) -> None:
    stranger, room = person(admin), GROUP.create(admin)
    answer = stranger.refused("GET", f"groups.{endpoint}", params={"roomId": room["_id"]})
    assert answer["error"] == (
        'The required "roomId" or "roomName" param provided does not match any group [error-room-not-found]'
    )


@pytest.mark.parametrize("endpoint", ["info", "members", "roles", "moderators"])
def test_a_group_must_be_named(admin: Api, endpoint: str) -> None:
    for query in ({}, {"roomId": ""}):
        answer = admin.refused("GET", f"groups.{endpoint}", params=query)
        assert answer["error"] == (
            'The parameter "roomId" or "roomName" is required [error-room-param-not-provided]'
        )


def test_strangers_cannot_come_in(admin: Api) -> None:
    stranger, room = person(admin), GROUP.create(admin)
    answer = stranger.refused("POST", "rooms.join", json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-not-allowed"
    # Nor do they learn whether they could be removed from it.
    stranger.refused("POST", "groups.kick", json={"roomId": room["_id"], "userId": admin.user_id})
    channel = stranger.refused("GET", "channels.info", params={"roomId": room["_id"]})
    assert channel["errorType"] == "error-room-not-found"


def test_a_channel_that_becomes_a_group_is_hidden(admin: Api) -> None:
    stranger, member, room = person(admin), person(admin, 1), CHANNEL.create(admin)
    member.post("channels.join", roomId=room["_id"])
    admin.post("channels.setType", roomId=room["_id"], type="p")
    assert room["name"] in names(member.get("groups.list"))
    assert member.get("subscriptions.getOne", roomId=room["_id"])["subscription"]["t"] == "p"
    stranger.refused("GET", "groups.info", params={"roomId": room["_id"]})
    assert stranger.refused("GET", "rooms.info", params={"roomId": room["_id"]})["error"] == "not-allowed"
