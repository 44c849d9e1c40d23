"""Times on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.times import FIRST_MS, LAST_MS, iso, millis


@given(st.integers(FIRST_MS, LAST_MS))
def test_there_and_back(ms: int) -> None:
    text = iso(ms)
    assert len(text) == 24
    assert text.endswith("Z")
    assert millis(text) == ms


@given(st.integers(FIRST_MS, LAST_MS), st.integers(FIRST_MS, LAST_MS))
def test_text_order_is_time_order(first: int, second: int) -> None:
    assert (iso(first) < iso(second)) == (first < second)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:00.250+01:00", 250),
        ("1970-01-01T00:00:00.5", 500),
    ],
)
def test_other_forms_are_read(text: str, ms: int) -> None:
    assert millis(text) == ms


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "2026-01-01T25:00:00Z"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        millis(text)
