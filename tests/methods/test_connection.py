"""Methods over a connection: whose it is, that somebody types, and who is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.methods.calls import method
from tests.realtime.client import connected
from tests.running import Api, Server, unique

PASSWORD = "Correct-horse-1"


def until(true: Callable[[], bool]) -> None:
    """Wait, 20 seconds at most."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_connection_is_whose_login_it_had_last(server: Server, admin: Api, user: Api) -> None:
    name = user.username()
    with connected(server.url) as client:
        assert client.answer("rooms/get")["error"]["error"] == "error-invalid-user"
        session = client.call("login", {"user": {"username": name}, "password": PASSWORD})
        room = client.call("createChannel", unique("ws"), [])
        assert room["u"]["_id"] == session["id"]
        assert (
            client.answer("login", {"user": {"username": name}, "password": "wrong"})["error"]["error"] == 403
        )
        # A login that failed changes nothing.
        assert client.call("sendMessage", {"rid": room["rid"], "msg": "mine"})["u"]["_id"] == session["id"]
        client.call("login", {"resume": admin.headers["X-Auth-Token"]})
        assert client.call("getRoomById", room["rid"])["_id"] == room["rid"]
        assert client.answer("leaveRoom", room["rid"])["error"]["error"] == "error-user-not-in-room"
        client.call("login", {"resume": session["token"]})
        client.call("logout")
        assert client.answer("rooms/get")["error"]["error"] == "error-invalid-user"
    assert (
        Api(server.url, {"X-Auth-Token": session["token"], "X-User-Id": session["id"]})
        .call("GET", "me")
        .status_code
        == 401
    )


def test_others_hear_that_one_types(server: Server, admin: Api, user: Api) -> None:
    room_id = method(user, "createPrivateGroup", unique("typed"), [admin.username()])["rid"]
    with connected(server.url, admin) as other, connected(server.url, user) as typist:
        other.subscribe("stream-notify-room", f"{room_id}/user-activity", False)
        other.subscribe("stream-notify-room", f"{room_id}/typing", False)
        name = user.username()
        typist.call(
            "stream-notify-room", f"{room_id}/user-activity", name, ["user-typing"], {"tmid": "x", "y": 1}
        )
        assert other.event("stream-notify-room", f"{room_id}/user-activity") == [
            name,
            ["user-typing"],
            {"tmid": "x"},
        ]
        typist.call("stream-notify-room", f"{room_id}/typing", name, True)
        assert other.event("stream-notify-room", f"{room_id}/typing") == [name, True]
        assert other.event("stream-notify-room", f"{room_id}/user-activity") == [name, ["user-typing"], {}]
        typist.call("stream-notify-room", f"{room_id}/user-activity", name, [])
        assert other.event("stream-notify-room", f"{room_id}/typing") == [name, False]


def test_who_is_there(server: Server, admin: Api) -> None:
    user = admin.new_user()

    def is_shown(status: str) -> Callable[[], bool]:
        return lambda: admin.get("users.getPresence", userId=user.user_id)["presence"] == status

    with connected(server.url, user) as client:
        until(is_shown("online"))
        client.call("UserPresence:away")
        until(is_shown("away"))
        client.call("UserPresence:online")
        until(is_shown("online"))
        client.call("UserPresence:setDefaultStatus", "busy")
        until(is_shown("busy"))
    until(is_shown("offline"))
