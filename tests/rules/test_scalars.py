"""Reading single JSON values leniently."""

from __future__ import annotations

from typing import Any

import pytest

from hookroom.errors import Failure
from hookroom.rules.scalars import flag_of, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hi", "hi"),
        (None, ""),
        (5, "5"),
        (0, "0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_texts(value: Any, text: str) -> None:
    assert text_of(value, "text") == text


@pytest.mark.parametrize(("value", "kind"), [({}, "an object"), ([], "an array"), (["hi"], "an array")])
def test_objects_and_arrays_are_no_texts(value: Any, kind: str) -> None:
    with pytest.raises(Failure) as caught:
        text_of(value, "text")
    assert caught.value.wire() == {"success": False, "error": f"text must be a string, not {kind}"}


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *((True, True), ("true", True), ("True", True), (1, True), ("1", True), (1.0, True)),
        *((False, False), ("false", False), (0, False), ("0", False), (None, None), ("", None)),
    ],
)
def test_flags(value: Any, flag: bool | None, default: bool) -> None:
    assert flag_of(value, "groupable", default) is (default if flag is None else flag)


@pytest.mark.parametrize("value", ["yes", 2, {}, [], 0.5])
def test_anything_else_is_no_flag(value: Any) -> None:
    with pytest.raises(Failure, match="groupable must be true or false"):
        flag_of(value, "groupable", default=True)
