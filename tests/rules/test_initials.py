"""Pictures that are drawn."""

from __future__ import annotations

import struct
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.initials import MAX_SIZE, MIN_SIZE, drawing, png, svg


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("john", "J"),
        ("john.doe", "JD"),
        ("John  Ronald Tolkien", "JR"),
        ("élan", "É"),
        ("ßa", "S"),
        ("日本", "日"),
        ("🙂", "?"),
        ("", "?"),
        ("9lives-x", "9X"),
    ],
)
def test_letters(name: str, letters: str) -> None:
    assert drawing(name).letters == letters


def test_case_does_not_change_the_colour() -> None:
    assert drawing("Ann") == drawing("ann")


@given(st.text(), st.integers(MIN_SIZE, MAX_SIZE // 4))
def test_any_name_is_drawn(name: str, size: int) -> None:
    shown = drawing(name)
    root = ElementTree.fromstring(svg(shown, size))
    assert [one.tag.rpartition("}")[2] for one in root.iter()] == ["svg", "rect", "text"]
    assert root[1].text == shown.letters
    picture = png(shown, size)
    length = struct.unpack(">I", picture[51:55])[0]
    assert picture[55:59] == b"IDAT"
    assert len(zlib.decompress(picture[59 : 59 + length])) == size * ((size + 7) // 8 + 1)
