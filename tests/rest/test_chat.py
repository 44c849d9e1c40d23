"""``chat.postMessage``, ``sendMessage`` and ``getMessage``, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, unique

SEE_NOTHING = "Not allowed [error-not-allowed]"


def send(api: Api, room_id: str, text: str = "hello", **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def get(api: Api, message_id: str) -> Any:
    return api.get("chat.getMessage", msgId=message_id)["message"]


# chat.postMessage


def test_a_posted_message_is_answered_and_stored(user: Api, room: Any) -> None:
    answer = user.post("chat.postMessage", roomId=room["_id"], text="  hi there ")
    message = answer["message"]
    assert answer.keys() == {"ts", "channel", "message", "success"}
    assert answer["channel"] == room["_id"]
    assert isinstance(answer["ts"], int)
    assert message["msg"] == "hi there"
    assert message["rid"] == room["_id"]
    assert message["u"]["username"] == user.username()
    assert message["parseUrls"] is True
    assert message["groupable"] is False
    assert message["urls"] == message["mentions"] == message["channels"] == []
    assert get(user, message["_id"]) == message


@pytest.mark.parametrize("form", ["#{name}", "#{_id}", "{name}", "{_id}"])
def test_rooms_by_name_and_id(user: Api, room: Any, form: str) -> None:
    target = form.format(**room)
    for key in ("channel", "roomId"):
        answer = user.post("chat.postMessage", **{key: target}, text="x")
        assert answer["channel"] == target
        assert answer["message"]["rid"] == room["_id"]


def test_people_by_name_and_id(user: Api, stranger: Api) -> None:
    first = user.post("chat.postMessage", channel=f"@{stranger.username()}", text="x")["message"]
    assert user.user_id in first["rid"]
    assert stranger.user_id in first["rid"]
    for target in (f"@{stranger.user_id}", stranger.user_id, first["rid"], f"@{first['rid']}"):
        again = user.post("chat.postMessage", channel=target, text="x")["message"]
        assert again["rid"] == first["rid"]


def test_a_message_to_oneself(user: Api) -> None:
    message = user.post("chat.postMessage", channel=f"@{user.username()}", text="note")["message"]
    assert get(user, message["_id"])["msg"] == "note"


@pytest.mark.parametrize("target", ["nowhere", "#nowhere", "@nobody", "#", "@", "", " ", [], ["", " "], None])
def test_an_unknown_destination(user: Api, target: Any) -> None:
    answer = user.refused("POST", "chat.postMessage", json={"channel": target, "text": "x"})
    assert answer == {"success": False, "error": "[invalid-channel]", "errorType": "invalid-channel"}


def test_a_user_by_bare_name_is_no_destination(user: Api, stranger: Api) -> None:
    answer = user.refused("POST", "chat.postMessage", json={"channel": stranger.username(), "text": "x"})
    assert answer["errorType"] == "invalid-channel"


def test_a_list_of_rooms_gets_one_message_each(user: Api, room: Any, stranger: Api) -> None:
    other = user.new_channel()
    text = unique("text")
    names = [f"#{room['name']}", other["_id"], room["_id"], f"@{stranger.username()}"]
    answer = user.post("chat.postMessage", channel=names, text=text)
    assert answer["channel"] == names[0]
    assert answer["message"]["rid"] == room["_id"]
    for room_id in (room["_id"], other["_id"]):
        found = user.get("channels.messages", roomId=room_id)["messages"]
        assert [one["msg"] for one in found].count(text) == 1


@pytest.mark.parametrize("bad", ["#nowhere", "@nobody"])
def test_one_unknown_room_of_a_list_posts_nothing(user: Api, room: Any, bad: str) -> None:
    text = unique("text")
    user.refused("POST", "chat.postMessage", json={"channel": [room["_id"], bad], "text": text})
    assert text not in [one["msg"] for one in user.get("channels.messages", roomId=room["_id"])["messages"]]


def test_one_closed_room_of_a_list_posts_nothing_and_joins_nothing(
    stranger: Api, group: Any, user: Api
) -> None:
    channel = user.new_channel()
    answer = stranger.refused(
        "POST", "chat.postMessage", json={"channel": [channel["_id"], group["_id"]], "text": "x"}
    )
    assert answer["error"] == "error-not-allowed"
    assert "x" not in [one["msg"] for one in user.get("channels.messages", roomId=channel["_id"])["messages"]]
    members = user.get("channels.members", roomId=channel["_id"])["members"]
    assert stranger.user_id not in [one["_id"] for one in members]


def test_public_channels_are_joined(stranger: Api, user: Api) -> None:
    channel = user.new_channel()
    stranger.post("chat.postMessage", channel=f"#{channel['name']}", text="x")
    found = user.get("channels.messages", roomId=channel["_id"])["messages"]
    assert [(one.get("t"), one["u"]["_id"]) for one in found[:2]] == [
        (None, stranger.user_id),
        ("uj", stranger.user_id),
    ]


@pytest.mark.parametrize("key", ["alias", "avatar"])
def test_nobody_borrows_a_name_or_picture(user: Api, room: Any, key: str) -> None:
    body = {"roomId": room["_id"], "text": "x", key: "https://a.example/x.png"}
    assert user.refused("POST", "chat.postMessage", json=body) == {
        "success": False,
        "error": "Not enough permission",
    }


def test_bots_may_borrow_them(admin: Api, room: Any) -> None:
    bot = admin.new_bot()
    message = bot.post(
        "chat.postMessage", roomId=room["_id"], text="x", alias="Grafana", avatar="https://a.example/x.png"
    )["message"]
    assert message["alias"] == "Grafana"
    assert message["avatar"] == "https://a.example/x.png"


def test_attachments_and_fields(user: Api, room: Any) -> None:
    attachments = [{"title": "T", "text": "t", "fields": [{"title": "a", "value": "b", "short": True}]}]
    message = user.post(
        "chat.postMessage",
        roomId=room["_id"],
        attachments=attachments,
        emoji=":ghost:",
        customFields={"priority": "high"},
    )["message"]
    assert message["attachments"] == attachments
    assert message["emoji"] == ":ghost:"
    assert message["parseUrls"] is False
    assert message["customFields"] == {"priority": "high"}


def test_a_refused_link_names_its_place(user: Api, room: Any) -> None:
    body = {"roomId": room["_id"], "attachments": [{"title_link": "javascript:alert(1)"}]}
    answer = user.refused("POST", "chat.postMessage", json=body)
    assert answer["error"] == "Invalid href value provided (attachments[0].title_link)"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"text": "x"},
            (
                "must have required property 'roomId'\n must have required property 'channel'\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        (
            {"roomId": "GENERAL", "msg": "x"},
            (
                "must NOT have additional properties\n must have required property 'channel'\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        (
            {"channel": {"a": 1}},
            (
                "must have required property 'roomId'\n must be string\n must be array\n"
                " must match exactly one schema in oneOf\n must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        (
            {"channel": "GENERAL", "attachments": "x"},
            (
                "must have required property 'roomId'\n must be array\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
    ],
)
def test_bodies_that_the_schema_refuses(user: Api, body: Any, error: str) -> None:
    assert user.refused("POST", "chat.postMessage", json=body) == {
        "success": False,
        "error": error,
        "errorType": "invalid-params",
    }


def test_numbers_and_null_become_texts(user: Api, room: Any) -> None:
    message = user.post("chat.postMessage", channel=room["_id"], text=42, alias=None)["message"]
    assert message["msg"] == "42"


@pytest.mark.parametrize(("text", "fits"), [("x" * 5000, True), ("x" * 5001, False), ("😀" * 2501, False)])
def test_the_size_is_counted_as_clients_count(user: Api, room: Any, text: str, fits: bool) -> None:
    body = {"roomId": room["_id"], "text": text}
    if fits:
        user.post("chat.postMessage", **body)
    else:
        answer = user.refused("POST", "chat.postMessage", json=body)
        assert answer == {"success": False, "error": "error-message-size-exceeded"}


def test_attachments_are_bounded_too(user: Api, room: Any) -> None:
    body = {"roomId": room["_id"], "text": "x", "attachments": [{"text": "x" * 5001}]}
    answer = user.refused("POST", "chat.postMessage", json=body)
    assert answer["error"] == "error-message-size-exceeded"


def test_nobody_posts_without_login(user: Api, room: Any) -> None:
    answer = Api(user.url).refused("POST", "chat.postMessage", 401, json={"roomId": room["_id"], "text": "x"})
    assert answer["message"] == "You must be logged in to do this."


def test_who_is_not_in_a_group_posts_nothing(stranger: Api, group: Any) -> None:
    for method, body in (
        ("chat.postMessage", {"roomId": group["_id"], "text": "x"}),
        ("chat.sendMessage", {"message": {"rid": group["_id"], "msg": "x"}}),
    ):
        assert stranger.refused("POST", method, json=body)["error"] == "error-not-allowed"


def test_a_read_only_room(user: Api, stranger: Api) -> None:
    room = user.new_channel(readOnly=True)
    user.post("chat.postMessage", roomId=room["_id"], text="the owner may")
    answer = stranger.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "x"})
    assert answer["error"] == "You can't send messages because the room is readonly."


def test_an_archived_room(user: Api) -> None:
    room = user.new_channel()
    user.post("channels.archive", roomId=room["_id"])
    answer = user.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "x"})
    assert answer["error"] == "room_is_archived"


# Mentions and links


def test_mentions_are_of_people_and_rooms_that_exist(user: Api, stranger: Api, room: Any, group: Any) -> None:
    text = f"@{stranger.username()}. @nobody #{room['name']}, #{group['name']} #nowhere"
    message = send(user, room["_id"], text)
    name = stranger.username()
    assert message["mentions"] == [{"_id": stranger.user_id, "username": name, "name": name, "type": "user"}]
    assert [one["_id"] for one in message["channels"]] == [room["_id"], group["_id"]]
    assert message["channels"][0]["name"] == room["name"]


def test_a_group_is_named_to_its_members_only(stranger: Api, room: Any, group: Any) -> None:
    stranger.post("channels.join", roomId=room["_id"])
    assert send(stranger, room["_id"], f"#{group['name']}")["channels"] == []


@pytest.mark.parametrize("whom", ["all", "here"])
def test_mentioning_everybody_needs_the_permission(user: Api, admin: Api, room: Any, whom: str) -> None:
    message = send(user, room["_id"], f"@{whom} look")
    assert message["mentions"] == [{"_id": whom, "username": whom}]
    guest = admin.new_user(roles=["guest"])
    user.post("channels.invite", roomId=room["_id"], userId=guest.user_id)
    body = {"message": {"rid": room["_id"], "msg": f"@{whom}"}}
    answer = guest.refused("POST", "chat.sendMessage", json=body)
    assert answer["error"] == f"Notify {whom} in this room not allowed [error-action-not-allowed]"


def test_links_are_listed_unless_the_sender_says_no(user: Api, room: Any) -> None:
    text = "see https://a.example/x."
    assert send(user, room["_id"], text)["urls"] == [{"url": "https://a.example/x", "meta": {}}]
    message = user.post("chat.postMessage", roomId=room["_id"], text=text, parseUrls=False)["message"]
    assert message["parseUrls"] is False
    assert "urls" not in message
    sent = user.post("chat.sendMessage", message={"rid": room["_id"], "msg": text}, previewUrls=[])
    assert sent["message"]["urls"] == [{"url": "https://a.example/x", "meta": {}, "ignoreParse": True}]


# chat.sendMessage


def test_a_client_may_choose_the_id_once(user: Api, room: Any) -> None:
    message_id = unique("id")
    assert send(user, room["_id"], " as it is ", _id=message_id)["_id"] == message_id
    assert get(user, message_id)["msg"] == " as it is "
    body = {"message": {"_id": message_id, "rid": room["_id"], "msg": "again"}}
    answer = user.refused("POST", "chat.sendMessage", json=body)
    assert answer["error"] == "A message with this id already exists [error-message-already-exists]"
    assert get(user, message_id)["msg"] == " as it is "


@pytest.mark.parametrize("message_id", ["a b", "x" * 129, "\u0000", "é", "a\n"])
def test_ids_that_nobody_may_choose(user: Api, room: Any, message_id: str) -> None:
    body = {"message": {"_id": message_id, "rid": room["_id"], "msg": "x"}}
    assert user.refused("POST", "chat.sendMessage", json=body)["errorType"] == "error-invalid-message-id"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"msg": "x"}, "The 'rid' property on the message object is missing."),
        ({"rid": "nowhere", "msg": "x"}, "error-invalid-room"),
        ({"rid": "GENERAL", "t": "uj"}, "Cannot send system messages using 'chat.sendMessage'"),
        ({"rid": "GENERAL", "t": "x"}, "Cannot send system messages using 'chat.sendMessage'"),
        ({"rid": "GENERAL", "msg": "x", "tshow": True}, "tshow provided but missing tmid [invalid-params]"),
        ({"rid": "GENERAL", "blocks": [{}]}, "blocks are not supported"),
        ({"rid": "GENERAL", "msg": "x", "alias": "Bob"}, "Not enough permission"),
        ({"rid": "GENERAL", "msg": []}, "must be string [invalid-params]"),
        (
            {"rid": "GENERAL", "msg": "x" * 5001},
            "Message size exceeds Message_MaxAllowedSize [error-message-size-exceeded]",
        ),
    ],
)
def test_messages_that_cannot_be_sent(user: Api, message: Any, error: str) -> None:
    assert user.refused("POST", "chat.sendMessage", json={"message": message})["error"] == error


def test_a_composed_message_has_only_what_it_says(user: Api, room: Any) -> None:
    assert not {"parseUrls", "groupable", "bot", "alias"} & send(user, room["_id"]).keys()
    assert send(user, room["_id"], groupable=False)["groupable"] is False


# chat.getMessage


def test_a_message_of_a_room_that_one_does_not_see(user: Api, stranger: Api, group: Any) -> None:
    message = send(user, group["_id"])
    answer = stranger.refused("GET", "chat.getMessage", params={"msgId": message["_id"]})
    assert answer["error"] == SEE_NOTHING
    assert answer["details"] == {"method": "getSingleMessage"}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, "must have required property 'msgId' [invalid-params]"),
        ({"msgId": ""}, "must NOT have fewer than 1 characters [invalid-params]"),
        ({"msgId": "nothing"}, 'No message found with the id of "nothing".'),
    ],
)
def test_no_such_message(user: Api, query: Any, error: str) -> None:
    assert user.refused("GET", "chat.getMessage", params=query)["error"] == error
