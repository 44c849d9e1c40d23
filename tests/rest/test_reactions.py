"""Reactions, stars and pins."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api

from hookroom.messages.known_emoji import standard


def send(api: Api, room_id: str, text: str = "hello") -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text})["message"]


def get(api: Api, message: Any) -> Any:
    return api.get("chat.getMessage", msgId=message["_id"])["message"]


def reactions(api: Api, message: Any) -> Any:
    return {code: one["usernames"] for code, one in get(api, message).get("reactions", {}).items()}


def test_a_reaction_goes_on_and_off(user: Api, stranger: Api, room: Any) -> None:
    message = send(user, room["_id"])
    me, they = user.username(), stranger.username()
    for api, form in ((user, {"emoji": ":smile:"}), (stranger, {"reaction": "smile"})):
        api.post("chat.react", messageId=message["_id"], **form)
    assert reactions(user, message) == {":smile:": [me, they]}
    user.post("chat.react", messageId=message["_id"], emoji="smile")
    assert reactions(user, message) == {":smile:": [they]}
    stranger.post("chat.react", messageId=message["_id"], emoji="smile")
    assert "reactions" not in get(user, message)


@pytest.mark.parametrize("wanted", [True, False])
def test_should_react_says_which(user: Api, room: Any, wanted: bool) -> None:
    message = send(user, room["_id"])
    for _ in range(2):
        user.post("chat.react", messageId=message["_id"], emoji=":tada:", shouldReact=wanted)
    assert reactions(user, message) == ({":tada:": [user.username()]} if wanted else {})


@pytest.mark.parametrize("emoji", ["👍", "a b", "x" * 101, ":", "<b>", "no_such_emoji", "rocket_tone3_tone9"])
def test_what_is_no_emoji(user: Api, room: Any, emoji: str) -> None:
    body = {"messageId": send(user, room["_id"])["_id"], "emoji": emoji}
    answer = user.refused("POST", "chat.react", json=body)
    assert answer["error"] == "Invalid emoji provided. [error-not-allowed]"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"emoji": "smile"},
            (
                "must have required property 'messageId'\n must have required property 'reaction'\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        (
            {"messageId": "nothing", "emoji": "smile"},
            'The provided "messageId" does not match any existing message. [error-message-not-found]',
        ),
    ],
)
def test_reactions_that_are_refused(user: Api, body: Any, error: str) -> None:
    assert user.refused("POST", "chat.react", json=body)["error"] == error


def test_an_empty_emoji(user: Api, room: Any) -> None:
    body = {"messageId": send(user, room["_id"])["_id"], "emoji": ""}
    answer = user.refused("POST", "chat.react", json=body)
    assert answer["errorType"] == "error-emoji-param-not-provided"


def test_who_does_not_see_the_room_changes_nothing(user: Api, stranger: Api, group: Any) -> None:
    message = send(user, group["_id"])
    body = {"messageId": message["_id"]}
    answer = stranger.refused("POST", "chat.react", json={**body, "emoji": "smile"})
    assert answer["error"] == "Not Authorized [not-authorized]"
    stranger.post("chat.starMessage", **body)
    assert (
        stranger.refused("POST", "chat.pinMessage", json=body)["error"] == "Not Authorized [not-authorized]"
    )
    assert (
        stranger.refused("POST", "chat.unPinMessage", json=body)["error"]
        == "Message you are unpinning was not found [error-invalid-message]"
    )
    assert get(user, message) == message


def test_reactions_in_a_read_only_room(user: Api, stranger: Api) -> None:
    room = user.new_channel(readOnly=True)
    body = {"messageId": send(user, room["_id"])["_id"], "emoji": "smile"}
    answer = stranger.refused("POST", "chat.react", json=body)
    assert answer["error"] == "You can't send messages because the room is readonly."


def test_reactions_are_bounded(user: Api, room: Any) -> None:
    message = send(user, room["_id"])
    *names, one_more = sorted(standard())[:101]
    for name in names:
        user.post("chat.react", messageId=message["_id"], emoji=name)
    body = {"messageId": message["_id"], "emoji": one_more}
    assert user.refused("POST", "chat.react", json=body)["errorType"] == "error-too-many-reactions"
    user.post("chat.react", messageId=message["_id"], emoji=names[0])
    user.post("chat.react", messageId=message["_id"], emoji=one_more)


def test_stars_are_everybodys_own(user: Api, stranger: Api, room: Any) -> None:
    stranger.post("channels.join", roomId=room["_id"])
    message = send(user, room["_id"])
    for api in (user, stranger):
        for _ in range(2):
            api.post("chat.starMessage", messageId=message["_id"])
    assert get(user, message)["starred"] == [{"_id": user.user_id}]
    assert get(stranger, message)["starred"] == [{"_id": stranger.user_id}]
    assert "starred" not in get(Api.login(user.url, *["rocketchat.internal.admin.test"] * 2), message)
    found = user.get("chat.getStarredMessages", roomId=room["_id"])
    assert [one["_id"] for one in found["messages"]] == [message["_id"]]
    assert (found["count"], found["offset"], found["total"]) == (1, 0, 1)
    user.post("chat.unStarMessage", messageId=message["_id"])
    assert "starred" not in get(user, message)
    assert user.get("chat.getStarredMessages", roomId=room["_id"])["messages"] == []
    assert stranger.get("chat.getStarredMessages", roomId=room["_id"])["total"] == 1


def test_a_pinned_message(user: Api) -> None:
    room = user.new_channel()
    message = send(user, room["_id"], "important")
    said = user.post("chat.pinMessage", messageId=message["_id"])["message"]
    assert said["t"] == "message_pinned"
    assert said["attachments"][0]["text"] == "important"
    assert said["attachments"][0]["author_name"] == user.username()
    pinned = get(user, message)
    assert pinned["pinned"] is True
    assert pinned["pinnedBy"] == {"_id": user.user_id, "username": user.username()}
    assert pinned["pinnedAt"] == pinned["_updatedAt"]
    assert user.post("chat.pinMessage", messageId=message["_id"])["message"]["_id"] == message["_id"]
    found = user.get("chat.getPinnedMessages", roomId=room["_id"])
    assert [one["_id"] for one in found["messages"]] == [message["_id"]]
    user.post("chat.unPinMessage", messageId=message["_id"])
    assert user.get("chat.getPinnedMessages", roomId=room["_id"])["total"] == 0
    assert get(user, message)["pinned"] is False


def test_pins_of_pins_do_not_nest(user: Api) -> None:
    room = user.new_channel()
    message = send(user, room["_id"], "important")
    for _ in range(4):
        message = user.post("chat.pinMessage", messageId=message["_id"])["message"]
    assert all("attachments" not in one for one in message["attachments"][0]["attachments"])


def test_pinning_needs_the_permission(user: Api, stranger: Api, room: Any) -> None:
    body = {"messageId": send(user, room["_id"])["_id"]}
    assert stranger.refused("POST", "chat.pinMessage", json=body)["errorType"] == "not-authorized"


def test_a_deleted_message_has_no_marks(user: Api, room: Any) -> None:
    message = send(user, room["_id"], f"@{user.username()}")
    for call in ("chat.starMessage", "chat.pinMessage"):
        user.post(call, messageId=message["_id"])
    user.post("chat.delete", roomId=room["_id"], msgId=message["_id"])
    for call in ("chat.getStarredMessages", "chat.getPinnedMessages", "chat.getMentionedMessages"):
        found = user.get(call, roomId=room["_id"])
        assert (found["total"], found["messages"]) == (0, [])


@pytest.mark.parametrize(
    "call", ["chat.getStarredMessages", "chat.getPinnedMessages", "chat.getMentionedMessages"]
)
def test_lists_of_a_room_that_one_does_not_see(stranger: Api, group: Any, call: str) -> None:
    for room_id in (group["_id"], "nowhere"):
        answer = stranger.refused("GET", call, params={"roomId": room_id})
        assert answer["error"] == "Not allowed [error-not-allowed]"
    answer = stranger.refused("GET", call)
    assert answer["error"] == "must have required property 'roomId' [invalid-params]"


def test_settings_switch_stars_and_pins_off(own_server: Any) -> None:
    admin = own_server.admin()
    body = {"messageId": send(admin, "GENERAL")["_id"]}
    for setting, calls in (
        ("Message_AllowStarring", ("chat.starMessage", "chat.unStarMessage")),
        ("Message_AllowPinning", ("chat.pinMessage", "chat.unPinMessage")),
    ):
        admin.post(f"settings/{setting}", value=False)
        for call in calls:
            answer = admin.refused("POST", call, json=body)
            assert answer["errorType"] == "error-action-not-allowed"
