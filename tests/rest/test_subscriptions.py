"""``subscriptions.*``: one's memberships, and what of them is unread."""

from __future__ import annotations

from typing import Any

from tests.rest.room_kinds import CHANNEL, person
from tests.running import Api, Server


def one(api: Api, room: Any) -> Any:
    return api.get("subscriptions.getOne", roomId=room["_id"])["subscription"]


def test_a_subscription(admin: Api) -> None:
    user = person(admin)
    room = CHANNEL.create(user)
    found = one(user, room)
    assert (found["rid"], found["t"], found["name"], found["fname"]) == (
        room["_id"],
        "c",
        room["name"],
        room["name"],
    )
    assert (found["u"]["_id"], found["u"]["username"]) == (user.user_id, user.username())
    assert (found["roles"], found["open"]) == (["owner"], True)
    assert (found["alert"], found["unread"], found["userMentions"], found["groupMentions"]) == (
        False,
        0,
        0,
        0,
    )
    assert found in user.get("subscriptions.get")["update"]
    assert one(admin, room) is None
    answer = user.refused("GET", "subscriptions.getOne")
    assert answer["error"] == "must have required property 'roomId' [invalid-params]"


def test_reading(admin: Api) -> None:
    user = person(admin)
    room = CHANNEL.create(admin, members=[user.username()])
    assert one(user, room)["alert"] is False
    admin.post("chat.postMessage", roomId=room["_id"], text="news")
    assert (one(user, room)["alert"], one(admin, room)["alert"]) == (True, False)
    user.post("subscriptions.read", rid=room["_id"])
    read = one(user, room)
    assert (read["alert"], read["open"]) == (False, True)
    assert read["ls"] >= admin.get("rooms.info", roomId=room["_id"])["room"]["lm"]
    # One's own message is nothing new.
    user.post("chat.postMessage", roomId=room["_id"], text="thanks")
    assert one(user, room)["alert"] is False


def test_reading_elsewhere(admin: Api) -> None:
    room = CHANNEL.create(admin)
    for body, error in (
        ({"rid": room["_id"]}, "error-invalid-subscription"),
        ({"roomId": "none"}, "error-invalid-subscription"),
        (
            {},
            (
                "must have required property 'rid'\n must have required property 'roomId'\n"
                " must match a schema in anyOf [invalid-params]"
            ),
        ),
    ):
        assert person(admin).refused("POST", "subscriptions.read", json=body)["error"] == error


def test_marking_unread(admin: Api) -> None:
    user = person(admin)
    room = CHANNEL.create(admin, members=[user.username()])
    first = admin.post("chat.postMessage", roomId=room["_id"], text="one")["message"]
    last = admin.post("chat.postMessage", roomId=room["_id"], text="two")["message"]
    user.post("subscriptions.read", rid=room["_id"])
    user.post("subscriptions.unread", roomId=room["_id"])
    marked = one(user, room)
    assert marked["alert"] is True
    assert first["ts"] <= marked["ls"] < last["ts"]
    user.post("subscriptions.read", rid=room["_id"])
    user.post("subscriptions.unread", firstUnreadMessage={"_id": first["_id"]})
    assert one(user, room)["ls"] < first["ts"]
    # It is unread already: nothing changes.
    before = one(user, room)
    user.post("subscriptions.unread", firstUnreadMessage={"_id": last["_id"]})
    assert one(user, room) == before


def test_what_cannot_be_marked_unread(admin: Api) -> None:
    user = person(admin)
    room = CHANNEL.create(admin, members=[user.username()])
    own = admin.post("chat.postMessage", roomId=room["_id"], text="mine")["message"]
    stranger = person(admin, 1)
    for api, body, code in (
        (user, {"roomId": "none"}, "error-action-not-allowed"),
        (user, {"roomId": CHANNEL.create(user)["_id"]}, "error-action-not-allowed"),
        (admin, {"firstUnreadMessage": {"_id": own["_id"]}}, "error-action-not-allowed"),
        (user, {"firstUnreadMessage": {"_id": "none"}}, "error-action-not-allowed"),
        (stranger, {"firstUnreadMessage": {"_id": own["_id"]}}, "error-subscription-not-found"),
        (user, {}, "invalid-params"),
    ):
        assert api.refused("POST", "subscriptions.unread", json=body)["errorType"] == code


def test_what_changed_since(admin: Api) -> None:
    user = person(admin)
    quiet, busy, left = (CHANNEL.create(admin, members=[user.username()]) for _ in range(3))
    moment = max(entry["_updatedAt"] for entry in user.get("subscriptions.get")["update"])
    admin.post("chat.postMessage", roomId=busy["_id"], text="news")
    member = one(user, left)
    user.post("channels.leave", roomId=left["_id"])
    changed = user.get("subscriptions.get", updatedSince=moment)
    assert [entry["rid"] for entry in changed["update"]] == [busy["_id"]]
    assert [entry["_id"] for entry in changed["remove"]] == [member["_id"]]
    admin.post("channels.rename", roomId=quiet["_id"], name=f"{quiet['name']}-2")
    renamed = user.get("subscriptions.get", updatedSince=moment)["update"]
    assert f"{quiet['name']}-2" in {entry["name"] for entry in renamed}
    answer = user.refused("GET", "subscriptions.get", params={"updatedSince": "x"})
    assert answer["error"] == (
        'The "lastUpdate" query parameter must be a valid date. [error-roomId-param-invalid]'
    )


def test_an_archived_room_is_an_archived_subscription(admin: Api) -> None:
    room = CHANNEL.create(admin)
    admin.post("channels.archive", roomId=room["_id"])
    assert one(admin, room)["archived"] is True


def test_subscriptions_on_each_database(own_server: Server) -> None:
    admin = own_server.admin()
    user = admin.new_user()
    room = CHANNEL.create(admin, members=[user.username()])
    direct = admin.post("im.create", username=user.username())["room"]
    for n in range(3):
        admin.post("chat.postMessage", roomId=direct["_id"], text=str(n))
    admin.post("chat.postMessage", roomId=room["_id"], text="news")
    found = {entry["rid"]: entry for entry in user.get("subscriptions.get")["update"]}
    assert (found[direct["_id"]]["unread"], found[direct["_id"]]["open"]) == (3, True)
    assert (found[room["_id"]]["alert"], found[room["_id"]]["unread"]) == (True, 0)
    for rid in (direct["_id"], room["_id"]):
        user.post("subscriptions.read", rid=rid)
    assert not any(entry["alert"] for entry in user.get("subscriptions.get")["update"])
    user.post("subscriptions.unread", roomId=direct["_id"])
    marked = one(user, direct)
    assert (marked["alert"], marked["unread"]) == (True, 1)
