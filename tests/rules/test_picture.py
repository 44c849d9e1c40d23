"""What the first bytes of a picture say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.pictures import gif, jpeg, png, png_head, webp

from hookroom.rules.picture import picture

SIDES = st.integers(1, 16383)


@given(SIDES, SIDES)
def test_the_size_in_every_format(width: int, height: int) -> None:
    assert picture(png_head(width, height)) == ("png", (width, height))
    assert picture(gif(width, height)) == ("gif", (width, height))
    assert picture(jpeg(width, height)) == ("jpeg", (width, height))
    for kind in ("lossy", "lossless", "extended"):
        assert picture(webp(width, height, kind)) == ("webp", (width, height))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_on_its_side(orientation: int, order: str) -> None:
    head = jpeg(300, 200, orientation=orientation, order=order, padding=60_000)
    assert picture(head) == ("jpeg", (200, 300) if orientation >= 5 else (300, 200))


@pytest.mark.parametrize(
    "head",
    [b"", b"hello", b"<svg width='3'/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", b"\xff\xd8", b"BM\0\0"],
)
def test_anything_else_is_no_picture(head: bytes) -> None:
    assert picture(head) is None


WHOLE = [png(3, 4), gif(3, 4), jpeg(3, 4, orientation=6), webp(3, 4, "lossy"), webp(3, 4, "extended")]


@given(st.sampled_from(WHOLE), st.data())
def test_damaged_pictures_are_no_trouble(head: bytes, data: st.DataObject) -> None:
    cut = head[: data.draw(st.integers(0, len(head)))]
    noise = data.draw(st.binary(max_size=64))
    at = data.draw(st.integers(0, len(cut)))
    seen = picture(cut[:at] + noise + cut[at:])
    assert seen is None or seen.size is None or min(seen.size) > 0
