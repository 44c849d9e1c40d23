"""Whatever is sent to the endpoints of accounts, roles and settings: an answer, never a failure."""

from __future__ import annotations

import json
from typing import Any

from tests.running import ADMIN, Server

GETS = {
    "users.info": ("userId", "username", "email", "fields", "includeUserRooms"),
    "users.list": ("email", "sort", "fields", "query", "count", "offset"),
    "users.listByStatus": ("searchTerm", "type", "roles", "status", "hasLoggedIn", "sort"),
    "users.autocomplete": ("selector",),
    "users.checkUsernameAvailability": ("username",),
    "users.getStatus": ("userId", "username", "user"),
    "users.getPresence": ("userId", "username"),
    "users.presence": ("ids", "from"),
    "roles.getUsersInRole": ("role", "roomId"),
    "roles.sync": ("updatedSince",),
    "permissions.listAll": ("updatedSince",),
    "settings": ("sort", "fields", "query", "includeDefaults"),
    "settings.public": ("_id", "query"),
}
POSTS: dict[str, dict[str, Any]] = {
    "login": {"user": ADMIN, "username": ADMIN, "password": ADMIN, "resume": "x", "email": "x"},
    "users.create": {
        "username": "ok",
        "name": "ok",
        "email": "ok@example.com",
        "password": "ok",
        "bio": "ok",
        "nickname": "ok",
        "statusText": "ok",
        "roles": ["user"],
        "customFields": {},
    },
    "users.register": {
        "username": "ok",
        "email": "ok@example.com",
        "pass": "ok",
        "name": "ok",
        "secret": "ok",
    },
    "users.update": {"userId": ADMIN, "data": {}},
    "users.updateOwnBasicInfo": {"data": {}, "customFields": {}},
    "users.setPreferences": {"userId": ADMIN, "data": {}},
    "users.setStatus": {"message": "ok", "status": "online", "username": ADMIN},
    "users.delete": {"userId": "x", "username": "x"},
    "users.setActiveStatus": {"userId": "x", "activeStatus": True},
    "users.createToken": {"userId": "x", "username": "x"},
    "users.generatePersonalAccessToken": {"tokenName": "x"},
    "users.removePersonalAccessToken": {"tokenName": "x"},
    "roles.create": {"name": "x", "description": "x", "scope": "Users"},
    "roles.update": {"roleId": "bot", "name": "bot", "description": ""},
    "roles.delete": {"roleId": "x"},
    "roles.addUserToRole": {"roleId": "bot", "username": "x", "roomId": "GENERAL"},
    "roles.removeUserFromRole": {"roleId": "bot", "username": "x", "scope": "GENERAL"},
    "permissions.update": {"permissions": []},
    "permissions.addRole": {"permissionId": "view-logs", "role": "admin"},
    "settings": {"settings": []},
    "settings/Site_Name": {"value": "Hookroom"},
}
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 20_000,
    "'; DROP TABLE users; --",
    "%_\\",
    "💥\u202eﷺ",
    "{}",
    "[1]",
    "null",
)
VALUES: tuple[Any, ...] = (*TEXTS, None, True, -1, 1e308, 2**70, [], {}, [[]], {"$gt": ""}, ["x"] * 500)
INSIDE = (
    "username",
    "name",
    "email",
    "password",
    "bio",
    "statusText",
    "newPassword",
    "highlights",
    "language",
)
NO_OBJECTS = (b"\xff\xfe", b"{", b"[]", b"1", b"[" * 100_000, b'"\\ud800"', b'{"a": 1e999}')


def test_no_query_makes_an_endpoint_fail(own_server: Server) -> None:
    api = own_server.admin()
    for path, names in GETS.items():
        for name in names:
            for text in (*TEXTS, "-1", "1e999", '{"_id": 1}', '{"username": {"$regex": "\0"}}'):
                # A longer line of a request is not even read.
                response = api.call("GET", path, params={name: text[:5000]})
                assert response.status_code < 500, (path, name, text[:50], response.text)
                assert response.headers["content-type"] == "application/json"


def test_no_body_makes_an_endpoint_fail(own_server: Server) -> None:
    api = own_server.admin()
    tried = 0
    for path, good in POSTS.items():
        for change in _changes(good):
            response = api.call("POST", path, content=json.dumps({**good, **change}))
            assert response.status_code < 500, (path, str(change)[:80], response.text)
            assert response.headers["content-type"] == "application/json"
            tried += 1
        for content in NO_OBJECTS:
            response = api.call("POST", path, content=content)
            assert response.status_code == 400, (path, response.text)
            assert response.json()["success"] is False
    assert tried > 1000
    assert api.get("me")["active"] is True


def _changes(good: dict[str, Any]) -> list[dict[str, Any]]:
    """One property after the other with every value, and inside those that are objects."""
    changes = []
    for name, value in good.items():
        changes += [{name: other} for other in VALUES]
        if value == {}:
            changes += [{name: {inner: other}} for inner in INSIDE for other in VALUES]
    return changes
