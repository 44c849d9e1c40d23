"""The Range header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.byte_range import Unsatisfiable, asked_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=0-9", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("Bytes=3-", (3, 10)),
        ("bytes=3-400", (3, 10)),
        ("bytes=-4", (6, 10)),
        ("bytes=-400", (0, 10)),
        ("bytes=9-9", (9, 10)),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=1", None),
        ("bytes=²-", None),
    ],
)
def test_a_part_of_ten_bytes(header: str | None, expected: tuple[int, int] | None) -> None:
    assert asked_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
def test_behind_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, 10)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20))
def test_a_range_is_a_slice(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    if first >= size and last >= first:
        with pytest.raises(Unsatisfiable):
            asked_range(f"bytes={first}-{last}", size)
    elif last >= first:
        found = asked_range(f"bytes={first}-{last}", size)
        assert found is not None
        assert content[found.first : found.end] == content[first : last + 1]


@given(st.text(), st.integers(0, 1000))
def test_anything_is_the_whole_or_a_part(header: str, size: int) -> None:
    try:
        found = asked_range(header, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.first < found.end <= size
