"""A text is found in what JSON says, not in how it says it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.history_search import Needle


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("deploy", {"text": "Deploy failed"}, True),
        ("DEPLOY", {"text": "deploy failed"}, True),
        ("ÄRGER", {"text": "viel ärger"}, True),
        ("straße", {"text": "STRASSE"}, True),
        ('said "no"', {"a": ["it", {"b": 'It said "No".'}]}, True),
        ("one\ntwo", ["ONE\nTWO"], True),
        ("back\\slash", ["a back\\slash"], True),
        ("503", {"status": 503}, True),
        ("50", {"status": 503}, True),
        ("text", {"text": "something"}, False),
        ('":"', {"text": "something"}, False),
        ("true", {"bot": True}, False),
        ("null", {"bot": None}, False),
        ("elsewhere", {"text": "something"}, False),
    ],
)
def test_where_it_is(text: str, value: Any, found: bool) -> None:
    assert Needle(text).in_json(msgspec.json.encode(value).decode()) is found


@given(st.text(), st.text(min_size=1), st.text(), st.sampled_from([str.upper, str.lower, str]))
def test_any_part_of_any_text_is_found(before: str, text: str, after: str, case: Any) -> None:
    document = msgspec.json.encode({"a": [before + text + after]}).decode()
    assert Needle(text).in_json(document)
    if case(text).casefold() == text.casefold():
        assert Needle(case(text)).in_json(document)
