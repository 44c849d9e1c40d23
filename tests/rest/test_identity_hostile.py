"""Whatever is sent to the endpoints of accounts, roles and settings: an answer, never a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
POSTS = {
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
    "users.logout": {"userId": "x"},
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
    "x" * 100_000,
    "'; DROP TABLE users; --",
    "%_\\",
    "💥‮ﷺ",
    "../../etc/passwd",
    "{}",
    "[1]",
    "null",
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    None,
    True,
    -1,
    1e308,
    2**70,
    [],
    {},
    [[]],
    {"$gt": ""},
    {"a": {"b": [1]}},
    ["x"] * 500,
)
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


@pytest.mark.parametrize("path", GETS)
def test_queries(own_server: Server, path: str) -> None:
    api = own_server.admin()
    for name in GETS[path]:
        for text in (*TEXTS, "-1", "1e999", '{"_id": 1}', '{"username": {"$regex": "\0"}}'):
            # A longer line of a request is not even read.
            response = api.call("GET", path, params={name: text[:5000]})
            assert response.status_code < 500, (path, name, text[:50], response.text)
            assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", POSTS)
def test_bodies(own_server: Server, path: str) -> None:
    api = own_server.admin()
    for name, good in POSTS[path].items():
        changes = [{name: value} for value in VALUES]
        if good == {}:
            changes += [{name: {inner: value}} for inner in INSIDE for value in VALUES]
        for change in changes:
            response = api.call("POST", path, content=json.dumps({**POSTS[path], **change}))
            assert response.status_code < 500, (path, str(change)[:80], response.text)
            assert response.headers["content-type"] == "application/json"
            if response.status_code == 401 and path != "login":
                api = own_server.admin()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"{", b"[]", b"1", b"[" * 100_000, b'"\\ud800"', b'{"a": 1e999}']
)
def test_what_is_no_object(own_server: Server, content: bytes) -> None:
    api = own_server.admin()
    for path in POSTS:
        response = api.call("POST", path, content=content)
        assert response.status_code in (400, 401), (path, response.text)
        assert response.json()["success"] is False
