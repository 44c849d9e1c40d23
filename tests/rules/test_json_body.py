"""Reading JSON with a reason when it cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.json_body import MAX_DEPTH, NotJson, read_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(values, st.booleans())
def test_reads_what_json_writes(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert read_json(text) == value
    assert read_json(b"\xef\xbb\xbf" + text) == value


@given(st.binary() | st.text())
def test_refuses_everything_else_with_a_reason(text: bytes | str) -> None:
    reason = "read"
    try:
        read_json(text)
    except NotJson as error:
        reason = str(error)
    assert reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "JSON is malformed: it ends too early (byte 0)"),
        (b'{"a": 1', "JSON is malformed: it ends too early (byte 7)"),
        (b'{"a" 1}', "JSON is malformed: expected ':' (byte 5)"),
        (b'{"a": 1}}', "JSON is malformed: trailing characters (byte 9)"),
        (b'{"a": "line\nbreak"}', "JSON is malformed: invalid character (byte 11)"),
        (b'{"ab": "\xff"}', "invalid UTF-8 (byte 8)"),
        (b"1e999", "JSON is malformed: Number out of range"),
        (b"NaN", "JSON is malformed: invalid character (byte 0)"),
        (b"[" * 100_000, f"the JSON is nested more than {MAX_DEPTH} levels deep"),
        (b"\xef\xbb\xbf" + b"[" * 100_000, f"the JSON is nested more than {MAX_DEPTH} levels deep"),
    ],
)
def test_says_why(text: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as caught:
        read_json(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded_exactly(opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        return opening * depth + ("1" if opening != "[" else "") + closing * depth

    assert read_json(nested(MAX_DEPTH)) is not None
    assert read_json(f"[{','.join(['[]'] * 1000)}]") == [[]] * 1000
    for text in (nested(MAX_DEPTH + 1), nested(MAX_DEPTH + 1).encode()):
        with pytest.raises(NotJson, match="nested"):
            read_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"cut \ud83d"', "cut \ufffd"),
        (rb'"\ude00 cut"', "\ufffd cut"),
        (rb'"\uD83D\uD83D\uDE00"', "\ufffd\U0001f600"),
        (rb'["\\ud83d", "\ud83d"]', ["\\ud83d", "\ufffd"]),
    ],
)
def test_half_of_a_surrogate_pair_is_replaced(text: bytes, value: Any) -> None:
    assert read_json(text) == value
    assert read_json(text.decode()) == value
