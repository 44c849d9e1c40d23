"""Texts that show nothing, beside what Unicode says of their characters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.blank_text import is_blank

seen = st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u115f\u1160\u3164\uffa0\u2800")
blank = st.sampled_from(
    " \n\t\0\x7f\x85\xa0\xad\u180e\u200b\u200d\u2028\u202e\u2060\ufe0f\ufeff\U000e0041\u2800\u3164"
)


@given(st.text(blank))
def test_a_text_of_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@given(st.text(blank), seen, st.text(blank))
def test_one_character_is_enough(before: str, one: str, after: str) -> None:
    assert not is_blank(before + one + after)


@pytest.mark.parametrize(
    "text", ["a", "0", "\ue000", "👩\u200d👩", "é", "e\u0301", "\u0600", "\ufffc", "\ufffd"]
)
def test_what_is_drawn_is_not(text: str) -> None:
    assert not is_blank(text)


def test_spaces_and_controls_are() -> None:
    for number in range(0x11000):
        if unicodedata.category(chr(number)) in ("Zs", "Zl", "Zp", "Cc"):
            assert is_blank(chr(number)), hex(number)
