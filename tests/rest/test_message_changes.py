"""``chat.update`` and ``chat.delete``: who may, what remains, and what the settings say."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, Server


def send(api: Api, room_id: str, text: str = "hello", **fields: Any) -> Any:
    return api.post("chat.sendMessage", message={"rid": room_id, "msg": text, **fields})["message"]


def get(api: Api, message_id: str) -> Any:
    return api.get("chat.getMessage", msgId=message_id)["message"]


def direct(api: Api, other: Api) -> str:
    room_id: str = api.post("im.create", username=other.username())["room"]["_id"]
    return room_id


# chat.update


def test_an_edited_message(user: Api, stranger: Api, room: Any) -> None:
    message = send(user, room["_id"], "before https://a.example")
    edited = user.post(
        "chat.update",
        roomId=room["_id"],
        msgId=message["_id"],
        text=f"after @{stranger.username()}",
        customFields={"a": 1},
    )["message"]
    assert edited["msg"] == f"after @{stranger.username()}"
    assert edited["ts"] == message["ts"]
    assert edited["editedAt"] == edited["_updatedAt"] > message["_updatedAt"]
    assert edited["editedBy"] == {"_id": user.user_id, "username": user.username()}
    assert edited["urls"] == []
    assert [one["_id"] for one in edited["mentions"]] == [stranger.user_id]
    assert edited["customFields"] == {"a": 1}
    assert get(user, message["_id"]) == edited


def test_the_same_text_edits_nothing(user: Api, room: Any) -> None:
    message = send(user, room["_id"], "same")
    body = {"roomId": room["_id"], "msgId": message["_id"], "text": "same"}
    assert user.post("chat.update", **body)["message"] == message


def test_only_authors_and_moderators_edit(user: Api, stranger: Api, admin: Api) -> None:
    room = user.new_channel()
    body = {"roomId": room["_id"], "msgId": send(user, room["_id"])["_id"], "text": "mine now"}
    answer = stranger.refused("POST", "chat.update", json=body)
    assert answer["error"] == "Message editing not allowed [error-action-not-allowed]"
    assert answer["details"] == {"method": "updateMessage", "action": "Message_editing"}
    assert admin.post("chat.update", **body)["message"]["editedBy"]["_id"] == admin.user_id


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"msgId": "nothing"}, 'No message found with the id of "nothing".'),
        ({"roomId": "GENERAL"}, "The room id provided does not match where the message is from."),
        (
            {"text": "x" * 5001},
            "Message size exceeds Message_MaxAllowedSize [error-message-size-exceeded]",
        ),
        ({"text": None, "more": 1}, "must NOT have additional properties [invalid-params]"),
    ],
)
def test_edits_that_are_refused(user: Api, room: Any, change: Any, error: str) -> None:
    message = send(user, room["_id"])
    body = {"roomId": room["_id"], "msgId": message["_id"], "text": "new", **change}
    assert user.refused("POST", "chat.update", json=body)["error"] == error
    assert get(user, message["_id"]) == message


def test_system_messages_are_not_edited(admin: Api) -> None:
    room = admin.new_channel()
    admin.post("channels.setTopic", roomId=room["_id"], topic="news")
    [said] = [
        one
        for one in admin.get("channels.messages", roomId=room["_id"])["messages"]
        if one.get("t") == "room_changed_topic"
    ]
    body = {"roomId": room["_id"], "msgId": said["_id"], "text": "lies"}
    assert admin.refused("POST", "chat.update", json=body)["errorType"] == "error-action-not-allowed"


# chat.delete


def test_a_deleted_message_is_gone(user: Api, room: Any) -> None:
    message = send(user, room["_id"])
    before = user.get("channels.messages", roomId=room["_id"])["total"]
    answer = user.post("chat.delete", roomId=room["_id"], msgId=message["_id"])
    assert answer["_id"] == message["_id"]
    assert answer["ts"].isdigit()
    assert answer["message"] == {"_id": message["_id"], "rid": room["_id"], "u": message["u"]}
    user.refused("GET", "chat.getMessage", params={"msgId": message["_id"]})
    assert user.get("channels.messages", roomId=room["_id"])["total"] == before - 1
    body = {"roomId": room["_id"], "msgId": message["_id"]}
    answer = user.refused("POST", "chat.delete", json=body)
    assert answer["error"] == f'No message found with the id of "{message["_id"]}".'


def test_only_authors_and_moderators_delete(user: Api, stranger: Api, admin: Api) -> None:
    room = user.new_channel()
    body = {"roomId": room["_id"], "msgId": send(user, room["_id"])["_id"]}
    answer = stranger.refused("POST", "chat.delete", json=body)
    assert answer["error"] == "Not allowed [error-action-not-allowed]"
    answer = stranger.refused("POST", "chat.delete", json={**body, "asUser": True})
    assert answer["error"].startswith('Unauthorized. You must have the permission "force-delete-message"')
    wrong = {**body, "roomId": "GENERAL"}
    answer = user.refused("POST", "chat.delete", json=wrong)
    assert answer["error"] == "The room id provided does not match where the message is from."
    admin.post("chat.delete", **body)


def test_an_administrator_deletes_as_the_author(user: Api, admin: Api, room: Any) -> None:
    message = send(user, room["_id"])
    admin.post("chat.delete", roomId=room["_id"], msgId=message["_id"], asUser=True)


def test_deleting_the_last_message_leaves_the_one_before_as_the_last(user: Api) -> None:
    room = user.new_channel()
    first = send(user, room["_id"], "first")
    second = send(user, room["_id"], "second")
    assert user.get("channels.info", roomId=room["_id"])["channel"]["lastMessage"]["_id"] == second["_id"]
    user.post("chat.delete", roomId=room["_id"], msgId=second["_id"])
    assert user.get("channels.info", roomId=room["_id"])["channel"]["lastMessage"]["_id"] == first["_id"]


# What the server's settings change


def set_setting(api: Api, name: str, value: Any) -> None:
    api.post(f"settings/{name}", value=value)


def test_settings_that_forbid_or_show(own_server: Server) -> None:
    admin = own_server.admin()
    user = admin.new_user()
    room = user.new_channel()
    kept = send(user, room["_id"], "kept")
    body = {"roomId": room["_id"], "msgId": kept["_id"]}
    own_edit = {**body, "text": "x"}
    other = admin.new_user()
    theirs = {"message": {"rid": room["_id"], "msg": "theirs"}}
    message = other.post("chat.sendMessage", **theirs)["message"]
    edit = {"roomId": room["_id"], "msgId": message["_id"], "text": "changed"}

    set_setting(admin, "Message_AllowEditing", False)
    assert other.refused("POST", "chat.update", json=edit)["errorType"] == "error-action-not-allowed"
    set_setting(admin, "Message_AllowEditing", True)
    set_setting(admin, "Message_AllowEditing_BlockEditInMinutes", 1)
    assert other.post("chat.update", **edit)["message"]["msg"] == "changed"

    set_setting(admin, "Message_AllowDeleting", False)
    delete = {"roomId": room["_id"], "msgId": message["_id"]}
    assert other.refused("POST", "chat.delete", json=delete)["errorType"] == "error-action-not-allowed"
    set_setting(admin, "Message_AllowDeleting", True)
    set_setting(admin, "Message_KeepHistory", True)
    set_setting(admin, "Message_ShowDeletedStatus", True)
    other.post("chat.delete", **delete)
    shown = user.get("chat.getMessage", msgId=message["_id"])["message"]
    assert (shown["t"], shown["msg"], shown["urls"], shown["attachments"]) == ("rm", "", [], [])
    assert shown["editedBy"]["_id"] == other.user_id
    assert other.refused("POST", "chat.delete", json=delete)["errorType"] == "error-action-not-allowed"
    assert user.refused("POST", "chat.update", json={**edit, "text": "back"})

    set_setting(admin, "Message_ShowDeletedStatus", False)
    user.post("chat.update", **own_edit)
    user.post("chat.delete", **body)
    user.refused("GET", "chat.getMessage", params={"msgId": kept["_id"]})
    total = user.get("channels.messages", roomId=room["_id"])
    assert total["total"] == len(total["messages"])


def test_direct_rooms_open_again_with_a_message(user: Api, admin: Api) -> None:
    other = admin.new_user()
    room_id = direct(user, other)
    send(user, room_id, "hello")
    assert room_id in [one["rid"] for one in other.get("subscriptions.get")["update"] if one["open"]]
    other.post("im.close", roomId=room_id)
    send(user, room_id, "are you there?")
    assert room_id in [one["rid"] for one in other.get("subscriptions.get")["update"] if one["open"]]
