"""Where a call posts (contract, section 3, rows "channel" and "destinations")."""

from __future__ import annotations

from typing import Any

import pytest
from tests.hooks.hooks import Hook
from tests.running import Api, unique

OVERRIDE = "overriding destination channel is disabled for this integration"


def texts(hook: Hook, room: Any) -> list[str]:
    """What is in a room, oldest first, after joins and the like as ``(uj)``."""
    told = hook.everything(room["_id"])[::-1]
    return [f"({one['t']})" for one in told if "t" in one] + [one["msg"] for one in told if "t" not in one]


def direct_texts(user: Api, other: str = "rocket.cat") -> list[str]:
    """What ``user`` and ``other`` wrote each other, newest first."""
    room = "".join(sorted((user.user_id, other)))
    return [one["msg"] for one in user.get("im.messages", roomId=room)["messages"]]


# Whether the body may name one


@pytest.mark.parametrize("field", ["channel", "roomId"])
@pytest.mark.parametrize("value", ["#general", ["#general"], "GENERAL", " general "])
def test_the_body_may_not_name_a_destination_unless_allowed(hook: Hook, field: str, value: Any) -> None:
    hook.refused(400, OVERRIDE, json={"text": "x", field: value})
    hook.refused(400, OVERRIDE, json={"text": "x", field: f"#{hook.room['name']}"})


@pytest.mark.parametrize("value", ["", [], None, " ", [""], False])
def test_a_destination_that_is_empty_is_none(hook: Hook, value: Any) -> None:
    assert hook.posted({"text": "x", "channel": value, "roomId": value})["msg"] == "x"


def test_an_allowed_destination_replaces_the_integrations(free_hook: Hook) -> None:
    other = free_hook.admin.new_channel()
    assert free_hook.post({"text": "there", "channel": f"#{other['name']}"}) == {"success": True}
    assert texts(free_hook, other)[-1] == "there"
    assert free_hook.messages() == []
    assert free_hook.posted({"text": "here"})["msg"] == "here"


# What a destination means


def test_each_way_to_name_a_room(free_hook: Hook) -> None:
    for form in ("#{name}", "#{_id}", "{name}", "{_id}", " #{name} "):
        for field in ("channel", "roomId"):
            room = free_hook.admin.new_channel()
            named = form.format(**room)
            assert free_hook.post({"text": named, field: named}) == {"success": True}
            # The bot was no member: it joins a public channel.
            assert texts(free_hook, room) == ["(uj)", named.strip()]
            assert free_hook.post({"text": "again", field: named}) == {"success": True}
            assert texts(free_hook, room) == ["(uj)", named.strip(), "again"]


def test_each_way_to_name_a_person(free_hook: Hook) -> None:
    for form in ("@{name}", "@{id}", "{id}"):
        user = free_hook.admin.new_user()
        named = form.format(name=user.username(), id=user.user_id)
        for text in ("one", "two"):
            assert free_hook.post({"text": text, "channel": named}) == {"success": True}
        assert direct_texts(user) == ["two", "one"]


def test_a_private_group_whose_member_the_user_is(free_hook: Hook) -> None:
    admin = free_hook.admin
    group = admin.post("groups.create", name=unique("group"), members=["rocket.cat"])["group"]
    for named in (f"#{group['name']}", group["_id"]):
        free_hook.post({"text": named, "channel": named})
    messages = admin.get("groups.messages", roomId=group["_id"])["messages"]
    assert [one["msg"] for one in messages if "t" not in one] == [group["_id"], f"#{group['name']}"]


def test_the_integrations_own_channels_are_all_posted_to(admin: Api) -> None:
    rooms = [admin.new_channel() for _ in range(2)]
    user = admin.new_user()
    named = [f"#{rooms[0]['name']}", f"#{rooms[1]['_id']}", f"@{user.username()}", f"#{rooms[0]['name']}"]
    hook = Hook(admin, channel=", ".join(named))
    assert hook.post({"text": "to all"}) == {"success": True}
    for room in rooms:
        assert texts(hook, room) == ["(uj)", "to all"]
    assert direct_texts(user) == ["to all"]


