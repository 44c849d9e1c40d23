"""Dates of the realtime API, as clients of several languages write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.ddp import from_ddp, to_ddp
from hookroom.rules.times import LAST_MS, iso

NOW = 1_795_737_462_059
NO_DATES: list[object] = [LAST_MS + 1, -1, True, "x", "", [], {}, "0001-01-01", 1e300]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (NOW, iso(NOW)),
        (NOW + 0.75, iso(NOW)),
        (iso(NOW), iso(NOW)),
        ("2026-11-26", "2026-11-26T00:00:00.000Z"),
        (None, iso(0)),
        (LAST_MS, iso(LAST_MS)),
        *((bad, {"$date": bad}) for bad in NO_DATES),
    ],
)
def test_a_date(written: object, read: object) -> None:
    assert from_ddp([{"ts": {"$date": written}}]) == [{"ts": read}]
    beside = {"$date": written, "more": 1}
    assert from_ddp(beside) == beside


@given(st.integers(0, LAST_MS))
def test_what_is_read_is_written_again(at: int) -> None:
    assert to_ddp(from_ddp({"ts": {"$date": at}})) == {"ts": {"$date": at}}
