"""Where two JSON values differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.json import decode, encode

from hookroom.rules.json_difference import MAX_DIFFERENCES, MAX_VALUE_LENGTH, differ, differences, shown, told

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab-", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)
VALUES = JSON | st.just(UNSET)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"content": {"text": "a"}}, {"content": {"text": "b"}}, ('content.text: "a" → "b"',)),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, ("a[1]: 2 → 3", "a[2]: undefined → 4")),
        ({"a b": 1}, {"a b": None}, ('["a b"]: 1 → null',)),
        ({"x": {"a-b": 1}}, {"x": {}}, ('x["a-b"]: 1 → undefined',)),
        (UNSET, {"a": 1}, ('value: undefined → {"a":1}',)),
        ([], {}, ("value: [] → {}",)),
        (True, 1, ("value: true → 1",)),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ("a: 1 → 2", "b: 1 → 2")),
        ([[[]]], [[[0]]], ("[0][0][0]: undefined → 0",)),
        (1, 1.0, ()),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ()),
    ],
)
def test_differences_are_told_by_path(before: Any, after: Any, lines: tuple[str, ...]) -> None:
    assert told(differences(before, after)) == lines


def test_no_more_is_told_than_anyone_reads() -> None:
    lines = told(differences([], list(range(10_000))))
    assert len(lines) == MAX_DIFFERENCES + 1
    assert lines[-1] == "… and more"
    assert len(told(differences([], list(range(MAX_DIFFERENCES))))) == MAX_DIFFERENCES


@pytest.mark.parametrize("value", ["x" * 10_000, '"' * 10_000, {"a": "x" * 10_000}, list(range(10_000))])
def test_long_values_are_cut(value: Any) -> None:
    assert len(shown(value)) == MAX_VALUE_LENGTH + 1
    assert shown(value).endswith("…")


def test_values_nested_deeper_than_the_stack_are_compared() -> None:
    def nested(depth: int, core: object) -> object:
        for _ in range(depth):
            core = [core]
        return core

    assert not differ(nested(100_000, 1), nested(100_000, 1))
    (line,) = told(differences(nested(3, 1), nested(100_000, 1)))
    assert line == "[0][0][0]: 1 → […]"


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    copy = value if value is UNSET else decode(encode(value))
    assert list(differences(value, copy)) == []


@given(VALUES, VALUES)
def test_differences_are_the_same_from_both_sides(before: Any, after: Any) -> None:
    there = list(differences(before, after))
    back = list(differences(after, before))
    assert [one.reversed() for one in back] == there
    assert differ(before, after) == bool(there)


@given(VALUES, VALUES)
def test_values_differ_when_json_means_different_things(before: Any, after: Any) -> None:
    assert differ(before, after) == (meaning(before) != meaning(after))


def meaning(value: Any) -> Any:
    """A form that is equal exactly when JSON means the same by it."""
    if isinstance(value, bool) or value is None or value is UNSET:
        return ("constant", str(value))
    if isinstance(value, (int, float)):
        return ("number", float(value))
    if isinstance(value, list):
        return [meaning(one) for one in value]
    return {key: meaning(one) for key, one in value.items()} if isinstance(value, dict) else value