def test_a_renamed_room_is_followed(hook: Hook) -> None:
    hook.posted({"text": "before"})
    hook.admin.post("channels.rename", roomId=hook.room["_id"], name=unique("renamed"))
    hook.posted({"text": "after"})


# Lists


def test_every_room_of_a_list_gets_it_once(free_hook: Hook) -> None:
    rooms = [free_hook.admin.new_channel() for _ in range(3)]
    named = [f"#{rooms[0]['name']}", rooms[1]["_id"], f"#{rooms[2]['_id']}"]
    # The same rooms again, by the same names and by others.
    again = [named[0], rooms[0]["_id"], f" {named[1]} ", f"#{rooms[1]['name']}"]
    assert free_hook.post({"text": "once", "channel": named + again}) == {"success": True}
    for room in rooms:
        assert texts(free_hook, room) == ["(uj)", "once"]


@pytest.mark.parametrize(
    "bad", ["#no-such-room", "@no-such-user", "no-such-thing", "#", "@", {"a": 1}, [["#general"]], True, 1.5]
)
def test_one_that_is_not_there_posts_none(free_hook: Hook, bad: Any) -> None:
    room = free_hook.admin.new_channel()
    for named in ([bad], [f"#{room['name']}", bad], [bad, f"#{room['name']}"]):
        free_hook.refused(400, "invalid-channel", json={"text": "x", "channel": named})
    free_hook.refused(400, "invalid-channel", json={"text": "x", "roomId": bad})
    assert texts(free_hook, room) == []


def test_one_room_where_it_may_not_post_posts_none(free_hook: Hook) -> None:
    admin = free_hook.admin
    room = admin.new_channel()
    group = admin.post("groups.create", name=unique("group"))["group"]
    for named in ([room["_id"], group["_id"]], [f"#{group['name']}", room["_id"]]):
        free_hook.refused(400, "error-not-allowed", json={"text": "x", "channel": named})
    assert texts(free_hook, room) == []
    assert admin.get("groups.messages", roomId=group["_id"])["messages"] == []
    members = admin.get("channels.members", roomId=room["_id"])["members"]
    assert "rocket.cat" not in [member["username"] for member in members]


# An answer for each


def test_separate_responses(free_hook: Hook) -> None:
    admin = free_hook.admin
    first, second = admin.new_channel(), admin.new_channel()
    group = admin.post("groups.create", name=unique("group"))["group"]
    named = [f"#{first['name']}", "#no-such-room", group["_id"], second["_id"], f"#{second['name']}"]
    answer = free_hook.post({"text": "x", "channel": named, "separateResponse": True})
    assert answer.keys() == {"responses", "success"}
    responses = answer["responses"]
    assert [one["channel"] for one in responses] == named
    assert responses[1] == {"channel": "#no-such-room", "error": "invalid-channel"}
    assert responses[2] == {"channel": group["_id"], "error": "error-not-allowed"}
    for response, room in ((responses[0], first), (responses[3], second), (responses[4], second)):
        assert response.keys() == {"channel", "message"}
        assert response["message"] == free_hook.messages(room["_id"])[0]
        assert texts(free_hook, room) == ["(uj)", "x"]
    assert admin.get("groups.messages", roomId=group["_id"])["messages"] == []


def test_separate_responses_of_the_integrations_own_channel(hook: Hook) -> None:
    for wanted in (True, "true"):
        answer = hook.post({"text": "x", "separateResponse": wanted})
        assert [one["channel"] for one in answer["responses"]] == [f"#{hook.room['name']}"]
        assert answer["responses"][0]["message"] == hook.messages()[0]
    for value in (False, "false", None):
        hook.posted({"text": "x", "separateResponse": value})


def test_separate_responses_that_all_failed(free_hook: Hook) -> None:
    response = free_hook.call(
        json={"text": "x", "channel": ["#nowhere", "@nobody", "#nowhere"], "separateResponse": True}
    )
    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "error": "invalid-channel",
        "responses": [
            {"channel": "#nowhere", "error": "invalid-channel"},
            {"channel": "@nobody", "error": "invalid-channel"},
        ],
    }
    assert free_hook.messages() == []
