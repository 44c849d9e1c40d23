"""Direct rooms: of two, of one, of a few, under both prefixes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, Server, unique

both_prefixes = pytest.mark.parametrize("prefix", ["im", "dm"])


def direct(api: Api, *others: Api) -> Any:
    return api.post("im.create", usernames=",".join(one.username() for one in others))["room"]


def subscription(api: Api, room: Any) -> Any:
    return api.get("subscriptions.getOne", roomId=room["_id"])["subscription"]


@both_prefixes
def test_the_room_of_two(admin: Api, prefix: str) -> None:
    ann, bob = admin.new_user(name="Ann"), admin.new_user(name="Bob")
    room = ann.post(f"{prefix}.create", username=bob.username())["room"]
    assert room["_id"] == room["rid"] == "".join(sorted((ann.user_id, bob.user_id)))
    assert (room["t"], room["usersCount"], room["msgs"]) == ("d", 2, 0)
    assert set(room["uids"]) == {ann.user_id, bob.user_id}
    assert room["usernames"] == [ann.username(), bob.username()]
    # The same from both sides.
    assert bob.post(f"{prefix}.create", username=ann.username())["room"]["_id"] == room["_id"]
    mine, theirs = subscription(ann, room), subscription(bob, room)
    assert (mine["name"], mine["fname"], mine["t"]) == (bob.username(), "Bob", "d")
    assert (theirs["name"], theirs["fname"]) == (ann.username(), "Ann")


def test_the_other_sees_it_with_the_first_message(admin: Api) -> None:
    ann, bob = admin.new_user(), admin.new_user()
    room = direct(ann, bob)
    assert (subscription(ann, room)["open"], subscription(bob, room)["open"]) == (True, False)
    ann.post("chat.postMessage", roomId=room["_id"], text="hello")
    theirs = subscription(bob, room)
    assert (theirs["open"], theirs["alert"], theirs["unread"]) == (True, True, 1)
    assert (subscription(ann, room)["alert"], subscription(ann, room)["unread"]) == (False, 0)


def test_a_room_with_oneself(admin: Api) -> None:
    ann = admin.new_user(name="Ann")
    room = direct(ann, ann)
    assert (room["uids"], room["usersCount"]) == ([ann.user_id], 1)
    assert direct(ann, ann)["_id"] == room["_id"]
    assert subscription(ann, room)["fname"] == "Ann"
    ann.post("chat.postMessage", roomId=room["_id"], text="note")
    assert subscription(ann, room)["alert"] is False


def test_a_room_of_several(admin: Api) -> None:
    ann, bob, eve = (admin.new_user() for _ in range(3))
    room = direct(ann, bob, eve)
    assert room["usersCount"] == 3
    assert direct(eve, ann, bob)["_id"] == room["_id"]
    assert direct(ann, bob)["_id"] != room["_id"]
    assert subscription(bob, room)["open"] is True
    assert set(subscription(bob, room)["name"].split(", ")) == {ann.username(), eve.username()}
    listed = ann.get("im.list")["ims"]
    assert {one["_id"] for one in listed} >= {room["_id"]}


def test_rooms_of_too_many(admin: Api) -> None:
    names = [unique("many") for _ in range(8)]
    for name in names:
        admin.post("users.create", username=name, name=name, email=f"{name}@example.com", password="x" * 9)
    answer = admin.refused("POST", "im.create", json={"usernames": ",".join(names)})
    assert answer["errorType"] == "error-direct-message-max-user-exceeded"
    assert answer["error"].startswith("You cannot add more than 8 users, including yourself")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {},
            (
                "must have required property 'usernames'\n must have required property 'username'\n"
                " must match exactly one schema in oneOf [invalid-params]"
            ),
        ),
        ({"username": "there-is-no-such-user"}, "Invalid user [error-invalid-user]"),
        ({"usernames": "rocket.cat, there-is-no-such-user"}, "Invalid user [error-invalid-user]"),
    ],
)
def test_rooms_that_are_not_made(admin: Api, body: dict[str, Any], error: str) -> None:
    assert admin.refused("POST", "dm.create", json=body)["error"] == error


def test_making_one_needs_the_permission(admin: Api) -> None:
    guest, ann = admin.new_user(roles=["guest"]), admin.new_user()
    body = {"username": ann.username()}
    assert guest.refused("POST", "im.create", json=body)["errorType"] == "error-not-allowed"
    # Finding one that there is does not.
    room = direct(ann, guest)
    assert guest.post("im.create", **body)["room"]["_id"] == room["_id"]


@both_prefixes
def test_opening_and_closing(admin: Api, prefix: str) -> None:
    ann, bob = admin.new_user(), admin.new_user()
    room = direct(ann, bob)
    ann.post(f"{prefix}.close", roomId=room["_id"])
    assert subscription(ann, room)["open"] is False
    answer = ann.refused("POST", f"{prefix}.close", json={"roomId": room["_id"]})
    assert answer["error"] == "The direct message room, is already closed to the sender"
    ann.post(f"{prefix}.open", roomId=room["_id"])
    ann.post(f"{prefix}.open", roomId=room["_id"])
    assert subscription(ann, room)["open"] is True
    ann.post(f"{prefix}.close", roomId=room["_id"])
    bob.post("chat.postMessage", roomId=room["_id"], text="are you there?")
    assert subscription(ann, room)["open"] is True


@both_prefixes
def test_members_and_counters(admin: Api, prefix: str) -> None:
    ann, bob = admin.new_user(), admin.new_user()
    room = direct(ann, bob)
    for n in range(3):
        bob.post("chat.postMessage", roomId=room["_id"], text=str(n))
    for query in ({"roomId": room["_id"]}, {"username": bob.username()}):
        found = ann.get(f"{prefix}.members", **query)
        assert {one["username"] for one in found["members"]} == {ann.username(), bob.username()}
        assert found["total"] == 2
    counters = ann.get(f"{prefix}.counters", roomId=room["_id"])
    assert {k: counters[k] for k in ("joined", "members", "msgs", "unreads")} == {
        "joined": True,
        "members": 2,
        "msgs": 3,
        "unreads": 3,
    }
    ann.refused("GET", f"{prefix}.counters", 403, params={"roomId": room["_id"], "userId": bob.user_id})
    theirs = admin.get(f"{prefix}.counters", roomId=room["_id"], userId=bob.user_id)
    assert theirs["unreads"] == 0


@both_prefixes
def test_a_direct_room_is_its_members_alone(admin: Api, prefix: str) -> None:
    ann, bob, eve = (admin.new_user() for _ in range(3))
    room = direct(ann, bob)
    for method, path, options in (
        ("GET", "members", {"params": {"roomId": room["_id"]}}),
        ("GET", "counters", {"params": {"roomId": room["_id"]}}),
        ("POST", "open", {"json": {"roomId": room["_id"]}}),
        ("POST", "close", {"json": {"roomId": room["_id"]}}),
        ("POST", "setTopic", {"json": {"roomId": room["_id"], "topic": "x"}}),
    ):
        eve.refused(method, f"{prefix}.{path}", 403, **options)
    answer = eve.refused("POST", f"{prefix}.delete", json={"roomId": room["_id"]})
    assert answer["errorType"] == "error-not-allowed"
    assert eve.get(f"{prefix}.list")["ims"] == []
    for api in (eve, ann):
        api.refused("GET", f"{prefix}.list.everyone", 403)
    everyone = admin.get(f"{prefix}.list.everyone", count=0, query=f'{{"_id": "{room["_id"]}"}}')
    assert [one["_id"] for one in everyone["ims"]] == [room["_id"]]


@both_prefixes
def test_what_direct_rooms_are_not(admin: Api, prefix: str) -> None:
    answer = admin.refused("POST", f"{prefix}.open", json={"roomId": "there-is-none"})
    assert answer["error"] == "[invalid-channel]"
    answer = admin.refused("POST", f"{prefix}.open", json={"roomId": "GENERAL"})
    assert answer["errorType"] == "error-room-not-found"
    room = direct(admin, admin.new_user())
    for path, body in (
        ("rooms.leave", {"roomId": room["_id"]}),
        ("rooms.join", {"roomId": room["_id"]}),
        ("rooms.changeArchivationState", {"rid": room["_id"], "action": "archive"}),
        ("rooms.saveRoomSettings", {"rid": room["_id"], "roomType": "c"}),
        ("rooms.saveRoomSettings", {"rid": room["_id"], "roomName": "named"}),
    ):
        admin.refused("POST", path, json=body)


@both_prefixes
def test_topic_and_removal(admin: Api, prefix: str) -> None:
    ann = admin.new_user()
    room = direct(admin, ann)
    assert admin.post(f"{prefix}.setTopic", roomId=room["_id"], topic="plans")["topic"] == "plans"
    assert admin.get("rooms.info", roomId=room["_id"])["room"]["topic"] == "plans"
    answer = ann.refused("POST", f"{prefix}.setTopic", json={"roomId": room["_id"], "topic": "mine"})
    assert answer["errorType"] == "error-action-not-allowed"
    answer = ann.refused("POST", f"{prefix}.delete", json={"roomId": room["_id"]})
    assert (answer["errorType"], answer["details"]) == ("error-not-allowed", {"method": "eraseRoom"})
    admin.post(f"{prefix}.delete", username=ann.username())
    assert subscription(ann, room) is None
    # It comes back new, and is nobody's removed room any more.
    again = direct(ann, admin)
    assert (again["_id"], again["msgs"]) == (room["_id"], 0)
    removed = ann.get("rooms.get", updatedSince=room["_updatedAt"])["remove"]
    assert room["_id"] not in {one["_id"] for one in removed}


@both_prefixes
def test_blocking(admin: Api, prefix: str) -> None:
    ann, bob = admin.new_user(), admin.new_user()
    room = direct(ann, bob)
    ann.post(f"{prefix}.blockUser", roomId=room["_id"], block=True)
    assert subscription(ann, room)["blocker"] is True
    assert subscription(bob, room)["blocked"] is True
    for api in (ann, bob):
        answer = api.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "x"})
        assert answer["error"] == "room_is_blocked"
    # Who is blocked cannot lift it.
    bob.post(f"{prefix}.blockUser", roomId=room["_id"], block=False)
    bob.refused("POST", "chat.postMessage", json={"roomId": room["_id"], "text": "x"})
    ann.post(f"{prefix}.blockUser", roomId=room["_id"], block=False)
    bob.post("chat.postMessage", roomId=room["_id"], text="hello again")
    answer = ann.refused("POST", f"{prefix}.blockUser", json={"roomId": "none", "block": True})
    assert answer["error"] == "[invalid-channel]"
    own = direct(ann, ann)
    answer = ann.refused("POST", f"{prefix}.blockUser", json={"roomId": own["_id"], "block": True})
    assert answer["errorType"] == "error-invalid-room"


def test_a_renamed_member(admin: Api) -> None:
    ann, bob = admin.new_user(), admin.new_user(name="Bob")
    room = direct(ann, bob)
    name = f"{bob.username()}-renamed"
    admin.post("users.update", userId=bob.user_id, data={"username": name})
    assert subscription(ann, room)["name"] == name
    assert name in ann.get("rooms.info", roomId=room["_id"])["room"]["usernames"]
    assert direct(ann, bob)["_id"] == room["_id"]


def test_direct_rooms_on_each_database(own_server: Server) -> None:
    admin = own_server.admin()
    ann, bob, eve = (admin.new_user() for _ in range(3))
    pair, three, alone = direct(ann, bob), direct(ann, bob, eve), direct(ann, ann)
    bob.post("chat.postMessage", channel=f"@{ann.username()}", text="one")
    bob.post("chat.postMessage", roomId=pair["_id"], text="two")
    assert subscription(ann, pair)["unread"] == 2
    assert subscription(bob, pair)["unread"] == 0
    page = ann.get("im.list", sort='{"lm": -1}', count=1)
    assert ([one["_id"] for one in page["ims"]], page["total"]) == ([pair["_id"]], 3)
    assert {one["rid"] for one in ann.get("subscriptions.get")["update"]} >= {
        one["_id"] for one in (pair, three, alone)
    }
    admin.post("im.delete", roomId=pair["_id"])
    assert direct(bob, ann)["_id"] == pair["_id"]
