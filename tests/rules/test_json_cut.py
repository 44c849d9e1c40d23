"""JSON that is cut to a size."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.json_cut import MORE, cut_json

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=300)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=20), inner, max_size=8),
    max_leaves=60,
)


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        ("short", 100, "short"),
        ("x" * 100, 18, "x" * 10 + MORE),
        ({"first": "x" * 100, "second": "y"}, 40, {"first": "x" * 19 + MORE}),
        (["a" * 50, "b" * 50, "c"], 90, ["a" * 50, "b" * 16 + MORE]),
        ([1] * 1000, 80, [1] * 9),
    ],
)
def test_what_comes_first_is_kept(value: Any, size: int, expected: Any) -> None:
    assert cut_json(value, size) == expected


@given(VALUES)
def test_what_is_small_stays_as_it_is(value: Any) -> None:
    assert cut_json(value, 100 * 1000) == value


@given(VALUES, st.integers(1, 2000))
def test_what_is_left_is_bounded_and_a_part_of_what_was(value: Any, size: int) -> None:
    cut = cut_json(value, size)
    # A number or a name is not cut; a text has its sign, and JSON its own.
    assert len(msgspec.json.encode(cut).decode()) <= 6 * size + 64
    assert is_part(cut, value)


def is_part(cut: Any, value: Any) -> bool:
    if isinstance(value, str):
        return bool(cut == value or (cut.endswith(MORE) and value.startswith(cut.removesuffix(MORE))))
    if isinstance(value, list):
        return len(cut) <= len(value) and all(map(is_part, cut, value))
    if isinstance(value, dict):
        return cut.keys() <= value.keys() and all(is_part(cut[name], value[name]) for name in cut)
    return bool(cut == value)
