"""Bad input to the endpoints of rooms: a clear refusal on each kind of database, never a failure."""

from __future__ import annotations

from typing import Any, Final

from tests.running import Api, Server

from hookroom.rest import channels, direct, groups, room_administration, rooms, subscriptions
from hookroom.rest.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *channels.routes.routes,
    *groups.routes.routes,
    *direct.routes.routes,
    *rooms.routes.routes,
    *room_administration.routes.routes,
    *subscriptions.routes.routes,
)
NAMES: Final = (
    *("roomId", "roomName", "rid", "userId", "username", "name", "usernames", "topic", "description"),
    *("purpose", "announcement", "type", "joinCode", "filter", "status", "selector", "updatedSince", "_id"),
    *("roomTopic", "roomType", "customFields", "members", "userIds", "firstUnreadMessage", "extraData"),
    *("sort", "fields", "query", "count", "offset", "types", "action", "default", "readOnly", "favorite"),
)
TEXTS: Final = ("\0", "a\0b", "x" * 1500, "%", "'; DROP TABLE rooms; --", "{}", "[]", "\U0001f600", " ")
VALUES: Final[tuple[Any, ...]] = (
    *TEXTS,
    *(2**70, -1, 1.5, True, None, [], ["\0"], {}, {"$gt": ""}, [[[[]]]], {"_id": "\0"}),
)


def test_no_input_makes_a_room_endpoint_fail(own_server: Server) -> None:
    admin = own_server.admin()
    tried = 0
    for route in ROUTES:
        for value in VALUES if route.method == "POST" else TEXTS:
            for fields in _bodies(value):
                answer = _send(admin, route, fields)
                tried += 1
                assert answer.status_code < 500 or answer.status_code == 501, (
                    route.path,
                    fields,
                    answer.text,
                )
                assert answer.json()["success"] is (answer.status_code == 200)
    assert tried > 1000
    # What was allowed happened; the server is well.
    assert admin.get("rooms.get")["update"]


def _bodies(value: Any) -> list[dict[str, Any]]:
    """The value under every name at once, and beside a room that there is."""
    everywhere = dict.fromkeys(NAMES, value)
    there = {**everywhere, "roomId": "GENERAL", "rid": "GENERAL", "userId": "rocket.cat"}
    for name in ("roomName", "username", "_id", "sort", "fields", "query"):
        del there[name]
    only = {"roomId": value}
    named = {"roomName": value, "name": value, "announcement": value, "readOnly": value, "username": value}
    return [everywhere, there, only, named]


def _send(api: Api, route: Route, fields: dict[str, Any]) -> Any:
    if route.method == "POST":
        return api.call("POST", route.path, json=fields)
    return api.call("GET", route.path, params=fields)
