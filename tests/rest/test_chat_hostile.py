"""Bodies and queries that nobody means well with: always an answer of the API's shape, never a 5xx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.running import Api, Server

PATHS = [
    *("chat.postMessage", "chat.sendMessage", "chat.update", "chat.delete", "chat.react"),
    *("chat.starMessage", "chat.pinMessage", "chat.unPinMessage", "chat.followMessage"),
]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b'{"text": "\xff"}',
    b'{"roomId": "GENERAL", "text": "\\ud800"}',
    b'{"roomId": "GENERAL", "text": "\\udc00 \\ud83d"}',
    b'{"roomId": "GENERAL", "text": "\\u0000"}',
    b'{"roomId": "GENERAL\\u0000", "text": "x"}',
    b'{"roomId": "GENERAL", "text": 1e400}',
    b'{"roomId": "GENERAL", "text": "x", "attachments": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"roomId": "GENERAL", "text": "x", "attachments": [' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"]}",
    b'{"roomId": "GENERAL", "text": "x", "customFields": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    b'{"roomId": ' + b"[" * 2000 + b"]" * 2000 + b"}",
    b'{"roomId": "GENERAL", "text": "' + b"x" * 900_000 + b'"}',
    b'{"message": {"rid": "GENERAL", "msg": "x", "_id": "\\u0000"}}',
    b'{"message": {"rid": "\\u0000", "msg": "x", "tmid": "\\u0000"}}',
    b'{"message": {"rid": "GENERAL", "msg": "x", "tmid": "\\u0000"}}',
    b'{"message": {"rid": "GENERAL", "msg": "x", "u": {"_id": "other"}, "ts": 1, "rid": "GENERAL"}}',
    b'{"messageId": "\\u0000", "emoji": "x"}',
    b'{"msgId": "\\u0000", "roomId": "\\u0000", "text": "\\u0000"}',
    b'{"mid": "\\u0000"}',
    b'{"messageId": "\\u0000"}',
]


def check(api: Api, path: str, body: bytes, content_type: str = "application/json") -> Any:
    response = api.call("POST", path, content=body, headers={"Content-Type": content_type})
    assert response.status_code in (200, 400, 413), (response.status_code, response.text)
    answer = response.json()
    assert answer["success"] is (response.status_code == 200)
    if response.status_code != 200:
        assert isinstance(answer["error"], str)
        assert "Traceback" not in answer["error"]
    return answer


@pytest.mark.parametrize("path", PATHS)
def test_raw_bodies(admin: Api, path: str) -> None:
    for body in RAW:
        check(admin, path, body)
        check(admin, path, body, "application/x-www-form-urlencoded")
        check(admin, path, body, "text/plain")


def test_raw_bodies_on_every_database(own_server: Server) -> None:
    admin = own_server.admin()
    for path in PATHS:
        for body in RAW:
            check(admin, path, body)


def test_odd_texts_come_back_as_they_were(own_server: Server) -> None:
    admin = own_server.admin()
    for text in ("a\u0000b", "\u202e", "\ufeff", "🏳️‍🌈", "\\u0000", "x\r\ny"):
        message = admin.post("chat.sendMessage", message={"rid": "GENERAL", "msg": text})["message"]
        assert admin.get("chat.getMessage", msgId=message["_id"])["message"]["msg"] == text


QUERIES = [
    ("chat.getMessage", "msgId"),
    ("chat.getPinnedMessages", "roomId"),
    ("chat.getThreadMessages", "tmid"),
    ("chat.getThreadsList", "rid"),
    ("chat.syncMessages", "roomId"),
    ("channels.messages", "roomId"),
    ("channels.history", "roomId"),
    ("groups.messages", "roomName"),
    ("im.history", "username"),
    ("im.messages", "roomId"),
]


ODD = ["\u0000", "a\u0000", "' OR 1=1 --", "%", "x" * 5000, "🏳️‍🌈", "../..", "[]"]


def test_odd_names_in_queries(own_server: Server) -> None:
    admin = own_server.admin()
    for value in ODD:
        for path, name in QUERIES:
            response = admin.call("GET", path, params={name: value, "lastUpdate": "2020-01-01"})
            assert response.status_code in (400, 403), (path, response.status_code, response.text)
            assert response.json()["success"] is False
        response = admin.call("GET", "channels.messages", params={"roomId": "GENERAL", "mentionIds": value})
        assert response.status_code in (200, 400)


def test_queries_that_are_no_utf8(admin: Api) -> None:
    response = admin.http.get("/api/v1/chat.getMessage?msgId=%ff%fe&msgId=2")
    assert response.status_code == 400


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["GENERAL", "#general", "@rocket.cat", "rocket.cat", "javascript:x", "https://a.example"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "title", "value", "fields", "actions", "ts", "attachments", "url", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
KEYS = [
    *("roomId", "channel", "text", "alias", "emoji", "avatar", "attachments", "tmid", "customFields"),
    *("parseUrls", "msg", "username", "groupable", "bot"),
]
BODIES = st.one_of(
    st.fixed_dictionaries(
        {"roomId": st.sampled_from(["GENERAL", "#general", "@rocket.cat", ["GENERAL", "#general"]])},
        optional=dict.fromkeys(KEYS[2:10], VALUES),
    ),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5),
    VALUES,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES)
def test_any_body(admin: Api, body: Any) -> None:
    answer = check(admin, "chat.postMessage", json.dumps(body).encode())
    if answer["success"]:
        stored = admin.get("chat.getMessage", msgId=answer["message"]["_id"])["message"]
        assert stored == answer["message"]
