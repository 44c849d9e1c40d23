"""What a receiver's answer posts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.values import a_room, an_integration

from hookroom.errors import Refused
from hookroom.rules.answers import answer_destinations, posted

JSON = "application/json"


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize(
    "content_type",
    [
        *(JSON, "application/json; charset=utf-8", "Application/JSON", "text/javascript", "text/json"),
        *("application/javascript", "application/x-javascript", "application/problem+json"),
    ],
)
def test_json_with_a_text_is_posted(status: int, content_type: str) -> None:
    assert posted(status, content_type, b'\xef\xbb\xbf{"text": "hi", "x": 1}') == {"text": "hi", "x": 1}


@pytest.mark.parametrize(
    ("content", "is_posted"),
    [
        ({"text": "hi"}, True),
        ({"attachments": [{"text": "hi"}]}, True),
        ({"text": "", "attachments": [{}]}, True),
        ({"text": 5}, True),
        ({"text": ""}, False),
        ({"text": " "}, False),
        ({"text": None}, False),
        ({"text": "", "attachments": []}, False),
        ({"attachments": {"text": "hi"}}, False),
        ({"blocks": [{"type": "divider"}]}, True),
        ({"blocks": []}, False),
        ({"blocks": [{"hash": "00ff"}]}, False),
        ({"blocks": ["x"]}, False),
        ({"msg": "hi"}, False),
        ({"ok": True}, False),
        ({}, False),
        ([{"text": "hi"}], False),
        ("hi", False),
        (None, False),
    ],
)
def test_only_objects_that_say_something_are_posted(content: Any, is_posted: bool) -> None:
    assert posted(200, JSON, json.dumps(content).encode()) == (content if is_posted else None)


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        *((status, JSON, b'{"text": "hi"}') for status in (100, 203, 204, 206, 301, 400, 404, 500)),
        *((200, other, b'{"text": "hi"}') for other in (None, "", "text/plain", "text/html", "json")),
        *((200, JSON, body) for body in (b"", b"ok", b'{"text": "hi"', b"\xff", b'{"text":' + b"[" * 9999)),
    ],
)
def test_everything_else_is_no_message(status: int, content_type: str | None, body: bytes) -> None:
    assert posted(status, content_type, body) is None


@given(
    st.integers(),
    st.none() | st.text() | st.just(JSON),
    st.binary() | st.text('{}[]":text,1').map(str.encode),
)
def test_no_answer_is_an_error(status: int, content_type: str | None, body: bytes) -> None:
    answer = posted(status, content_type, body)
    assert answer is None or any(map(answer.get, ("text", "attachments", "blocks")))


def test_where_an_answer_goes() -> None:
    room, plain = a_room(), an_integration()
    targeted = an_integration(target_room="#target")
    assert answer_destinations({"channel": ["#a", "#b"]}, targeted, room) == ("#a", "#b")
    assert answer_destinations({"text": "hi"}, targeted, room) == ("#target",)
    assert answer_destinations({"text": "hi"}, plain, room) == ("roomId",)
    assert answer_destinations({"text": "hi"}, plain, None) == ()
    with pytest.raises(Refused):
        answer_destinations({"channel": {"name": "#a"}}, targeted, room)
